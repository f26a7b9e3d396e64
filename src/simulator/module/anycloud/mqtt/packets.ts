/**
 * MQTT 3.1.1 packets as the firmware writes them. It sends what a library would refuse, such as QoS 3, a filter that is
 * not UTF-8 or an empty password (AT protocol 8.1, T16, T21), and so they are put together here, byte by byte.
 */
export const PACKET = {
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

const PROTOCOL = Buffer.from('\x00\x04MQTT\x04', 'latin1');
const CLEAN_SESSION = 0x02;
const USER_AND_PASSWORD = 0xc0;

function packet(type: number, flags: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  let left = body.length;
  do {
    length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>= 7;
  } while (left > 0);
  return Buffer.concat([Uint8Array.of((type << 4) | flags, ...length), body]);
}

const uint16 = (value: number) => Uint8Array.of((value >> 8) & 0xff, value & 0xff);

const text = (bytes: Uint8Array) => Buffer.concat([uint16(bytes.length), bytes]);

/** @param keepalive seconds. */
export function connectPacket(clientId: Buffer, userName: Buffer, keepalive: number): Buffer {
  const withUser = userName.length > 0;
  const flags = CLEAN_SESSION | (withUser ? USER_AND_PASSWORD : 0);
  const credentials = withUser ? [text(userName), uint16(0)] : [];
  return packet(PACKET.connect, 0, PROTOCOL, Uint8Array.of(flags), uint16(keepalive), text(clientId), ...credentials);
}

/** @param qos not checked: the lowest two bits go out, and a packet id with everything but 0. */
export function publishPacket(qos: number, retain: boolean, id: number, topic: Buffer, payload: Buffer): Buffer {
  const flags = ((qos & 3) << 1) | (retain ? 1 : 0);
  return packet(PACKET.publish, flags, text(topic), qos > 0 ? uint16(id) : new Uint8Array(), payload);
}

/** @param qos not checked: its lowest byte goes out. */
export function subscribePacket(id: number, filter: Buffer, qos: number): Buffer {
  return packet(PACKET.subscribe, 2, uint16(id), text(filter), Uint8Array.of(qos & 0xff));
}

export function unsubscribePacket(id: number, filter: Buffer): Buffer {
  return packet(PACKET.unsubscribe, 2, uint16(id), text(filter));
}

export function acknowledgement(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', id: number): Buffer {
  return packet(PACKET[type], type === 'pubrel' ? 2 : 0, uint16(id));
}

export const pingPacket = () => packet(PACKET.pingreq, 0);

export const disconnectPacket = () => packet(PACKET.disconnect, 0);
