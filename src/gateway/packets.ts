/** The types of MQTT packets (MQTT 3.1.1, 2.2.1) that matter on the way through. */
export const TYPE = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const;

/** What only a client sends, after CONNECT. */
export const FROM_CLIENT: ReadonlySet<number> = new Set([
  TYPE.publish,
  TYPE.puback,
  TYPE.pubrec,
  TYPE.pubrel,
  TYPE.pubcomp,
  TYPE.subscribe,
  TYPE.unsubscribe,
  TYPE.pingreq,
  TYPE.disconnect,
]);

/** A packet as it came, byte for byte. */
export interface RawPacket {
  readonly type: number;
  /** The four bits beside the type. */
  readonly flags: number;
  readonly bytes: Buffer;
  /** What follows the fixed header: as long as the remaining length says. */
  readonly body: Buffer;
}

/** Something that is no MQTT, or more of it than is taken. */
export class MalformedPacket extends Error {}

const MAX_LENGTH_BYTES = 4;

/**
 * Cuts a stream of bytes into MQTT packets and leaves their bytes as they are. It keeps no more than one packet, whatever
 * arrives.
 */
export class PacketReader {
  readonly #longest: number;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  /** Of the packet that has begun, once its length is known. */
  #wanted: number | null = null;

  /** @param longest bytes that a packet may have, its header included */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Whether a packet has begun and not ended. */
  get isWithin(): boolean {
    return this.#length > 0;
  }

  /**
   * The packets that `chunk` completes, one after the other, since who takes one may want no more.
   * @throws MalformedPacket for a remaining length that goes on for too long, and for a packet that is too large
   */
  *push(chunk: Buffer): Generator<RawPacket> {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    for (;;) {
      if (this.#length === 0 || (this.#wanted !== null && this.#length < this.#wanted)) return;
      const bytes = this.#joined();
      const header = readHeader(bytes);
      if (header === null) return;
      const wanted = header.size + header.length;
      if (wanted > this.#longest) throw new MalformedPacket(`a packet of ${wanted} bytes`);
      this.#wanted = wanted;
      if (bytes.length < wanted) return;
      this.#keep(bytes.subarray(wanted));
      const first = bytes[0] ?? 0;
      yield {
        type: first >> 4,
        flags: first & 0x0f,
        bytes: bytes.subarray(0, wanted),
        body: bytes.subarray(header.size, wanted),
      };
    }
  }

  #joined(): Buffer {
    const [only = Buffer.alloc(0), ...others] = this.#chunks;
    if (others.length === 0) return only;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks.splice(0, this.#chunks.length, joined);
    return joined;
  }

  #keep(rest: Buffer): void {
    this.#chunks.splice(0, this.#chunks.length, ...(rest.length === 0 ? [] : [rest]));
    this.#length = rest.length;
    this.#wanted = null;
  }
}

/** The fixed header; null while it is not all there. @throws MalformedPacket */
function readHeader(bytes: Buffer): { size: number; length: number } | null {
  let length = 0;
  for (let index = 0; index < MAX_LENGTH_BYTES; index++) {
    const byte = bytes[index + 1];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return { size: index + 2, length };
  }
  throw new MalformedPacket('a remaining length of more than four bytes');
}

/** The fixed header of a packet. @param length of what follows, below 2^28 */
export function fixedHeader(type: number, flags: number, length: number): Buffer {
  const bytes = [(type << 4) | flags];
  let rest = length;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** An answer to CONNECT (MQTT 3.1.1, 3.2). */
export function connack(code: number): Buffer {
  return Buffer.from([TYPE.connack << 4, 2, 0, code]);
}

export const DISCONNECT = Buffer.from([TYPE.disconnect << 4, 0]);

/** A PUBLISH taken apart; null where its fields do not fit in it. */
export function readPublish({ type, flags, body }: RawPacket): {
  qos: number;
  id: number;
  topic: string;
  payload: Buffer;
} | null {
  if (type !== TYPE.publish || body.length < 2) return null;
  const qos = (flags >> 1) & 3;
  const end = 2 + body.readUInt16BE(0);
  const start = end + (qos > 0 ? 2 : 0);
  if (start > body.length) return null;
  const id = qos > 0 ? body.readUInt16BE(end) : 0;
  return { qos, id, topic: body.toString('utf8', 2, end), payload: body.subarray(start) };
}

/** The packet identifier of everything that begins with one; 0 where there is none. */
export function packetId({ body }: RawPacket): number {
  return body.length < 2 ? 0 : body.readUInt16BE(0);
}
