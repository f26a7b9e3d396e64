import { createReadStream, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import type { Json } from '../events.ts';
import { isJsonObject, parseJson } from '../json.ts';
import { HttpError } from '../web/http-error.ts';
import type { Route } from '../web/router.ts';
import type { ProcessEnvironment } from './process-environment.ts';

/** Of a file and of a line, in bytes. */
const MAX_FILE = 256 * 1024 * 1024;
const MAX_LINE = 4 * 1024 * 1024;
/** Of an answer: a page asks until it has all. */
const MAX_EVENTS = 2000;
const MAX_ANSWER = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

export interface Recording {
  /** One event each, in UTF-8: as text, they take no more room than the file. */
  lines: Buffer[];
  /** How many lines are no event, such as one that was cut short. */
  skipped: number;
}

/**
 * The events in a file of NDJSON. Lines that are none are counted and left out, as long as there is one.
 * @throws AppError E_CONFIG for what is no recording, or too large for one
 */
export async function readRecording(name: string, { cwd }: Pick<ProcessEnvironment, 'cwd'>): Promise<Recording> {
  const fail = (problem: string, cause?: unknown) =>
    new AppError('E_CONFIG', `${name} ${problem}`, 'Name a file that a session has written with --json.', cause);
  const path = resolve(cwd, name);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw fail('does not exist');
  if (!found.isFile()) throw fail('is no file');
  if (found.size > MAX_FILE) {
    throw new AppError(
      'E_CONFIG',
      `${name} is larger than 256 MB`,
      'Cut a part out of it, with tail for instance: each line is an event of its own.',
    );
  }
  const recording: Recording = { lines: [], skipped: 0 };
  try {
    for await (const line of linesIn(createReadStream(path))) {
      if (eventIn(line) !== undefined) recording.lines.push(line);
      else if (line.length > 0) recording.skipped++;
    }
  } catch (error) {
    throw fail(`cannot be read: ${error instanceof Error ? error.message : error}`, error);
  }
  if (recording.lines.length === 0) throw fail('holds no event');
  return recording;
}

/** Lines without their ends; of one that is too long, what is no event any more. */
async function* linesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  const line = () => {
    const bytes = Buffer.concat(parts);
    parts = [];
    length = 0;
    return bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      yield line();
      start = end + 1;
    }
    // The beginning of a line that is too long is not JSON, which is enough to count it.
    if (length <= MAX_LINE) parts.push(chunk.subarray(start));
    length += chunk.length - start;
  }
  yield line();
}

function eventIn(line: Buffer): Json | undefined {
  if (line.length > MAX_LINE) return undefined;
  const event = parseJson(line);
  const isEvent = isJsonObject(event) && typeof event['type'] === 'string' && typeof event['ts'] === 'string';
  return isEvent ? event : undefined;
}

/** A part of a recording, from `?from=`. */
export function recordingRoute({ lines }: Recording): Route {
  return {
    method: 'GET',
    path: '/api/recording',
    handle({ query }) {
      const from = Number(query.get('from') ?? 0);
      if (!Number.isInteger(from) || from < 0) throw new HttpError(400, "'from' must be a whole number.");
      const value: Json[] = [];
      let size = 0;
      for (const line of lines.slice(from, from + MAX_EVENTS)) {
        size += line.length;
        if (size > MAX_ANSWER && value.length > 0) break;
        value.push(eventIn(line) ?? null);
      }
      return { status: 200, body: { value, total: lines.length } };
    },
  };
}
