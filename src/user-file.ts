import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

/** Why a file that a person has named cannot be used, as the rest of a sentence that begins with its name. */
export class FileProblem extends Error {
  /** There is no such file. */
  readonly missing: boolean;

  constructor(problem: string, cause?: unknown) {
    super(problem, cause === undefined ? undefined : { cause });
    this.name = 'FileProblem';
    this.missing = hasCode(cause, 'ENOENT');
  }
}

/** A file without an end, or one that nobody writes to, must not keep the program; Windows has no such flag. */
const WITHOUT_WAITING = constants.O_NONBLOCK ?? 0;

/**
 * Reads a file that a person has named: a regular one, and at most `limit` bytes of it. Pipes, devices and folders are
 * refused before they are opened, since opening one may wait for ever, or reset a board.
 * @throws FileProblem
 */
export function readUserFile(path: string, limit: number): Buffer {
  const file = attempt(() => {
    refuse(statSync(path), limit);
    return openSync(path, constants.O_RDONLY | WITHOUT_WAITING);
  });
  try {
    refuse(fstatSync(file), limit);
    const content = Buffer.alloc(limit + 1);
    let length = 0;
    for (;;) {
      const read = attempt(() => readSync(file, content, length, content.length - length, null));
      length += read;
      if (read === 0) return Buffer.from(content.subarray(0, length));
      if (length > limit) throw tooLarge(limit);
    }
  } finally {
    closeSync(file);
  }
}

/**
 * Opens a file that a person has named, to append to; a new one is for its owner only. Devices are taken, and pipes that
 * somebody reads.
 * @returns its descriptor
 * @throws FileProblem
 */
export function appendUserFile(path: string): number {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | WITHOUT_WAITING;
  return attempt(() => openSync(path, flags, 0o600));
}

/**
 * Makes a file that a person has named, for its owner only; what is there already is left alone.
 * @returns its descriptor
 * @throws FileProblem
 */
export function createUserFile(path: string): number {
  return attempt(() => openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
}

/**
 * Reads the end of a file that a person has named, `limit` bytes of it at most; a regular one, as for `readUserFile`.
 * @throws FileProblem
 */
export function readUserFileEnd(path: string, limit: number): Buffer {
  const file = attempt(() => {
    refuse(statSync(path), Number.POSITIVE_INFINITY);
    return openSync(path, constants.O_RDONLY | WITHOUT_WAITING);
  });
  try {
    const { size } = fstatSync(file);
    const content = Buffer.alloc(Math.min(limit, size));
    const start = size - content.length;
    let length = 0;
    while (length < content.length) {
      const read = attempt(() => readSync(file, content, length, content.length - length, start + length));
      if (read === 0) break;
      length += read;
    }
    return content.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** Whether `bytes` are text in UTF-16, as Windows PowerShell writes it: by its mark, or by the empty half of its letters. */
export function isUtf16(bytes: Buffer): boolean {
  return /^(?:fffe|feff|(?!00)..00(?!00)..00|00(?!00)..00(?!00)..)/.test(bytes.subarray(0, 4).toString('hex'));
}

function refuse(stats: Stats, limit: number): void {
  const kind = kindOf(stats);
  if (kind !== null) throw new FileProblem(`is ${kind}, not a file`);
  if (stats.size > limit) throw tooLarge(limit);
}

function kindOf(stats: Stats): string | null {
  if (stats.isFile()) return null;
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

function tooLarge(limit: number): FileProblem {
  return new FileProblem(`has more than ${limit / 1024} KiB, far more than it needs`);
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof FileProblem) throw error;
    throw new FileProblem(reason(error), error);
  }
}

function reason(error: unknown): string {
  if (hasCode(error, 'ENOENT')) return 'does not exist';
  if (hasCode(error, 'EACCES') || hasCode(error, 'EPERM')) return 'may not be opened by you';
  if (hasCode(error, 'EEXIST')) return 'is there already';
  if (hasCode(error, 'EISDIR')) return 'is a folder, not a file';
  if (hasCode(error, 'ENXIO')) return 'is a pipe that nobody reads';
  if (hasCode(error, 'EMFILE') || hasCode(error, 'ENFILE'))
    return 'cannot be opened: too many files are open (ulimit -n)';
  return `cannot be used: ${error instanceof Error ? error.message : String(error)}`;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
