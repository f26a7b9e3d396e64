import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../helpers/virtual-clock.ts';
import { DEVICE, HUB, hubUser } from './bytes.ts';
import { BOARD_ADDRESS, memoryRig } from './memory-rig.ts';

const refusedBySystem = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const unknownName = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
/** As long as the module waits for CONNACK (AT protocol 8.1). */
const PATIENCE = 5_000;

test('a CONNECT is held while the cloud is down, and the pauses between attempts grow', async () => {
  const rig = memoryRig();
  rig.failures.push(refusedBySystem, refusedBySystem, refusedBySystem, unknownName);
  let board = rig.connect();
  // The module gives up after five seconds, and comes again at once.
  for (let waited = 0; rig.clouds.length === 0 && waited < 10; waited++) {
    await rig.clock.advance(PATIENCE);
    if (rig.clouds.length > 0) break;
    await board.silent();
    board.break();
    board = rig.connect();
  }
  assert.deepEqual(rig.attempts, [0, 1_000, 3_000, 7_000, 15_000]);
  assert.match(rig.events.find(({ happening }) => happening === 'cloud-unreached')?.message ?? '', /cannot be reached/);
  assert.equal(rig.failure()?.code, 'E_GATEWAY_UPSTREAM');
  assert.match(rig.failure()?.message ?? '', /does not resolve/);
  const cloud = rig.clouds[0]?.client;
  assert.equal((await cloud?.next('connect'))?.clientId, DEVICE);
  cloud?.send({ cmd: 'connack', returnCode: 0, sessionPresent: false });
  assert.equal((await rig.clock.until(board.next('connack'))).returnCode, 0);
  assert.equal(rig.failure(), null);
});

test('an attempt outlives the patience of the module, and its CONNACK is handed to the next connection', async () => {
  const rig = memoryRig();
  const first = rig.connect();
  await rig.clock.advance(PATIENCE);
  first.break();
  await rig.clock.advance(100);
  const cloud = rig.clouds[0]?.client;
  await cloud?.next('connect');
  cloud?.send({ cmd: 'connack', returnCode: 0, sessionPresent: false });
  await settle();
  const second = rig.connect();
  assert.equal((await rig.clock.until(second.next('connack'))).returnCode, 0);
  assert.equal(rig.clouds.length, 1);
});

test('an attempt that nobody comes back to is given up, in order', async () => {
  const rig = memoryRig();
  const board = rig.connect();
  await rig.clock.advance(10);
  const cloud = rig.clouds[0]?.client;
  await cloud?.next('connect');
  board.break();
  await settle();
  cloud?.send({ cmd: 'connack', returnCode: 0, sessionPresent: false });
  await rig.clock.advance(16_000);
  await cloud?.next('disconnect');
  await cloud?.closed();
});

test('another user name is another attempt', async () => {
  const rig = memoryRig();
  rig.connect().break();
  await rig.clock.advance(10);
  rig.connect(BOARD_ADDRESS, hubUser(DEVICE, 'other.azure-devices.net'));
  await rig.clock.advance(10);
  assert.deepEqual(
    rig.clouds.map(({ host }) => host),
    [HUB, 'other.azure-devices.net'],
  );
  await rig.clouds[0]?.client.next('connect');
  await rig.clouds[0]?.client.closed();
});

test('what the cloud refuses with reaches the board and whoever asks, and the next attempt waits', async () => {
  const rig = memoryRig();
  const board = rig.connect();
  await rig.clock.advance(0);
  const cloud = rig.clouds[0]?.client;
  await cloud?.next('connect');
  cloud?.send({ cmd: 'connack', returnCode: 5, sessionPresent: false });
  await settle();
  assert.equal((await board.next('connack')).returnCode, 5);
  await board.closed();
  const told = rig.events.find(({ happening }) => happening === 'cloud-refused');
  assert.equal(told?.code, 5);
  assert.match(told?.message ?? '', /CONNACK code 5: not authorized/);
  assert.equal(rig.failure()?.code, 'E_GATEWAY_REFUSED');
  rig.connect();
  await rig.clock.advance(900);
  assert.equal(rig.clouds.length, 1);
  await rig.clock.advance(200);
  assert.equal(rig.clouds.length, 2);
});

