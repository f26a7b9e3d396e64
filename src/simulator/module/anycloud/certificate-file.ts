/** The buffer that AT+LOADCERT fills; what is behind the received bytes is zero. */
const SIZE = 1500;
/** Reading goes on behind the buffer, where a text ends at the first zero. */
const BEHIND = 16;

const DASH = 0x2d;
const SEQUENCE = 0x30;
const BOUNDARY = Buffer.from('-----');
const LABEL_LENGTH = 'CERTIFICATE'.length;
const BEGIN_LENGTH = '-----BEGIN '.length + LABEL_LENGTH;
const END_LENGTH = '-----END '.length + LABEL_LENGTH;

const isLineEnd = (byte: number | undefined) => byte === 0x0a || byte === 0x0d;
const isBlank = (byte: number | undefined) => byte === 0x20 || byte === 0x09;

/**
 * The certificate that was loaded last, as the firmware keeps it: PEM is decoded on the spot, nothing is checked but the
 * outermost length, and what is refused stays readable (AT protocol 7.17, 7.18).
 */
export class CertificateFile {
  readonly #bytes = Buffer.alloc(SIZE + BEHIND);
  #length = 0;

  /** What AT+READCERT=3 shows; empty when nothing was ever sent. */
  get content(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** @param announced the length that the transfer was to have. @returns the DER bytes; undefined when they are refused. */
  load(received: Buffer, announced: number): Buffer | undefined {
    this.#bytes.fill(0);
    this.#bytes.set(received.subarray(0, SIZE));
    this.#length = received.length;
    const length = this.#decode(announced);
    if (length <= 0) return undefined;
    this.#length = length;
    return Buffer.from(this.content);
  }

  #decode(announced: number): number {
    if (this.#bytes[0] === DASH) return decodePem(this.#bytes);
    if (this.#bytes[0] !== SEQUENCE) return 0;
    const length = sequenceLength(this.#bytes);
    return length <= announced ? length : 0;
  }
}

/** The size of the element that the bytes begin with, header included, as a 32-bit integer that overflows. */
function sequenceLength(bytes: Buffer): number {
  const first = bytes[1] ?? 0;
  if (first < 0x80) return 2 + first;
  const digits = first & 0x7f;
  let length = 0;
  for (const digit of bytes.subarray(2, 2 + digits)) length = (length << 8) | digit;
  return (2 + digits + length) | 0;
}

/** Decodes PEM into the beginning of its own bytes; the label is skipped, not read. @returns the size, 0 for a failure. */
function decodePem(bytes: Buffer): number {
  const header = bytes.indexOf(BOUNDARY, BEGIN_LENGTH);
  if (header < 0) return 0;
  let at = header + BOUNDARY.length;
  while (isBlank(bytes[at])) at += 1;
  if (!isLineEnd(bytes[at])) return 0;
  let bits = 0;
  let register = 0;
  let length = 0;
  let padding = 0;
  for (; bytes[at] !== 0 && bytes[at] !== DASH && padding === 0; at++) {
    const byte = bytes[at];
    if (isLineEnd(byte) || isBlank(byte)) continue;
    const isPadding = byte === 0x3d;
    const value = isPadding ? 0 : sextet(bytes.readInt8(at));
    if (value < 0) return 0;
    register = (register << 6) | (value & 0x3f);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[length++] = register >> bits;
    }
    // The first sign of equality ends the data; a second one is taken for a part of what follows.
    if (isPadding) padding = 1;
  }
  const footer = bytes.indexOf(BOUNDARY, at - padding + END_LENGTH);
  return footer < 0 ? 0 : length - padding;
}

/** A digit of base 64; signs from beside the alphabet get a value, too, or a negative one. */
function sextet(character: number): number {
  if (character === 0x2b) return 62;
  if (character === 0x2f) return 63;
  if (character <= 0x39) return character - 0x30 + 52;
  if (character <= 0x5a) return character - 0x41;
  return character <= 0x7a ? character - 0x61 + 26 : -1;
}
