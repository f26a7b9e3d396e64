import {
  closeSync,
  copyFileSync,
  existsSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  write,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** What the cloud's files are kept with. Every function throws the file system's error. */
export interface Files {
  /** Undefined when there is no such file. */
  read(path: string): Buffer | undefined;
  /** Opens for writing: `w` begins with an empty file, `a` writes at the end. Readable for this user only. */
  open(path: string, flags: 'w' | 'a'): number;
  /** Gives the number of bytes that were written, which may be less than there are. */
  write(file: number, bytes: Uint8Array): number;
  writeSoon(file: number, bytes: Uint8Array): Promise<number>;
  /** Resolves when what was written would survive a power cut. */
  sync(file: number): void;
  syncSoon(file: number): Promise<void>;
  truncate(file: number, size: number): void;
  close(file: number): void;
  rename(from: string, to: string): void;
  /** Gives a file a second name, or copies it where the file system has no such thing; false when the name is taken. */
  duplicate(path: string, name: string): boolean;
  remove(path: string): void;
  /** Makes renames and new names in this folder survive a power cut, where the system can do that. */
  syncFolder(folder: string): void;
}

const writeAsync = promisify(write);
const CANNOT_SYNC_FOLDERS = ['EINVAL', 'ENOTSUP', 'EBADF', 'EISDIR', 'EPERM', 'EACCES'];

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '');

function copyWhole(path: string, name: string): void {
  try {
    copyFileSync(path, name);
  } catch (error) {
    rmSync(name, { force: true });
    throw error;
  }
}

export const systemFiles: Files = {
  read(path) {
    try {
      return readFileSync(path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  },
  open: (path, flags) => openSync(path, flags, 0o600),
  write: (file, bytes) => writeSync(file, bytes),
  writeSoon: async (file, bytes) => (await writeAsync(file, bytes)).bytesWritten,
  sync: (file) => fsyncSync(file),
  syncSoon: promisify(fdatasync),
  truncate: (file, size) => ftruncateSync(file, size),
  close: (file) => closeSync(file),
  rename: (from, to) => renameSync(from, to),
  duplicate(path, name) {
    if (existsSync(name)) return false;
    try {
      linkSync(path, name);
    } catch {
      copyWhole(path, name);
    }
    return true;
  },
  remove: (path) => rmSync(path, { force: true }),
  syncFolder(folder) {
    try {
      const handle = openSync(folder, 'r');
      try {
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    } catch (error) {
      // Windows, and some network file systems, have no way to do it.
      if (!CANNOT_SYNC_FOLDERS.includes(codeOf(error))) throw error;
    }
  },
};

/** What is left of `bytes` after a write. @throws Error when nothing was written, which would go on for ever */
export function afterWrite(bytes: Uint8Array, written: number): Uint8Array {
  if (written <= 0) throw new Error('the file system takes nothing more');
  return bytes.subarray(written);
}

/**
 * Replaces the file in one step: whenever the process dies or the disk is full, either the old content is there or the new
 * one, whole. The change of names still has to be flushed.
 * @throws the file system's error; the old file is then as it was
 */
export function putInPlace(files: Files, path: string, content: string): void {
  const fresh = `${path}.new`;
  try {
    const file = files.open(fresh, 'w');
    try {
      for (let rest: Uint8Array = Buffer.from(content); rest.length > 0; )
        rest = afterWrite(rest, files.write(file, rest));
      files.sync(file);
    } finally {
      files.close(file);
    }
    files.rename(fresh, path);
  } catch (error) {
    try {
      files.remove(fresh);
    } catch {
      // It is overwritten the next time.
    }
    throw error;
  }
}

/** The same, and flushes the change of names too. */
export function replaceFile(files: Files, path: string, content: string): void {
  putInPlace(files, path, content);
  files.syncFolder(dirname(path));
}
