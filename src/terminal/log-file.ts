import { closeSync, writeSync } from 'node:fs';
import { AppError } from '../errors.ts';
import type { SessionEvent } from '../events.ts';
import { appendUserFile, FileProblem } from '../user-file.ts';
import { visible } from './visible.ts';

/** A file that keeps every event, one a line. Secrets are masked before. */
export interface LogFile {
  append(event: SessionEvent, at: number): void;
  close(): void;
}

/**
 * Opens `path` to append to; a new file is for its owner only. Each line is written at once, so nothing waits in
 * memory and nothing is lost when the program is killed.
 * @param onFailure is told once when writing fails (a full disk, say); the log ends there and the session goes on
 * @param named whether each line names its device, where there are several
 * @throws AppError E_LOG_FILE when it cannot be opened
 */
export function openLogFile(path: string, onFailure: (reason: string) => void, named = false): LogFile {
  let file: number | null = open(path);

  function close(): void {
    if (file !== null) closeSync(file);
    file = null;
  }

  function append(event: SessionEvent, at: number): void {
    if (file === null) return;
    try {
      writeAll(file, Buffer.from(logLine(event, at, named)));
    } catch (error) {
      close();
      onFailure(error instanceof Error ? error.message : String(error));
    }
  }

  return { append, close };
}

function open(path: string): number {
  try {
    return appendUserFile(path);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    const problem = error.missing ? 'cannot be made: there is no such folder' : error.message;
    throw new AppError(
      'E_LOG_FILE',
      `The log file ${path} ${problem}`,
      'Its folder must exist and be writable.',
      error,
    );
  }
}

/** A write may take a part only, of a disk that is nearly full. */
function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

/** `event` as a line of the log, with its time in UTC. @param named with its device behind that */
export function logLine(event: SessionEvent, at: number, named = false): string {
  const device = named && event.deviceId !== undefined ? `${event.deviceId} ` : '';
  return `${new Date(at).toISOString()} ${visible(device + content(event))}\n`;
}

function content(event: SessionEvent): string {
  if (event.type === 'at') return `${event.dir} ${event.line}`;
  if (event.type === 'event' || event.type === 'gateway') return `${event.level} ${event.message}`;
  const { type, ...fields } = event;
  return `${type} ${JSON.stringify(fields)}`;
}
