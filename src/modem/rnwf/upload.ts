import { AtError } from '../../at/error.ts';
import type { RawBytes } from '../../at/raw-bytes.ts';
import { BINARY_ESCAPE, BINARY_ESCAPE_SILENCE } from '../module-link.ts';
import type { RnwfLink } from './link.ts';
import { CANCEL, READY, sendXmodem } from './xmodem.ts';

/** Until the module asks for the file, and from its last byte to the status; flash takes its time. */
const TIMEOUT = 10_000;
const FLUSH_TIMEOUT = 1_000;
const LINE_END = Buffer.from('\r\n');

/** What is told of a transfer on its way. */
export interface UploadProgress {
  /** The module has asked for the file, so there may be a part of it from now on. */
  onStart(): void;
  /** So many bytes of it have arrived. */
  onProgress(sent: number): void;
}

/**
 * Gives a file to the module by XMODEM, as the command `text` asks it to (RNWF 9). What is heard from the module then shows
 * that the file has arrived; whether it is kept is for the caller to ask.
 * @throws AtError; the reason of `signal`
 */
export async function upload(
  link: RnwfLink,
  text: string,
  bytes: Uint8Array,
  signal: AbortSignal,
  { onStart, onProgress }: UploadProgress,
): Promise<void> {
  let hasStarted = false;
  const run = async (raw: RawBytes) => {
    hasStarted = true;
    onStart();
    try {
      await sendXmodem(raw, bytes, signal, onProgress);
      return bytes.length;
    } catch (error) {
      const isCancelled = error instanceof AtError && error.failure === 'refused';
      const hasSaidWhy = await leave(raw, isCancelled);
      // What comes without a reason is not explained by the status of half a line.
      throw isCancelled && !hasSaidWhy ? new AtError('timed-out', error.message, null, error, error.hint) : error;
    }
  };
  try {
    await link.executeRaw({ text, transfer: { firstByte: READY, run }, timeout: TIMEOUT }, signal);
  } catch (error) {
    // Its prompt may have been lost: it would take the next command for the file.
    const isStuck = !hasStarted && error instanceof AtError && error.failure === 'timed-out';
    if (isStuck) await link.leaveBinaryMode(signal);
    throw error;
  }
}

/**
 * Brings the module back to its command line, whatever it waits for. It is not published what it says to a transfer that is
 * broken off, so what XMODEM has for that comes first, then what ends every binary mode (RNWF 2).
 * @param isCancelled the module has done so
 * @returns whether the module has ended the command with its status
 */
async function leave(raw: RawBytes, isCancelled: boolean): Promise<boolean> {
  raw.complete();
  if (!isCancelled) raw.write(CANCEL);
  if (await raw.endsWithin(BINARY_ESCAPE_SILENCE)) return true;
  raw.write(Buffer.from(BINARY_ESCAPE));
  if (await raw.endsWithin(BINARY_ESCAPE_SILENCE)) return true;
  // Where it was at its command line already, that is half a line now.
  raw.write(LINE_END);
  await raw.endsWithin(FLUSH_TIMEOUT);
  return false;
}
