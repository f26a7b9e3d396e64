import { fixedHeader, type RawPacket, TYPE } from './packets.ts';

/** Connect flags (MQTT 3.1.1, 3.1.2.3). */
const FLAG = { reserved: 0x01, will: 0x04, willQos: 0x18, willRetain: 0x20, password: 0x40, userName: 0x80 } as const;
const LEVEL_3_1_1 = 4;

/** Return codes of CONNACK (MQTT 3.1.1, 3.2.2.3). */
export const REFUSAL = { level: 1, clientId: 2, userName: 4, notAuthorized: 5 } as const;

/** What a CONNECT says of who is connecting. */
export interface ConnectPacket {
  readonly clientId: string;
  readonly userName: string;
  /** Seconds; 0 for none. */
  readonly keepAlive: number;
  /** The packet without its password, which the board cannot have. */
  readonly head: Buffer;
}

/** Why a CONNECT is not taken: with an answer of MQTT's, or with none, where it is no CONNECT at all. */
export interface Refused {
  readonly code: number | null;
  readonly reason: string;
}

/** Reads a CONNECT of MQTT 3.1.1 and nothing else: what is not spelt exactly so is refused. */
export function readConnect({ type, flags, body }: RawPacket): ConnectPacket | Refused {
  if (type !== TYPE.connect || flags !== 0) return malformed('the first packet is no CONNECT');
  const fields = new Fields(body);
  const protocol = fields.text();
  const level = fields.byte();
  if (protocol !== 'MQTT' || level === null) return malformed('a CONNECT of another protocol');
  if (level !== LEVEL_3_1_1) return { code: REFUSAL.level, reason: `protocol level ${level}, where 4 is spoken` };
  const connectFlags = fields.byte();
  const keepAlive = fields.number();
  const clientId = fields.text();
  if (connectFlags === null || keepAlive === null || clientId === null) return malformed('a CONNECT that is cut short');
  if (!isOrderly(connectFlags)) return malformed('connect flags that do not go together');
  const hasWill = (connectFlags & FLAG.will) !== 0;
  if (hasWill && (fields.bytes() === null || fields.bytes() === null)) return malformed('a will that is cut short');
  const userName = (connectFlags & FLAG.userName) === 0 ? '' : fields.text();
  if (userName === null) return malformed('a user name that is cut short');
  const end = fields.position;
  const hasPassword = (connectFlags & FLAG.password) !== 0;
  if ((hasPassword && fields.bytes() === null) || fields.position !== body.length) {
    return malformed('a CONNECT whose length is not that of its fields');
  }
  if (clientId === '') return { code: REFUSAL.clientId, reason: 'no client id' };
  return { clientId, userName, keepAlive, head: body.subarray(0, end) };
}

/**
 * The CONNECT with another password, all else as it came.
 * @param password null for none: the empty one that the module sends (T16), where it has sent one
 */
export function withPassword({ head }: ConnectPacket, password: string | null): Buffer {
  const body = Buffer.from(head);
  const flagsAt = 2 + body.readUInt16BE(0) + 1;
  const flags = body.readUInt8(flagsAt);
  if (password === null && (flags & FLAG.password) === 0) return packet(body);
  body.writeUInt8(flags | FLAG.password, flagsAt);
  const text = Buffer.from(password ?? '', 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return packet(Buffer.concat([body, length, text]));
}

function packet(body: Buffer): Buffer {
  return Buffer.concat([fixedHeader(TYPE.connect, 0, body.length), body]);
}

function isOrderly(flags: number): boolean {
  const isSet = (flag: number) => (flags & flag) !== 0;
  if (isSet(FLAG.reserved) || (isSet(FLAG.password) && !isSet(FLAG.userName))) return false;
  if (!isSet(FLAG.will)) return !isSet(FLAG.willQos) && !isSet(FLAG.willRetain);
  return (flags & FLAG.willQos) !== FLAG.willQos;
}

function malformed(reason: string): Refused {
  return { code: null, reason };
}

/** The fields of a packet, one after the other; null where one does not fit in what is left. */
class Fields {
  readonly #body: Buffer;
  position = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  byte(): number | null {
    return this.position < this.#body.length ? (this.#body[this.position++] ?? null) : null;
  }

  number(): number | null {
    const [high, low] = [this.byte(), this.byte()];
    return high === null || low === null ? null : high * 256 + low;
  }

  bytes(): Buffer | null {
    const length = this.number();
    if (length === null || this.position + length > this.#body.length) return null;
    this.position += length;
    return this.#body.subarray(this.position - length, this.position);
  }

  /** As one character a byte: what is compared with it is ASCII, and so nothing looks like anything else. */
  text(): string | null {
    return this.bytes()?.toString('latin1') ?? null;
  }
}
