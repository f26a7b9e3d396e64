import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, realpathSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isJsonObject, type Json, own, parseJson } from '../../json.ts';
import { isRunning, processIdentity, processNamespace } from './process-identity.ts';

/** Who has locked a folder. */
interface Holder {
  pid: number;
  /** See processIdentity. */
  process: string | null;
  namespace: string | null;
  host: string;
  /** ISO 8601 */
  since: string;
  /** Tells this lock from every other. */
  id: string;
}

/** A folder that is this process's alone. */
export interface LockedFolder {
  readonly path: string;
  release(): void;
}

/** The folder is in use by another cloud. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

const LOCK = /^cloud\.lock\.(\d{1,15})$/;
const fileOf = (folder: string, generation: number) => join(folder, `cloud.lock.${generation}`);

/** How long a lock may stay empty between its making and its writing, in milliseconds. */
const WRITING_TIME = 100;
const POLL = 10;
/** Others that start at the same moment can be in the way as often as this, and no more. */
const MAX_ATTEMPTS = 50;

const pause = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function generationsIn(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => LOCK.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((one, other) => other - one);
}

const MEMBERS = ['pid', 'process', 'namespace', 'host', 'since', 'id'] as const;
const isText = (value: Json | undefined): value is string => typeof value === 'string';
const isTextOrNull = (value: Json | undefined): value is string | null => value === null || isText(value);

function readHolder(path: string): Holder | 'gone' | 'unreadable' {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'gone';
    return 'unreadable';
  }
  const json = parseJson(content);
  if (!isJsonObject(json)) return 'unreadable';
  const [pid, identity = null, namespace = null, host, since, id] = MEMBERS.map((name) => own(json, name));
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return 'unreadable';
  if (!isTextOrNull(identity) || !isTextOrNull(namespace) || !isText(host) || !isText(since) || !isText(id))
    return 'unreadable';
  return { pid, process: identity, namespace, host, since, id };
}

/** Whether a holder may still be at work. One that cannot be looked at from here (another computer or container) may. */
function mayBeAtWork(holder: Holder): boolean {
  if (holder.host !== hostname() || holder.namespace !== processNamespace()) return true;
  if (!isRunning(holder.pid)) return false;
  const identity = processIdentity(holder.pid);
  return holder.process === null || identity === null || holder.process === identity;
}

/** The holder of a lock that is in force; undefined for one whose owner has gone, or died before it could write it. */
function activeHolder(path: string): Holder | undefined {
  for (let waited = 0; ; waited += POLL) {
    const holder = readHolder(path);
    if (holder === 'gone') return undefined;
    if (holder !== 'unreadable') return mayBeAtWork(holder) ? holder : undefined;
    if (waited >= WRITING_TIME) return undefined;
    pause(POLL);
  }
}

function inUse(path: string, { pid, host, since, namespace }: Holder): FolderInUse {
  const near = host === hostname() && namespace === processNamespace();
  const who = pid === process.pid && near ? 'this process' : `process ${pid}`;
  const where = near ? '' : ` on ${host}, which cannot be looked at from here`;
  const way = near ? '' : `; if that one has ended, delete ${path}`;
  return new FolderInUse(`it is in use by the local cloud of ${who}${where} (since ${since})${way}`);
}

/** Writes our lock of this generation; false when another process was faster. */
function announce(path: string, holder: Holder): boolean {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  try {
    const bytes = Buffer.from(JSON.stringify(holder));
    if (writeSync(file, bytes) !== bytes.length) throw new Error(`${path} could not be written in full`);
  } catch (error) {
    closeSync(file);
    rmSync(path, { force: true });
    throw error;
  }
  closeSync(file);
  return true;
}

function isOurs(path: string, { id }: Holder): boolean {
  const holder = readHolder(path);
  return typeof holder === 'object' && holder.id === id;
}

function release(path: string, holder: Holder): void {
  if (isOurs(path, holder)) rmSync(path, { force: true });
}

/**
 * Locks a folder (made when it is not there) for this process, until it is released or the process has ended, in whatever
 * way: the lock of a process that runs no more is taken over.
 *
 * A lock is a file `cloud.lock.<generation>` that can be made only once. Taking over is making the next generation;
 * whoever finds another one in force after that steps back. So of two that take over at once one succeeds, and nobody ever
 * removes a lock that is in force.
 * @param now milliseconds since 1970, for others to read
 * @throws FolderInUse that says who holds it; the file system's error when the folder cannot be used
 */
export function lockFolder(folder: string, now: number): LockedFolder {
  mkdirSync(folder, { recursive: true });
  const place = realpathSync(folder);
  const holder: Holder = {
    pid: process.pid,
    process: processIdentity(process.pid),
    namespace: processNamespace(),
    host: hostname(),
    since: new Date(now).toISOString(),
    id: randomUUID(),
  };
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const present = generationsIn(place);
    for (const generation of present) {
      const path = fileOf(place, generation);
      const other = activeHolder(path);
      if (other) throw inUse(path, other);
    }
    const generation = (present[0] ?? 0) + 1;
    const path = fileOf(place, generation);
    if (!announce(path, holder)) continue;
    const others = generationsIn(place).filter((other) => other !== generation);
    // Last: had we been taken for dead meanwhile, another lock might stand under our name.
    if (!others.some((other) => activeHolder(fileOf(place, other))) && isOurs(path, holder)) {
      for (const stale of others) rmSync(fileOf(place, stale), { force: true });
      return { path: folder, release: () => release(path, holder) };
    }
    release(path, holder);
    pause(POLL * (1 + Math.random() * attempt));
  }
  throw new FolderInUse('several local clouds want it at once');
}
