import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { IConnectPacket } from 'mqtt-packet';
import type { TimedEvent } from '../../../src/simulator/cloud/events.ts';
import { identityOfPem } from '../../../src/simulator/cloud/identity.ts';
import { createLocalCloud } from '../../../src/simulator/cloud/local-cloud.ts';
import { createPki } from '../../../src/simulator/cloud/pki.ts';
import { assertEvent } from '../../helpers/json-schema.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';
import { connectByName, DeviceClient, DPS_ANSWERS, dpsUser, hubUser, type Peer, SCOPE } from './device-client.ts';

const START = Date.parse('2026-11-23T12:00:00Z');
const ID = 'board-1';
const pki = await createPki({ hosts: [], now: START });
const elsewhere = await createPki({ hosts: [], now: START });
const board = await pki.device(ID);
const peer = identityOfPem(board.certificate);
const stranger = identityOfPem((await elsewhere.device(ID)).certificate);

async function start() {
  const clock = new VirtualClock(START);
  const cloud = createLocalCloud({ clock, random: Math.random, pki, idScope: SCOPE, enrollments: [] });
  await cloud.createDevice(ID, { certificate: board.certificate });
  const events: TimedEvent[] = [];
  cloud.onEvent((event) => {
    assertEvent('cloudEvent', JSON.parse(JSON.stringify(event)));
    if (event.type === 'refusal' || event.type === 'disconnect') events.push(event);
  });
  return { clock, cloud, events };
}

const said = (events: TimedEvent[]) =>
  events.map((event) => {
    const code = event.type === 'refusal' ? event.code : undefined;
    return { type: event.type, deviceId: event.deviceId, code, reason: 'reason' in event ? event.reason : null };
  });

suite('a refused CONNECT says why', () => {
  const connects: [name: string, options: Partial<IConnectPacket>, who: Peer, code: number, reason: RegExp][] = [
    ['a user name that cannot be read', { username: 'mosquitto' }, peer, 4, /the user name "mosquitto" is not <hub>/],
    ['another client id', { clientId: 'x' }, peer, 2, /the client id is not the device id of the user name, "board-1"/],
    ['a device that is not there', { clientId: 'x', username: hubUser('x') }, peer, 5, /there is no such device/],
    ['no certificate', {}, null, 5, /no certificate was sent/],
    ['another certificate', {}, stranger, 5, /the certificate of "board-1" is not the one that the hub knows/],
    ['an expired certificate', {}, { ...peer, validTo: START - 1 }, 5, /the certificate has expired on 2026-11-23T11/],
    ['MQTT 5', { protocolVersion: 5 }, peer, 1, /MQTT 5 is not spoken here/],
    ['a bridge', { bridgeMode: true } as Partial<IConnectPacket>, peer, 1, /bridge/],
    ['DPS without a certificate', { username: dpsUser(ID) }, null, 5, /no certificate was sent/],
    ['a user name of DPS that cannot be read', { username: 'a/registrations/b' }, peer, 4, /<ID scope>\/registrations/],
  ];
  for (const [name, options, who, code, reason] of connects) {
    test(name, async () => {
      const { cloud, events } = await start();
      const client = DeviceClient.onPair(cloud, who);
      const connack = await client.connect({ clientId: ID, username: hubUser(ID), ...options });
      assert.equal(connack.returnCode, code);
      await client.closed();
      const [only, ...more] = said(events);
      assert.deepEqual([only?.type, only?.deviceId, only?.code, more], ['refusal', options.clientId ?? ID, code, []]);
      assert.match(String(only?.reason), reason);
    });
  }

  test('a device that is disabled, or belongs to another hub', async () => {
    const { cloud, events } = await start();
    const refused = async () => {
      const client = DeviceClient.onPair(cloud, peer);
      assert.equal((await client.connect({ clientId: ID, username: hubUser(ID) })).returnCode, 5);
      await client.closed();
      return said(events).at(-1)?.reason;
    };
    await cloud.faults.inject({ type: 'disable', deviceId: ID });
    assert.match(String(await refused()), /the device is disabled/);
    await cloud.faults.inject({ type: 'enable', deviceId: ID });
    await cloud.faults.inject({ type: 'move', deviceId: ID, hub: 'other.azure-devices.net' });
    assert.match(String(await refused()), /now belongs to the hub other\.azure-devices\.net/);
  });

  test('a connection that is closed before it has said who it is', async () => {
    const { cloud, events, clock } = await start();
    const rude = DeviceClient.onPair(cloud, peer);
    rude.send({ cmd: 'pingreq' });
    await rude.closed();
    const silent = DeviceClient.onPair(cloud, peer);
    await clock.advance(31_000);
    await silent.closed();
    assert.deepEqual(
      said(events).map(({ reason }) => reason),
      ['CONNECT comes first, and once', 'no CONNECT came in time'],
    );
  });
});

