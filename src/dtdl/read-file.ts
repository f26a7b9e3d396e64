import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Json } from '../events.ts';
import { ModelError, quote } from './model-error.ts';

/** DTDL allows an interface a mebibyte, and a file may hold an interface with all it refers to. */
const LARGEST = 4 * 1024 * 1024;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The JSON of a file, null when there is no such file. Whatever else stands at the path (a folder, a pipe, a device)
 * is refused without waiting for it.
 * @throws ModelError for a file that cannot be read, is larger than 4 MiB, or is not JSON in UTF-8
 */
export function readJsonFile(file: string): Json | null {
  const bytes = readBounded(file);
  if (bytes === null) return null;
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch (cause) {
    throw new ModelError({ kind: 'unreadable', file, reason: 'is not UTF-8' }, cause);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelError({ kind: 'unreadable', file, reason: `is not JSON${position(text, cause)}` }, cause);
  }
}

function readBounded(file: string): Uint8Array | null {
  let descriptor: number;
  try {
    // Opening a pipe that nobody writes to would wait for ever.
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new ModelError({ kind: 'unreadable', file, reason: `cannot be opened (${String(code)})` }, cause);
  }
  try {
    const facts = fstatSync(descriptor);
    if (!facts.isFile()) throw new ModelError({ kind: 'unreadable', file, reason: 'is not a regular file' });
    if (facts.size > LARGEST) throw tooLarge(file, facts.size);
    // One byte more than it says, so that a file that has grown meanwhile shows.
    const bytes = new Uint8Array(facts.size + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
    if (length > facts.size) throw new ModelError({ kind: 'unreadable', file, reason: 'changes while it is read' });
    return bytes.subarray(0, length);
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError({ kind: 'unreadable', file, reason: 'cannot be read' }, cause);
  } finally {
    closeSync(descriptor);
  }
}

function tooLarge(file: string, size: number): ModelError {
  const mebibytes = (size / 1024 / 1024).toFixed(1);
  return new ModelError({ kind: 'unreadable', file, reason: `has ${mebibytes} MiB; a model file has at most 4 MiB` });
}

/** What the parser's message tells: the offset, or the character that it stumbled over, or that the text just ended. */
function position(text: string, cause: unknown): string {
  const message = cause instanceof Error ? cause.message : '';
  const offset = /position (\d+)/.exec(message)?.[1];
  if (offset !== undefined) {
    const lines = text.slice(0, Number(offset)).split('\n');
    return ` at line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
  }
  const token = /token '(.)'/su.exec(message)?.[1];
  return token === undefined ? ': it ends too early' : `: there is an unexpected ${quote(token)}`;
}
