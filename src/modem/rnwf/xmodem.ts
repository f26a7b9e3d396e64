import { AtError } from '../../at/error.ts';
import type { RawBytes } from '../../at/raw-bytes.ts';

const SOH = 0x01;
const EOT = 0x04;
const ACK = 0x06;
const NAK = 0x15;
const CAN = 0x18;
/** What a receiver asks for frames with a CRC by, and with nothing but a sum by `NAK`. */
export const READY = 'C';
const BLOCK = 128;
const PADDING = 0x1a;
const POLYNOMIAL = 0x1021;

/** A receiver asks about every three seconds. */
const START_TIMEOUT = 15_000;
/** Longer than a receiver waits for the rest of a frame before it asks for it again, as XMODEM has it. */
const REPLY_TIMEOUT = 10_000;
/** How often something is sent again because it was refused, and because nothing was heard. */
const REFUSALS = 10;
const SILENCES = 3;

/** Ends a transfer; one of them could be noise. */
export const CANCEL = Uint8Array.of(CAN, CAN);

/** The CRC of XMODEM: CCITT's polynomial, from zero, the highest bit first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? POLYNOMIAL : 0)) & 0xffff;
  }
  return crc;
}

/** A file in frames: start, number, its complement, 128 bytes, CRC. Numbers begin with 1 and go on with 0 after 255. */
export function framesOf(bytes: Uint8Array): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const data = Buffer.alloc(BLOCK, PADDING);
    data.set(bytes.subarray(at, at + BLOCK));
    const number = (frames.length + 1) & 0xff;
    const crc = crc16(data);
    frames.push(Buffer.of(SOH, number, 0xff - number, ...data, crc >> 8, crc & 0xff));
  }
  return frames;
}

/**
 * Sends a file by XMODEM with CRC. What it leaves behind when it fails is for the caller to clear.
 * @param onProgress called with the bytes of the file that have arrived
 * @throws AtError `refused` when the receiver gives up, or refuses a frame too often; `timed-out`; the reason of `signal`
 */
export async function sendXmodem(
  raw: RawBytes,
  bytes: Uint8Array,
  signal: AbortSignal,
  onProgress: (sent: number) => void,
): Promise<void> {
  await start(raw, signal);
  for (const [index, frame] of framesOf(bytes).entries()) {
    // A second answer to what was sent twice is none to this.
    raw.skip(ACK);
    await deliver(raw, frame, signal);
    onProgress(Math.min((index + 1) * BLOCK, bytes.length));
  }
  raw.complete();
  await deliver(raw, Uint8Array.of(EOT), signal);
}

async function start(raw: RawBytes, signal: AbortSignal): Promise<void> {
  const reply = await firstOf(raw, [READY.charCodeAt(0)], START_TIMEOUT, signal);
  if (reply === null) throw new AtError('timed-out', 'The module does not ask for the file that it is to be given');
}

/** Sends something until it is acknowledged. */
async function deliver(raw: RawBytes, packet: Uint8Array, signal: AbortSignal): Promise<void> {
  for (let refusals = 0, silences = 0; refusals < REFUSALS; ) {
    raw.write(packet);
    const reply = await firstOf(raw, [ACK, NAK], REPLY_TIMEOUT, signal);
    if (reply === ACK) return;
    if (reply === NAK) refusals++;
    else if (++silences === SILENCES) throw new AtError('timed-out', 'The module has stopped answering within a file');
  }
  throw new AtError('timed-out', `The module has not understood a part of the file, ${REFUSALS} times`);
}

/**
 * The first byte that is one of these; null when there is none in time. What is none, such as a `C` that was on its way
 * already, is passed over.
 * @throws AtError `refused` when the receiver gives up
 */
async function firstOf(raw: RawBytes, wanted: number[], ms: number, signal: AbortSignal): Promise<number | null> {
  const deadline = raw.now + ms;
  for (let before = 0; ; ) {
    const byte = await raw.next(deadline - raw.now, signal);
    if (byte === null || wanted.includes(byte)) return byte;
    if (byte === CAN && before === CAN) throw cancelled();
    before = byte;
  }
}

function cancelled(): AtError {
  const hint = 'Press the reset button of the board, and try it again.';
  return new AtError('refused', 'The module has broken off the transfer of the file', null, undefined, hint);
}
