import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { decodeUtf8, type Json, parseJson } from '../../json.ts';
import { afterWrite, type Files, putInPlace, systemFiles } from './files.ts';
import type { LockedFolder } from './folder-lock.ts';
import { anything, objectOf, optional, text } from './shape.ts';

/** What the cloud keeps, as values under keys such as `device/board-1`. */
export interface Store {
  /** Everything that is kept. */
  readonly entries: ReadonlyMap<string, Json>;
  /**
   * Keeps `value` (undefined: forgets it). Resolves when it would survive a crash; rejects when it cannot be written, and is
   * then not kept.
   */
  save(key: string, value: Json | undefined): Promise<void>;
  close(): Promise<void>;
}

/** A store that forgets everything with the process. */
export const memoryStore = (): Store => ({ entries: new Map(), save: async () => {}, close: async () => {} });

const JOURNAL = 'cloud.ndjson';
/** The journal is rewritten when it has grown to twice what it was after the last time, and to this at least. */
const COMPACT_FROM = 4 * 1024 * 1024;
/** The first line, so that an emptied file is not taken for one in which nothing was kept yet. */
const HEADER = '{"journal":"anycloud-iotc","version":1}';
const NEWLINE = 10;
const CHECKSUM = /,"crc":"([0-9a-f]{8})"\}$/;

const checksum = (line: string) => crc32(line).toString(16).padStart(8, '0');

/** One change, with a checksum over the line as it is without it: not every damage leaves something that is not JSON. */
function lineOf(key: string, value: Json | undefined): string {
  const line = JSON.stringify(value === undefined ? { key } : { key, value });
  return `${line.slice(0, -1)},"crc":"${checksum(line)}"}\n`;
}

const readChange = objectOf({ key: text, value: optional(anything), crc: optional(text) });

/** Refuses a value that cannot be what stands under this key. @throws Error */
export type CheckEntry = (key: string, value: Json) => void;
/** Gives a line of the time before there was a header the words of today. */
export type UpgradeLine = (line: string) => string;

interface Journal {
  entries: Map<string, Json>;
  /** The numbers of the lines that cannot be read, counted from 1; 0 stands for a missing header. */
  damaged: number[];
}

/** @throws Error for a line that was not written by us, or is not whole. */
function readLine(line: string, check: CheckEntry): { key: string; value?: Json } {
  const [ending, crc] = CHECKSUM.exec(line) ?? [];
  if (ending !== undefined && checksum(`${line.slice(0, -ending.length)}}`) !== crc) throw new Error('damaged');
  const json = parseJson(line);
  if (json === undefined) throw new Error('not JSON');
  const change = readChange(json, 'line');
  if (change.crc !== undefined && ending === undefined) throw new Error('damaged');
  if (change.value !== undefined) check(change.key, change.value);
  return change;
}

function readJournal(bytes: Buffer, check: CheckEntry, upgrade: UpgradeLine): Journal {
  const entries = new Map<string, Json>();
  const damaged: number[] = [];
  const lines = bytes.toString('latin1').split('\n');
  const [first = ''] = lines;
  if (first === '') damaged.push(0);
  for (const [index, raw] of lines.entries()) {
    const line = decodeUtf8(Buffer.from(raw.replace(/\r$/, ''), 'latin1'));
    if (line === '' || (index === 0 && line === HEADER)) continue;
    try {
      const { key, value } = readLine(first === HEADER ? (line ?? raw) : upgrade(line ?? raw), check);
      if (value === undefined) entries.delete(key);
      else entries.set(key, value);
    } catch {
      damaged.push(index + 1);
    }
  }
  return { entries, damaged };
}

const MAX_NUMBERS = 5;

function linesOf(numbers: number[]): string {
  const more = numbers.length - MAX_NUMBERS;
  const list = numbers.slice(0, MAX_NUMBERS).join(', ');
  return `${numbers.length === 1 ? 'line' : 'lines'} ${list}${more > 0 ? ` and ${more} more` : ''}`;
}

interface Pending {
  key: string;
  value: Json | undefined;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

export interface StoreOptions {
  /** Milliseconds since 1970. */
  now: number;
  check?: CheckEntry;
  upgrade?: UpgradeLine;
  /** Takes what an operator should know. */
  log?: (line: string) => void;
  files?: Files;
  /** See COMPACT_FROM, in bytes. */
  compactFrom?: number;
}

/**
 * A store in a folder: one journal of JSON lines. Writes that come while one is under way share the next flush.
 *
 * Whatever fails, the file holds everything that was acknowledged: a failed write is cut off again, and where even that
 * fails the file is rewritten before anything else is acknowledged.
 */
class JournalStore implements Store {
  readonly entries: Map<string, Json>;
  readonly #path: string;
  readonly #files: Files;
  readonly #log: (line: string) => void;
  #file: number | undefined;
  /** How much of the file is acknowledged, in bytes. */
  #size = 0;
  readonly #compactFrom: number;
  #compactAt = 0;
  /** What stands behind `#size` is not known: nothing may be written there. */
  #damaged = false;
  #closed = false;
  #pending: Pending[] = [];
  #writing: Promise<void> | undefined;

