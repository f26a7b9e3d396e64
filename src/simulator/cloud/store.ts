import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isJsonObject, type Json, parseJson } from './json.ts';

/** What the cloud keeps, as values under keys such as `device/board-1`. */
export interface Store {
  /** Everything that was kept when the store was opened. */
  readonly entries: ReadonlyMap<string, Json>;
  /** Keeps `value` (undefined: forgets it). Resolves when it would survive a crash; rejects when it cannot be written. */
  save(key: string, value: Json | undefined): Promise<void>;
  close(): Promise<void>;
}

/** A store that forgets everything with the process. */
export const memoryStore = (): Store => ({ entries: new Map(), save: async () => {}, close: async () => {} });

const JOURNAL = 'cloud.ndjson';
/** The journal is written anew when it has grown to twice what it was after the last time, and to this at least. */
const COMPACT_FROM = 4 * 1024 * 1024;

const lineOf = (key: string, value: Json | undefined) =>
  `${JSON.stringify(value === undefined ? { key } : { key, value })}\n`;

/** The entries of a journal; a last line that a crash has cut short was never acknowledged, and is passed over. */
function readJournal(path: string): Map<string, Json> {
  const entries = new Map<string, Json>();
  if (!existsSync(path)) return entries;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const record = parseJson(line);
    if (!isJsonObject(record) || typeof record['key'] !== 'string') continue;
    if (record['value'] === undefined) entries.delete(record['key']);
    else entries.set(record['key'], record['value']);
  }
  return entries;
}

/** Replaces the file in one step: whenever the process dies, either the old content is there or the new one. */
export function writeFileDurably(path: string, content: string): void {
  const fresh = `${path}.new`;
  const file = openSync(fresh, 'w', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
  syncFolder(dirname(path));
}

/** Makes a rename survive a power cut too, where the system lets a folder be flushed (Windows does not). */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    fsyncSync(handle);
    closeSync(handle);
  } catch {
    // The rename itself has happened; only a power cut in the next seconds could undo it.
  }
}

interface Pending {
  line: string;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

/** A store in a folder: one journal of JSON lines. Writes that come while one is under way share the next flush. */
class JournalStore implements Store {
  readonly entries: Map<string, Json>;
  readonly #path: string;
  #file: FileHandle | undefined;
  #size = 0;
  #compactAt = COMPACT_FROM;
  #damaged = false;
  #pending: Pending[] = [];
  #writing: Promise<void> | undefined;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, JOURNAL);
    this.entries = readJournal(this.#path);
    this.#compact();
  }

  save(key: string, value: Json | undefined): Promise<void> {
    if (value === undefined) this.entries.delete(key);
    else this.entries.set(key, value);
    return new Promise((resolve, reject) => {
      this.#pending.push({ line: lineOf(key, value), resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0);
      try {
        await this.#write(batch.map(({ line }) => line).join(''));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#damaged = true;
        for (const { reject } of batch) reject(error);
      }
    }
    this.#writing = undefined;
  }

  async #write(text: string): Promise<void> {
    // What a failed write has left behind must not run together with the next line.
    if (this.#damaged) await this.#startAnew();
    this.#file ??= await open(this.#path, 'a', 0o600);
    await this.#file.appendFile(text);
    await this.#file.datasync();
    this.#size += text.length;
    if (this.#size >= this.#compactAt) await this.#startAnew();
  }

  async #startAnew(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    this.#compact();
    this.#damaged = false;
  }

  #compact(): void {
    const content = [...this.entries].map(([key, value]) => lineOf(key, value)).join('');
    writeFileDurably(this.#path, content);
    this.#size = content.length;
    this.#compactAt = Math.max(COMPACT_FROM, 2 * content.length);
  }
}

/**
 * Opens the store in `folder`, which is made when it is not there.
 * @throws the file system's error when the folder cannot be used.
 */
export function openStore(folder: string): Store {
  return new JournalStore(folder);
}
