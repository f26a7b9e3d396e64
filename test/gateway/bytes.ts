export const DEVICE = 'sn0123A1B2C3D4E5F601';
export const HUB = 'local-hub.azure-devices.net';
export const hubUser = (id = DEVICE, host = HUB) => `${host}/${id}/?api-version=2021-04-12`;

/** A CONNECT, written by hand so that anything in it can be wrong. */
export function connectBytes({
  protocol = Buffer.from('MQTT'),
  level = 4,
  flags = 0xc2,
  clientId = Buffer.from(DEVICE),
  userName = Buffer.from(hubUser()),
  password = Buffer.alloc(0),
  tail = Buffer.alloc(0),
}: {
  protocol?: Buffer;
  level?: number;
  flags?: number;
  clientId?: Buffer;
  userName?: Buffer;
  password?: Buffer;
  tail?: Buffer;
} = {}): Buffer {
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
  const body = Buffer.concat([
    field(protocol),
    Buffer.from([level, flags, 0, 60]),
    field(clientId),
    ...(flags & 0x80 ? [field(userName)] : []),
    ...(flags & 0x40 ? [field(password)] : []),
    tail,
  ]);
  const length = [];
  for (let rest = body.length; ; ) {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    length.push(rest > 0 ? digit | 0x80 : digit);
    if (rest === 0) break;
  }
  return Buffer.concat([Buffer.from([0x10, ...length]), body]);
}
