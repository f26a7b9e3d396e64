import type { Readable } from 'node:stream';
import { isJsonObject, parseJson, withDoublesOnly } from '../../azure/json.ts';
import type { JsonObject } from '../../events.ts';

const LF = 0x0a;
/** In bytes; no message that a module takes is nearly as long. */
const LONGEST_LINE = 65_536;

/** What the lines are given to. */
export interface InputReader {
  /** Settles when the message is safe; the next line is read then. Rejects for a message that cannot be sent. */
  send(body: JsonObject): Promise<void>;
  warn(message: string): void;
  /** Aborted when nothing more is to be read. */
  signal: AbortSignal;
}

/**
 * Sends each line of the input that is a JSON object as one telemetry message, in order. Whoever writes to the pipe is
 * held up while messages wait. A line that is no such object is named with its number, and skipped.
 * @returns when the input has ended, and the last message is safe, or the signal was aborted
 */
export async function sendInput(input: Readable, { send, warn, signal }: InputReader): Promise<void> {
  let number = 0;
  for await (const line of linesOf(input, signal)) {
    number++;
    const parsed = line === null ? null : parseJson(line);
    if (parsed?.ok && parsed.value === undefined) continue;
    if (!parsed?.ok || !isJsonObject(parsed.value)) {
      const why = line === null ? `has more than ${LONGEST_LINE} bytes` : 'is not a JSON object';
      warn(`Line ${number} of the standard input ${why}; it is skipped`);
      continue;
    }
    const text = String(line);
    if (withDoublesOnly(text) !== text) {
      warn(`Line ${number} of the standard input has a number that is too large for a double; it is skipped`);
      continue;
    }
    try {
      await send(parsed.value);
    } catch (error) {
      if (signal.aborted) return;
      warn(`Line ${number} of the standard input is not sent: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** The lines of a stream of bytes, without their ends; null for one that is too long. */
async function* linesOf(input: Readable, signal: AbortSignal): AsyncGenerator<Buffer | null> {
  let held: Buffer[] = [];
  let length = 0;
  const take = (): Buffer | null => {
    const line = length > LONGEST_LINE ? null : Buffer.concat(held);
    held = [];
    length = 0;
    return line;
  };
  const onAbort = () => input.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for await (const chunk of input) {
      const bytes = Buffer.from(chunk);
      let start = 0;
      for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
        add(bytes.subarray(start, end));
        yield take();
        start = end + 1;
      }
      add(bytes.subarray(start));
    }
    if (length > 0) yield take();
  } catch (error) {
    // A destroyed stream says that it was closed too early.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }

  function add(part: Buffer): void {
    length += part.length;
    if (length <= LONGEST_LINE) held.push(part);
    else held = [];
  }
}
