import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { VirtualClock } from '../helpers/virtual-clock.ts';
import {
  boardClient,
  boardOf,
  cloud,
  connectBytes,
  DEVICE,
  dialGateway,
  hubUser,
  OTHER,
  startRig,
  untilClosed,
} from './rig.ts';

after(() => cloud.close());

/** What a gateway answers to bytes that are not in order; closing is all that it does otherwise. */
const answered = (code: number) => Buffer.from([0x20, 2, 0, code]);
const NOTHING = Buffer.alloc(0);

test('whoever is not the board is turned away, and never reaches the cloud', async (t) => {
  const { gateway } = await startRig(t, {
    resolve: () => assert.fail('the cloud was looked for'),
  });
  const user = (text: string) => connectBytes({ userName: Buffer.from(text) });
  const rest = `/${DEVICE}/?api-version=2021-04-12`;
  const cases: [string, Buffer, Buffer][] = [
    ['another id', connectBytes({ clientId: Buffer.from(OTHER), userName: Buffer.from(hubUser(OTHER)) }), answered(2)],
    ['another id in another case', connectBytes({ clientId: Buffer.from(DEVICE.toLowerCase()) }), answered(2)],
    ['no client id', connectBytes({ clientId: NOTHING }), answered(2)],
    ["another's user name", user(hubUser(OTHER)), answered(4)],
    ['no user name', connectBytes({ flags: 0x02 }), answered(4)],
    ['a foreign host', user(`example.com${rest}`), answered(5)],
    ['a host that ends alike', user(`evilazure-devices.net${rest}`), answered(5)],
    ['a host that begins alike', user(`hub.azure-devices.net.example.com${rest}`), answered(5)],
    ['a dot at the end', user(`hub.azure-devices.net.${rest}`), answered(4)],
    ['a port', user(`hub.azure-devices.net:22${rest}`), answered(4)],
    ['a user', user(`root@hub.azure-devices.net${rest}`), answered(4)],
    ['an address', user(`127.0.0.1${rest}`), answered(5)],
    ['an IPv6 address', user(`::ffff:127.0.0.1${rest}`), answered(4)],
    ['unicode', user(`h\u00fcb.azure-devices.net${rest}`), answered(4)],
    ['a NUL', user(`hub\u0000.azure-devices.net${rest}`), answered(4)],
    ['MQTT 5', connectBytes({ level: 5 }), answered(1)],
    ['MQTT 3.1', connectBytes({ protocol: Buffer.from('MQIsdp'), level: 3 }), NOTHING],
    ['a reserved flag', connectBytes({ flags: 0xc3 }), NOTHING],
    ['no CONNECT', Buffer.from('c000', 'hex'), NOTHING],
    ['HTTP', Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'x'.repeat(80)}\r\n\r\n`), NOTHING],
    ['TLS', Buffer.from('16030100a5010000a1', 'hex'), NOTHING],
    ['a length that never ends', Buffer.from('10ffffffffff', 'hex'), NOTHING],
    ['the largest packet that there is', Buffer.from('10ffffff7f', 'hex'), NOTHING],
    ['a large packet', Buffer.concat([Buffer.from('10ff7f', 'hex'), Buffer.alloc(16_383)]), NOTHING],
  ];
  for (const [what, bytes, answer] of cases) {
    const socket = dialGateway(t, gateway);
    socket.write(bytes);
    assert.deepEqual(await untilClosed(socket), answer, what);
  }
});

test('the host of DPS and hubs is what the user name says, in any case of letters', async (t) => {
  const { gateway } = await startRig(t);
  const client = boardClient(t, gateway);
  const username = hubUser(DEVICE, 'LOCAL-HUB.Azure-Devices.net');
  assert.equal((await client.connect({ clientId: DEVICE, username })).returnCode, 0);
});

test('who says nothing, or says it byte by byte, is sent away in time', async (t) => {
  const clock = new VirtualClock();
  const { gateway, event } = await startRig(t, { clock });
  const [silent, slow] = [dialGateway(t, gateway), dialGateway(t, gateway)];
  const ends = [untilClosed(silent), untilClosed(slow)];
  const bytes = connectBytes();
  for (let second = 0; second < 6; second++) {
    slow.write(bytes.subarray(second, second + 1));
    await clock.advance(1_000);
  }
  assert.deepEqual(await Promise.all(ends), [NOTHING, NOTHING]);
  assert.match((await event('turned-away')).message, /no CONNECT within 5 s/);
});

test('many connections at once cost no more than a few, and the board still gets in', async (t) => {
  const { gateway } = await startRig(t, { boards: [boardOf(DEVICE, '127.0.0.1')] });
  const strangers = Array.from({ length: 40 }, () => dialGateway(t, gateway, '127.0.0.2'));
  await Promise.all(strangers.slice(4).map((socket) => untilClosed(socket)));
  assert.equal(strangers.filter((socket) => !socket.destroyed).length, 4);
  const client = boardClient(t, gateway, '127.0.0.1');
  assert.equal((await client.connect({ clientId: DEVICE, username: hubUser() })).returnCode, 0);
});

test('half of a connection is none', async (t) => {
  const { gateway, event } = await startRig(t);
  const socket = dialGateway(t, gateway);
  const end = untilClosed(socket);
  socket.end(connectBytes());
  await end;
  await event('board-connected');
});

test('a cloud that is not the one that was asked for gets nothing', async (t) => {
  // Its certificate is in order, and that of another name.
  const wrongName = await startRig(t, { allowedHosts: ['other.example'] });
  const client = boardClient(t, wrongName.gateway);
  client.send({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: DEVICE,
    username: hubUser(DEVICE, 'other.example'),
  });
  assert.match((await wrongName.event('cloud-unreached')).message, /certificate of other\.example is not accepted/);
  assert.equal(wrongName.gateway.boards.failure(DEVICE)?.code, 'E_GATEWAY_TLS');

  // Nobody knows its authority.
  const unknown = await startRig(t, { ca: [] });
  const second = boardClient(t, unknown.gateway);
  second.send({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: DEVICE,
    username: hubUser(),
  });
  assert.match((await unknown.event('cloud-unreached')).message, /is not accepted/);
});

test('what does not speak TLS, or nothing at all, is told', async (t) => {
  const server = createServer((socket) => socket.end('no TLS here'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const { gateway, event } = await startRig(t, { resolve: () => ({ host: '127.0.0.1', port }) });
  dialGateway(t, gateway).write(connectBytes());
  const { message, host } = await event('cloud-unreached');
  assert.match(message, /^local-hub\.azure-devices\.net cannot be reached: .*Trying again in 1 s\.$/);
  assert.equal(host, 'local-hub.azure-devices.net');
});

test("a hub that is not Azure's is not connected to, and whoever asks is told which", async (t) => {
  const { gateway } = await startRig(t);
  const client = boardClient(t, gateway);
  const username = hubUser(DEVICE, 'hub.example');
  assert.equal((await client.connect({ clientId: DEVICE, username })).returnCode, 5);
  const failure = gateway.boards.failure(DEVICE);
  assert.deepEqual([failure?.code, failure?.facts['host']], ['E_GATEWAY_HOST', 'hub.example']);
});