suite('a refused registration says why', () => {
  const now = START;
  const cases: [
    name: string,
    id: string,
    who: Peer,
    prepare: 'nothing' | 'group' | 'individual',
    code: number,
    reason: RegExp,
  ][] = [
    ['not enrolled', ID, peer, 'nothing', 404201, /^not enrolled$/],
    ['a signer that no group names', ID, stranger, 'group', 401002, /signed by "Device signer", which no group names/],
    ['another certificate', ID, stranger, 'individual', 401002, /is not the one that is enrolled/],
    ['another common name', 'board-2', peer, 'group', 401002, /the common name of the certificate is "board-1"/],
    ['expired', ID, { ...peer, validTo: now - 1 }, 'group', 401002, /has expired/],
  ];
  for (const [name, id, who, prepare, code, reason] of cases) {
    test(name, async () => {
      const { cloud, events } = await start();
      if (prepare === 'group') await cloud.enrollments.put({ kind: 'group', id: 'g', ca: pki.deviceSigner });
      if (prepare === 'individual')
        await cloud.enrollments.put({ kind: 'individual', registrationId: id, certificate: board.certificate });
      const client = DeviceClient.onPair(cloud, who);
      await client.connect({ clientId: id, username: dpsUser(id) });
      await client.subscribe(DPS_ANSWERS);
      const { topic, json } = await client.request('$dps/registrations/PUT/iotdps-register/?$rid=1', {});
      assert.match(topic, new RegExp(`res/${Math.floor(code / 1000)}/`));
      const [only] = said(events);
      assert.deepEqual([only?.type, only?.deviceId, only?.code], ['refusal', id, code]);
      assert.match(String(only?.reason), reason);
      assert.notEqual(json['message'], only?.reason, 'the device is told no more than by Azure');
    });
  }

  test('ids are compared without regard to case', async () => {
    const { cloud } = await start();
    await cloud.enrollments.put({ kind: 'individual', registrationId: 'BOARD-1', certificate: board.certificate });
    const client = DeviceClient.onPair(cloud, peer);
    const { returnCode } = await client.connect({ clientId: 'Board-1', username: dpsUser('bOARD-1') });
    assert.equal(returnCode, 0);
    await client.subscribe(DPS_ANSWERS);
    const { json } = await client.request('$dps/registrations/PUT/iotdps-register/?$rid=1', {
      registrationId: 'board-1',
    });
    assert.equal(json['status'], 'assigning');
  });
});

suite('a connection that is closed says why', () => {
  const cases: [name: string, act: (client: DeviceClient) => void, reason: RegExp][] = [
    ['QoS 2', (client) => client.publish('devices/board-1/messages/events/', {}, { qos: 2 }), /QoS 2/],
    ['a topic that does not exist', (client) => client.publish('a', ''), /the topic a does not exist/],
    [
      'a topic that only begins like that of telemetry',
      (client) => client.publish('devices/board-1/messages/eventsx=1', ''),
      /the topic devices\/board-1\/messages\/eventsx=1 does not exist/,
    ],
    [
      'the telemetry of another device',
      (client) => client.publish('devices/board-11/messages/events/', ''),
      /the topic devices\/board-11\/messages\/events\/ does not exist/,
    ],
    [
      'a filter that does not exist',
      (client) => client.send({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic: '#', qos: 0 }] }),
      /the topic filter # does not exist/,
    ],
    ['a wildcard in a topic', (client) => client.publish('devices/board-1/messages/events/a=+', ''), /a wildcard/],
    [
      'packet identifier 0',
      (client) => client.sendBytes(Buffer.from([0x82, 6, 0, 0, 0, 1, 0x61, 0])),
      /packet identifier is 0|not MQTT/,
    ],
    [
      'packet identifier 0, to unsubscribe',
      (client) => client.sendBytes(Buffer.from([0xa2, 5, 0, 0, 0, 1, 0x61])),
      /packet identifier is 0|not MQTT/,
    ],
    [
      'a message that is too large with its properties',
      (client) => client.publish(`devices/board-1/messages/events/k=${'v'.repeat(60_000)}`, 'x'.repeat(205_000)),
      /larger than 256 KB/,
    ],
    ['bytes that are not MQTT', (client) => client.sendBytes(Buffer.from([0xf0, 0x00])), /not MQTT|not for a client/],
  ];
  for (const [name, act, reason] of cases) {
    test(name, async () => {
      const { cloud, events } = await start();
      const client = await connectByName(cloud, ID);
      act(client);
      await client.closed();
      const [only] = said(events);
      assert.deepEqual([only?.type, only?.deviceId], ['disconnect', ID]);
      assert.match(String(only?.reason), reason);
    });
  }

  test('no reason where the device has left, or its network', async () => {
    const { cloud, events } = await start();
    const polite = await connectByName(cloud, ID);
    polite.send({ cmd: 'disconnect' });
    await polite.closed();
    const broken = await connectByName(cloud, ID);
    broken.break();
    await broken.closed();
    assert.deepEqual(
      events.map((event) => event.type === 'disconnect' && [event.cleanly, event.reason]),
      [
        [true, null],
        [false, null],
      ],
    );
  });

  test('a newer connection, and a time without traffic', async () => {
    const { cloud, events, clock } = await start();
    const first = await connectByName(cloud, ID);
    const second = await connectByName(cloud, ID, { keepalive: 10 });
    await first.closed();
    await clock.advance(16_000);
    await second.closed();
    assert.deepEqual(
      said(events).map(({ reason }) => reason),
      ['the device has connected again', 'nothing was received for 15 s'],
    );
  });

  test('a refused report', async () => {
    const { cloud, events } = await start();
    const client = await connectByName(cloud, ID);
    await client.request('$iothub/twin/PATCH/properties/reported/?$rid=1', { 'a.b': 1 });
    const [only] = said(events);
    assert.deepEqual([only?.type, only?.code], ['refusal', 400004]);
    assert.match(String(only?.reason), /the twin report is refused: .*'a\.b' is not allowed/);
  });
});
