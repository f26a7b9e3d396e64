import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { generate, parser } from 'mqtt-packet';
import { type ConnectPacket, readConnect, withPassword } from '../../src/gateway/connect-packet.ts';
import { fixedHeader, MalformedPacket, PacketReader, type RawPacket } from '../../src/gateway/packets.ts';
import { connectBytes, DEVICE, hubUser } from './bytes.ts';

const LONGEST = 2_048;

function read(bytes: Buffer): RawPacket {
  const [packet] = [...new PacketReader(LONGEST).push(bytes)];
  assert.ok(packet, 'no packet');
  return packet;
}

function taken(bytes: Buffer): ConnectPacket {
  const connect = readConnect(read(bytes));
  assert.ok('clientId' in connect, JSON.stringify(connect));
  return connect;
}

test('packets are cut out of the stream in whatever pieces it comes, byte for byte', () => {
  const packet = fc
    .tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 0, max: 15 }), fc.uint8Array({ maxLength: 300 }))
    .map(([type, flags, body]) => Buffer.concat([fixedHeader(type, flags, body.length), body]));
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 90 })), (packets, sizes) => {
      const reader = new PacketReader(LONGEST);
      const stream = Buffer.concat(packets);
      const got: Buffer[] = [];
      for (let at = 0, n = 0; at < stream.length; n++) {
        const size = sizes[n % sizes.length] ?? stream.length;
        for (const { bytes } of reader.push(stream.subarray(at, at + size))) got.push(bytes);
        at += size;
      }
      assert.deepEqual(got, packets);
      assert.equal(reader.isWithin, false);
    }),
  );
});

test('a length without end, and one that is too large, are refused before anything is kept', () => {
  const refused = (bytes: number[]) =>
    assert.throws(() => [...new PacketReader(LONGEST).push(Buffer.from(bytes))], MalformedPacket);
  refused([0x10, 0xff, 0xff, 0xff, 0xff]);
  refused([0x10, 0x80, 0x80, 0x80, 0x80, 0x01]);
  refused([0x10, 0xff, 0xff, 0xff, 0x7f]);
  refused([0x30, ...fixedHeader(3, 0, LONGEST).subarray(1)]);
});

test("the module's CONNECT is read, and passes as it is without a password", () => {
  const bytes = connectBytes();
  const connect = taken(bytes);
  assert.deepEqual([connect.clientId, connect.userName, connect.keepAlive], [DEVICE, hubUser(), 60]);
  assert.deepEqual(withPassword(connect, null), bytes);
});

test('only the password of a CONNECT changes', () => {
  for (const flags of [0xc2, 0x82, 0xc0]) {
    const connect = taken(connectBytes({ flags, password: Buffer.from('not this') }));
    const changed = withPassword(connect, 'SharedAccessSignature sr=…');
    const packets: unknown[] = [];
    parser()
      .on('packet', (packet) => packets.push(packet))
      .parse(changed);
    const [packet] = packets;
    assert.ok(packet && typeof packet === 'object' && 'password' in packet && Buffer.isBuffer(packet.password));
    assert.equal(packet.password.toString(), 'SharedAccessSignature sr=…');
    assert.deepEqual(taken(changed).head.subarray(8), connect.head.subarray(8));
    assert.equal(taken(changed).userName, hubUser());
  }
  // What a board has put there itself does not reach a cloud that wants a certificate.
  const emptied = withPassword(taken(connectBytes({ password: Buffer.from('secret') })), null);
  assert.deepEqual(emptied, connectBytes());
});

test('a will passes', () => {
  const bytes = generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 30,
    clientId: DEVICE,
    username: hubUser(),
    will: { topic: `devices/${DEVICE}/messages/events/`, payload: Buffer.from('gone'), qos: 1, retain: false },
  });
  assert.deepEqual(withPassword(taken(bytes), null), bytes);
});

test('a CONNECT that is not in order is refused, by MQTT where it can be', () => {
  const refusal = (bytes: Buffer) => {
    const connect = readConnect(read(bytes));
    assert.ok('reason' in connect, 'it was taken');
    return connect.code;
  };
  assert.equal(refusal(connectBytes({ level: 5 })), 1);
  assert.equal(refusal(connectBytes({ level: 3 })), 1);
  assert.equal(refusal(connectBytes({ level: 0x84 })), 1);
  assert.equal(refusal(connectBytes({ clientId: Buffer.alloc(0) })), 2);
  for (const bytes of [
    connectBytes({ protocol: Buffer.from('MQIsdp') }),
    connectBytes({ protocol: Buffer.alloc(0) }),
    connectBytes({ flags: 0xc3 }),
    connectBytes({ flags: 0x42 }),
    connectBytes({ flags: 0xca }),
    connectBytes({ flags: 0xe2 }),
    connectBytes({ flags: 0xc6 }),
    connectBytes({ tail: Buffer.from([0]) }),
    connectBytes().subarray(0, 2).fill(0, 1),
    Buffer.from('11', 'hex'),
    Buffer.from([0x1f, 0]),
    Buffer.from([0xc0, 0]),
  ]) {
    if (bytes.length > 1) assert.equal(refusal(bytes), null, bytes.toString('hex'));
  }
});

test('no bytes make reading a CONNECT throw, and what is taken is written back as it was', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (body) => {
      const bytes = Buffer.concat([fixedHeader(1, 0, body.length), body]);
      const connect = readConnect(read(bytes));
      if ('clientId' in connect) assert.equal(taken(withPassword(connect, null)).clientId, connect.clientId);
    }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: connectBytes().length - 3 }),
      fc.integer({ min: 0, max: 255 }),
      (at, value) => {
        const bytes = connectBytes();
        bytes.writeUInt8(value, at + 2);
        readConnect(read(bytes));
      },
    ),
  );
});