  constructor(folder: string, options: StoreOptions) {
    const {
      now,
      check = () => {},
      upgrade = (line) => line,
      log = () => {},
      files = systemFiles,
      compactFrom = COMPACT_FROM,
    } = options;
    this.#path = join(folder, JOURNAL);
    this.#files = files;
    this.#compactFrom = compactFrom;
    this.#log = log;
    const bytes = files.read(this.#path);
    const { entries, damaged } = bytes
      ? readJournal(bytes, check, upgrade)
      : { entries: new Map<string, Json>(), damaged: [] };
    this.entries = entries;
    if (damaged.length > 0) this.#keepEvidence(damaged, now);
    this.#size = bytes?.length ?? 0;
    if (bytes?.at(-1) === NEWLINE && damaged.length === 0) this.#compactIfPossible();
    else this.#compact();
  }

  save(key: string, value: Json | undefined): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'));
    return new Promise((resolve, reject) => {
      this.#pending.push({ key, value, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    this.#closeFile();
  }

  /** The file as it was found stays beside the one that is written from now on. */
  #keepEvidence(damaged: number[], now: number): void {
    const evidence = `${this.#path}.damaged-${new Date(now).toISOString().replaceAll(':', '')}`;
    let name = evidence;
    for (let count = 2; !this.#files.duplicate(this.#path, name); count++) name = `${evidence}-${count}`;
    const what = damaged.includes(0) ? 'is empty or lacks its first line' : `is damaged in ${linesOf(damaged)}`;
    this.#log(`${this.#path} ${what}: what could be read is in use, and the file as it was is kept as ${name}`);
  }

  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0);
      try {
        await this.#write(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
        continue;
      }
      for (const { resolve } of batch) resolve();
    }
    this.#writing = undefined;
  }

  async #write(batch: Pending[]): Promise<void> {
    if (this.#damaged) this.#compact();
    const bytes = Buffer.from(batch.map(({ key, value }) => lineOf(key, value)).join(''));
    try {
      this.#file ??= this.#files.open(this.#path, 'a');
      for (let rest: Uint8Array = bytes; rest.length > 0; )
        rest = afterWrite(rest, await this.#files.writeSoon(this.#file, rest));
      await this.#files.syncSoon(this.#file);
    } catch (error) {
      this.#cutOff();
      throw error;
    }
    this.#size += bytes.length;
    for (const { key, value } of batch) {
      if (value === undefined) this.entries.delete(key);
      else this.entries.set(key, value);
    }
    if (this.#size >= this.#compactAt) this.#compactIfPossible();
  }

  /** What was written in part must not be read as whole one day, nor run together with the next line. */
  #cutOff(): void {
    if (this.#file === undefined) return;
    this.#damaged = true;
    try {
      this.#files.truncate(this.#file, this.#size);
      this.#files.sync(this.#file);
      this.#damaged = false;
    } catch {
      this.#closeFile();
    }
  }

  /** Nothing is lost when it fails: the journal goes on as it is. */
  #compactIfPossible(): void {
    try {
      this.#compact();
    } catch (error) {
      this.#compactAt = Math.max(this.#compactFrom, 2 * this.#size);
      this.#log(`${this.#path} could not be rewritten, and goes on growing: ${String(error)}`);
    }
  }

  #compact(): void {
    const content = [`${HEADER}\n`, ...[...this.entries].map(([key, value]) => lineOf(key, value))].join('');
    this.#closeFile();
    putInPlace(this.#files, this.#path, content);
    this.#size = Buffer.byteLength(content);
    this.#compactAt = Math.max(this.#compactFrom, 2 * this.#size);
    // Until its new name is flushed, a power cut could bring the old file back: nothing may be acknowledged before.
    this.#damaged = true;
    this.#files.syncFolder(dirname(this.#path));
    this.#damaged = false;
  }

  #closeFile(): void {
    const file = this.#file;
    this.#file = undefined;
    try {
      if (file !== undefined) this.#files.close(file);
    } catch {
      // What had to be kept was flushed before.
    }
  }
}

/** Opens the store in `folder`. @throws the file system's error when the folder cannot be used */
export function openStore(folder: LockedFolder, options: StoreOptions): Store {
  return new JournalStore(folder.path, options);
}