test('packets to the board keep their distance, each in a write of its own; what need not wait does not', async () => {
  const rig = memoryRig();
  const { board, cloud } = await rig.joined();
  await rig.clock.advance(1_000);
  const times: number[] = [];
  const start = rig.clock.monotonic();
  const reading = (async () => {
    for (let n = 0; n < 5; n++) {
      await board.next('publish');
      times.push(rig.clock.monotonic() - start);
    }
  })();
  for (let n = 0; n < 5; n++) cloud.publish('$iothub/twin/res/200/?$rid=1', `${n}`);
  await rig.clock.until(reading);
  assert.deepEqual(times, [0, 60, 120, 180, 240]);
});

test('a cloud that sends more than the board takes is held up, and nothing is lost', async () => {
  const rig = memoryRig();
  const { board, cloud } = await rig.joined();
  const COUNT = 300;
  for (let n = 0; n < COUNT; n++) cloud.publish('$iothub/twin/res/200/?$rid=1', `${n}`.padEnd(1_000));
  const got: number[] = [];
  const reading = (async () => {
    for (let n = 0; n < COUNT; n++) got.push(Number((await board.next('publish')).payload.toString()));
  })();
  await rig.clock.until(reading);
  assert.deepEqual(
    got,
    Array.from({ length: COUNT }, (_, n) => n),
  );
});

test('a packet that the module cannot take is left out and told, the next one is not', async () => {
  const rig = memoryRig();
  const { board, cloud } = await rig.joined();
  const topic = '$iothub/twin/res/200/?$rid=1';
  // The body of a PUBLISH is the topic with its length, and the payload.
  const room = 1460 - 2 - topic.length;
  cloud.publish(topic, 'x'.repeat(room + 1));
  cloud.publish(topic, 'y'.repeat(room));
  const { payload } = await rig.clock.until(board.next('publish'));
  assert.equal(payload.length, room);
  assert.equal(payload.toString().startsWith('y'), true);
  const told = rig.events.find(({ happening }) => happening === 'too-large');
  assert.deepEqual([told?.topic, told?.bytes], [topic, 1461]);
});

test('what the cloud has said last reaches the board before the end does', async () => {
  const rig = memoryRig();
  const { board, cloud } = await rig.joined();
  for (let n = 0; n < 3; n++) cloud.send({ cmd: 'puback', messageId: n + 1 });
  cloud.break();
  for (let n = 0; n < 3; n++) assert.equal((await rig.clock.until(board.next('puback'))).messageId, n + 1);
  await rig.clock.until(board.closed());
  assert.equal(rig.events.at(-1)?.happening, 'cloud-gone');
});

test('a DISCONNECT of the board goes through, and so does its end without one', async () => {
  const rig = memoryRig();
  const first = await rig.joined();
  first.board.send({ cmd: 'disconnect' });
  await settle();
  await first.cloud.next('disconnect');
  await first.cloud.closed();
  const second = await rig.joined();
  second.board.break();
  await settle();
  await second.cloud.closed();
  // An end that the board has made says nothing about the cloud: no pause.
  const third = await rig.joined();
  await third.board.silent();
});

test('a board that has restarted takes its place back at once', async () => {
  const rig = memoryRig();
  const first = await rig.joined();
  const second = await rig.joined();
  await first.board.closed();
  await first.cloud.closed();
  await second.board.silent();
});

test('somebody else can have the place of a board only when that is gone', async () => {
  const rig = memoryRig();
  rig.boards.expect(DEVICE, null);
  const { board } = await rig.joined();
  const other = rig.connect('192.168.1.66');
  await settle();
  assert.equal((await other.next('connack')).returnCode, 5);
  await other.closed();
  await board.silent();
  // Silent for longer than its keep-alive: it has gone without saying so.
  await rig.clock.advance(95_000);
  await board.closed();
  const late = rig.connect('192.168.1.66');
  await rig.clock.advance(10);
  await late.silent();
});

