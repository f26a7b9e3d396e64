/** The whole packet, header included, has to fit in here (AT protocol 8.1, T18). */
const PACKET_BUFFER = 1500;
const MAX_LENGTH_BYTES = 4;

export interface Packet {
  type: number;
  flags: number;
  body: Buffer;
}

export type Received =
  | { kind: 'nothing' }
  /** Less than a packet is there, which the caller may still wait for. */
  | { kind: 'incomplete' }
  | { kind: 'packet'; packet: Packet }
  /** Too large: its header is gone, and its body will be taken for packets. */
  | { kind: 'overflow' }
  /** Its end was not there when it was read: what was there is gone. */
  | { kind: 'short'; expected: number };

/** Bytes from the broker, read the way the firmware reads packets (AT protocol 8.3). */
export class ReceiveBuffer {
  #bytes: Buffer = Buffer.alloc(0);

  get length(): number {
    return this.#bytes.length;
  }

  append(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
  }

  clear(): void {
    this.#bytes = Buffer.alloc(0);
  }

  /**
   * Reads one packet.
   * @param window how many bytes the TCP layer can hold at once.
   * @param patient whether an incomplete packet is left to be completed, instead of being lost.
   */
  read(window: number, patient: boolean): Received {
    const visible = this.#bytes.subarray(0, window);
    const first = visible[0];
    if (first === undefined) return { kind: 'nothing' };
    const header = readLength(visible);
    const complete = header !== undefined && visible.length >= header.size + header.length;
    const tooLarge = header !== undefined && header.size + header.length > PACKET_BUFFER;
    if (tooLarge) {
      this.#take(header.size);
      return { kind: 'overflow' };
    }
    if (!complete && patient && visible.length < window) return { kind: 'incomplete' };
    if (!complete) {
      this.#take(visible.length);
      return header ? { kind: 'short', expected: header.length } : { kind: 'nothing' };
    }
    const body = visible.subarray(header.size, header.size + header.length);
    this.#take(header.size + header.length);
    return { kind: 'packet', packet: { type: first >> 4, flags: first & 0x0f, body } };
  }

  #take(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
  }
}

/** The remaining length of a packet; undefined when its bytes are not all there, or go on for too long. */
function readLength(bytes: Buffer): { size: number; length: number } | undefined {
  let length = 0;
  for (let index = 0; index < MAX_LENGTH_BYTES; index++) {
    const byte = bytes[index + 1];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return { size: index + 2, length };
  }
  return undefined;
}

/** A PUBLISH taken apart; undefined when its topic or packet id does not fit its body. */
export function readPublish({ flags, body }: Packet) {
  const qos = (flags >> 1) & 3;
  if (body.length < 2) return undefined;
  const topicEnd = 2 + body.readUInt16BE(0);
  const start = topicEnd + (qos > 0 ? 2 : 0);
  if (start > body.length) return undefined;
  const id = qos > 0 ? body.readUInt16BE(topicEnd) : 0;
  return { qos, id, topic: body.subarray(2, topicEnd), payload: body.subarray(start) };
}