test('a cloud that does not answer PINGREQ is left', async () => {
  const rig = memoryRig();
  const { board, cloud } = await rig.joined();
  board.send({ cmd: 'pingreq' });
  await settle();
  await cloud.next('pingreq');
  await rig.clock.advance(22_000);
  await cloud.closed();
  await board.closed();
  assert.match(rig.events.at(-1)?.message ?? '', /no answer to PINGREQ/);
});

test('what is not for a client to send ends the connection; so does a second CONNECT', async () => {
  for (const bytes of [Buffer.from('20020000', 'hex'), Buffer.from('f000', 'hex'), Buffer.from('0000', 'hex')]) {
    const rig = memoryRig();
    const { board, cloud } = await rig.joined();
    board.sendBytes(bytes);
    await settle();
    await board.closed();
    await cloud.closed();
  }
  const rig = memoryRig();
  const { board, cloud } = await rig.joined();
  board.send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: DEVICE });
  await settle();
  await board.closed();
  await cloud.closed();
  // While it is held as well: what comes before CONNACK is kept, and judged then.
  const held = memoryRig();
  const early = held.connect();
  early.send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: DEVICE });
  await held.clock.advance(0);
  const end = held.clouds[0]?.client;
  await end?.next('connect');
  end?.send({ cmd: 'connack', returnCode: 0, sessionPresent: false });
  await settle();
  await end?.closed();
});

test('what DPS has called the device may connect to the hub as well', async () => {
  const rig = memoryRig();
  const dpsUser = `0ne1/registrations/${DEVICE}/api-version=2019-03-31`;
  const stranger = rig.connect(BOARD_ADDRESS, hubUser('another-name'));
  await settle();
  assert.equal((await stranger.next('connack')).returnCode, 2);
  const board = rig.connect(BOARD_ADDRESS, dpsUser);
  await rig.clock.advance(0);
  const dps = rig.clouds[0]?.client;
  await dps?.next('connect');
  dps?.send({ cmd: 'connack', returnCode: 0, sessionPresent: false });
  await rig.clock.until(board.next('connack'));
  dps?.publish('$dps/registrations/res/200/?$rid=1', {
    status: 'assigned',
    registrationState: { status: 'assigned', assignedHub: HUB, deviceId: 'another-name' },
  });
  await rig.clock.until(board.next('publish'));
  rig.connect(BOARD_ADDRESS, hubUser('another-name'));
  await rig.clock.advance(10);
  assert.equal((await rig.clouds[1]?.client.next('connect'))?.clientId, 'another-name');
});

test('a board that connects and leaves again and again does not storm the cloud', async () => {
  const rig = memoryRig();
  const minute = 60_000;
  for (let end = rig.clock.monotonic() + minute; rig.clock.monotonic() < end; ) {
    const board = rig.connect();
    await rig.clock.advance(50);
    board.break();
    // Another name of a hub each time, so that no attempt is kept for it.
    rig.connect(BOARD_ADDRESS, hubUser(DEVICE, `hub-${rig.clock.monotonic() % 7}.azure-devices.net`)).break();
    await rig.clock.advance(50);
  }
  assert.ok(rig.attempts.length < 20, `${rig.attempts.length} attempts`);
});

test('a board that waits longer than any would is taken for gone', async () => {
  const rig = memoryRig();
  rig.failures.push(...Array.from({ length: 20 }, () => refusedBySystem));
  const board = rig.connect();
  await rig.clock.advance(59_000);
  await board.silent();
  await rig.clock.advance(2_000);
  await board.closed();
  await rig.clock.advance(20_000);
  const made = rig.attempts.length;
  await rig.clock.advance(300_000);
  assert.equal(rig.attempts.length, made);
});
