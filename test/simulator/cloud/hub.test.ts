import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { IConnectPacket } from 'mqtt-packet';
import { AzureError } from '../../../src/simulator/cloud/azure-error.ts';
import type { TimedEvent } from '../../../src/simulator/cloud/events.ts';
import type { Fault } from '../../../src/simulator/cloud/faults.ts';
import { identityOfPem } from '../../../src/simulator/cloud/identity.ts';
import { createLocalCloud } from '../../../src/simulator/cloud/local-cloud.ts';
import { createPki } from '../../../src/simulator/cloud/pki.ts';
import { assertEvent } from '../../helpers/json-schema.ts';
import { settle, VirtualClock } from '../../helpers/virtual-clock.ts';
import {
  connectByName,
  connectToHub,
  DESIRED,
  DeviceClient,
  HUB,
  hubUser,
  METHODS,
  MODEL,
  provision,
  SCOPE,
  TWIN,
} from './device-client.ts';

const START = Date.parse('2026-11-23T12:00:00Z');
const ID = 'board-1';
const GET = '$iothub/twin/GET/?$rid=';
const REPORT = '$iothub/twin/PATCH/properties/reported/?$rid=';
const EVENTS = `devices/${ID}/messages/events/`;
const MESSAGES = `devices/${ID}/messages/devicebound/#`;
const pki = await createPki({ hosts: [], now: START });
const board = await pki.device(ID);
const peer = identityOfPem(board.certificate);
const stranger = identityOfPem((await pki.device(ID)).certificate);

/** A cloud that has one device already. */
async function start(desired = {}) {
  const clock = new VirtualClock(START);
  const cloud = createLocalCloud({ clock, random: Math.random, pki, idScope: SCOPE, enrollments: [] });
  await cloud.createDevice(ID, { certificate: board.certificate, modelId: MODEL });
  if (Object.keys(desired).length > 0) await cloud.patchDesired(ID, desired);
  const events: TimedEvent[] = [];
  cloud.onEvent((event) => {
    assertEvent('cloudEvent', JSON.parse(JSON.stringify(event)));
    if (event.type !== 'mqtt') events.push(event);
  });
  return { clock, cloud, events };
}

type AzureCode = { code: number };
const withCode = (code: number) => (error: unknown) =>
  error instanceof AzureError && (error as AzureCode).code === code;

test('nothing is sent before CONNACK, whatever waits for the device', async () => {
  const { cloud } = await start();
  const before = await connectByName(cloud, ID, { clean: false });
  await before.subscribe(MESSAGES, 1);
  before.break();
  await before.closed();
  const call = cloud.invokeMethod(ID, 'reboot', null, { connect: 10 });
  await cloud.sendC2d(ID, Buffer.from('x'));
  const again = DeviceClient.onPair(cloud, 'plain');
  await again.connect({ clientId: ID, username: hubUser(ID), clean: false });
  const topics = [(await again.message()).topic, (await again.message()).topic].map((topic) => topic.slice(0, 8));
  assert.deepEqual(topics.sort(), ['$iothub/', 'devices/']);
  again.publish('$iothub/methods/res/200/?$rid=1', {});
  assert.equal((await call).status, 200);
});

test('an answer to a command that is larger than 128 KB is no answer', async () => {
  const { cloud, clock, events } = await start();
  const client = await connectByName(cloud, ID);
  const call = cloud.invokeMethod(ID, 'big', null, { response: 5 });
  const { topic } = await client.message();
  client.publish(topic.replace(/POST\/[^/]+/, 'res/200'), JSON.stringify('x'.repeat(128 * 1024)));
  await settle(10);
  assert.equal(events.at(-1)?.type, 'refusal');
  const refused = assert.rejects(call, withCode(504101));
  await clock.advance(6000);
  await refused;
});

test('a clean session gets the messages that are sent after it has subscribed', async () => {
  const { cloud } = await start();
  const client = await connectByName(cloud, ID);
  await cloud.sendC2d(ID, Buffer.from('before'));
  await client.subscribe(MESSAGES, 1);
  await client.silent();
  await cloud.sendC2d(ID, Buffer.from('after'));
  assert.equal((await client.message()).text, 'after');
});

test('a message that is sent again has the DUP flag', async () => {
  const { cloud } = await start();
  const options = { clientId: ID, username: hubUser(ID), clean: false };
  const first = DeviceClient.onPair(cloud, 'plain');
  await first.connect(options);
  await first.subscribe(MESSAGES, 1);
  await cloud.sendC2d(ID, Buffer.from('x'));
  assert.equal((await first.next('publish')).dup, false);
  first.break();
  await first.closed();
  const second = DeviceClient.onPair(cloud, 'plain');
  await second.connect(options);
  assert.equal((await second.next('publish')).dup, true);
});

test('a client that names no version of the API has messages, and neither twin nor methods', async () => {
  const { cloud, events } = await start();
  const connect = async () => {
    const client = DeviceClient.onPair(cloud, peer);
    await client.connect({ clientId: ID, username: `${HUB}/${ID}` });
    return client;
  };
  const first = await connect();
  assert.equal(await first.subscribe(MESSAGES, 1), 1);
  first.publish(EVENTS, { a: 1 }, { qos: 1 });
  await first.next('puback');
  first.publish(`${GET}1`);
  await first.closed();
  const second = await connect();
  second.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: METHODS, qos: 0 }] });
  await second.closed();
  assert.equal(events.filter(({ type }) => type === 'telemetry').length, 1);
});

suite('who may connect', () => {
  const cases: [string, Partial<IConnectPacket>, Parameters<typeof DeviceClient.onPair>[1], number][] = [
    ['the device with its certificate', {}, peer, 0],
    ['a name of the hub that is only an alias', { username: hubUser(ID, 'localhost:28883') }, peer, 0],
    [
      'a user name with a model and an SDK',
      { username: `${hubUser(ID)}&model-id=dtmi%3Aa%3B1&DeviceClientType=x%2F1` },
      peer,
      0,
    ],
    ['a name alone, without TLS', {}, 'plain', 0],
    ['MQTT 5', { protocolVersion: 5 }, peer, 1],
    ['MQTT 3.1', { protocolVersion: 3, protocolId: 'MQIsdp' }, peer, 1],
    ['another client id', { clientId: 'x' }, peer, 2],
    ['no version of the API', { username: `${HUB}/${ID}/?x=1` }, peer, 0],
    ['a version that is not a date', { username: `${HUB}/${ID}/?api-version=latest` }, peer, 0],
    ['the older form, without a question mark', { username: `${HUB}/${ID}/api-version=2016-11-14` }, peer, 0],
    ['neither version nor slash', { username: `${HUB}/${ID}` }, peer, 0],
    ['a slash alone', { username: `${HUB}/${ID}/` }, peer, 0],
    ['a module', { username: `${HUB}/${ID}/module/?api-version=2021-04-12` }, peer, 4],
    ['no device', { username: HUB }, peer, 4],
    ['another certificate of the same name', {}, stranger, 5],
    ['no certificate', {}, null, 5],
    ['a device that is not there', { clientId: 'x', username: hubUser('x') }, peer, 5],
  ];
  for (const [name, connect, who, code] of cases) {
    test(`${name}: ${code}`, async () => {
      const { cloud } = await start();
      const client = DeviceClient.onPair(cloud, who);
      const { returnCode } = await client.connect({ clientId: ID, username: hubUser(ID), ...connect });
      assert.equal(returnCode, code);
      if (code !== 0) await client.closed();
      assert.equal(cloud.device(ID).connected, code === 0);
    });
  }

  test('the model comes from the user name, where its version of the API knows of models', async () => {
    const { cloud } = await start();
    const connect = (version: string, model: string) =>
      DeviceClient.onPair(cloud, peer).connect({
        clientId: ID,
        username: `${HUB}/${ID}/?api-version=${version}&model-id=${model}`,
      });
    await connect('2018-06-30', 'dtmi:old;1');
    assert.equal(cloud.device(ID).template, MODEL);
    await connect('2021-04-12', 'dtmi:com:Microchip:WBZ451_Curiosity;2');
    assert.equal(cloud.device(ID).template, 'dtmi:com:Microchip:WBZ451_Curiosity;2');
  });

  test('the second connection of a device closes the first', async () => {
    const { cloud, events } = await start();
    const first = await connectToHub(cloud, ID, peer);
    const second = await connectToHub(cloud, ID, peer);
    await first.closed();
    await second.silent();
    assert.deepEqual(
      events.map(({ type }) => type),
      ['connect', 'disconnect', 'connect'],
    );
    assert.equal(cloud.device(ID).connected, true);
  });

  test('a disabled device is cut off and refused until it is enabled; a deleted one is gone', async () => {
    const { cloud } = await start();
    const code = async () => {
      const { returnCode } = await DeviceClient.onPair(cloud, peer).connect({ clientId: ID, username: hubUser(ID) });
      return returnCode;
    };
    const client = await connectToHub(cloud, ID, peer);
    await cloud.faults.inject({ type: 'disable', deviceId: ID });
    await client.closed();
    assert.equal(await code(), 5);
    await cloud.faults.inject({ type: 'enable', deviceId: ID });
    assert.equal(await code(), 0);
    await cloud.faults.inject({ type: 'delete', deviceId: ID });
    assert.equal(await code(), 5);
    assert.throws(() => cloud.twin(ID), withCode(404001));
  });
});

suite('the rules of the connection', () => {
  test('silence for one and a half keep-alives closes it, a ping keeps it', async () => {
    const { cloud, clock } = await start();
    const client = await connectByName(cloud, ID, { keepalive: 60 });
    await clock.advance(89_000);
    client.send({ cmd: 'pingreq' });
    await client.next('pingresp');
    await clock.advance(89_000);
    await client.silent();
    await clock.advance(1000);
    await client.closed();
  });

  test('without a keep-alive the hub’s own limit holds', async () => {
    const { cloud, clock } = await start();
    const client = await connectByName(cloud, ID, { keepalive: 0 });
    await clock.advance(1_766_000);
    await client.silent();
    await clock.advance(1000);
    await client.closed();
  });

  test('who never says CONNECT is closed', async () => {
    const { cloud, clock } = await start();
    const client = DeviceClient.onPair(cloud, peer);
    await clock.advance(30_000);
    await client.closed();
  });

  test('SUBSCRIBE with quality of service 2 is granted 1', async () => {
    const { cloud } = await start();
    const client = await connectByName(cloud, ID);
    assert.equal(await client.subscribe(MESSAGES, 2), 1);
    assert.equal(await client.subscribe(MESSAGES, 0), 0);
  });

  test('after UNSUBSCRIBE nothing comes', async () => {
    const { cloud } = await start();
    const client = await connectByName(cloud, ID);
    client.send({ cmd: 'unsubscribe', messageId: 77, unsubscriptions: [DESIRED] });
    assert.equal((await client.next('unsuback')).messageId, 77);
    await cloud.patchDesired(ID, { led_user: 1 });
    await client.silent();
  });

  const filter = (topic: string) => (client: DeviceClient) =>
    client.send({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic, qos: 0 }] });
  const cases: [string, (client: DeviceClient) => void][] = [
    ['a second CONNECT', (client) => client.send({ cmd: 'connect', clientId: ID, username: hubUser(ID) })],
    ['quality of service 2', (client) => client.publish(EVENTS, {}, { qos: 2, messageId: 9 })],
    ['the topic of another device', (client) => client.publish('devices/other/messages/events/', {})],
    ['a topic that the hub does not have', (client) => client.publish('temperature', {})],
    ['an unknown twin operation', (client) => client.publish('$iothub/twin/PUT/properties/reported/?$rid=1', {})],
    ['a twin GET without $rid', (client) => client.publish('$iothub/twin/GET/?rid=1')],
    ['a method answer without a status', (client) => client.publish('$iothub/methods/res/ok/?$rid=1', {})],
    ['more than 256 KB', (client) => client.publish(EVENTS, 'x'.repeat(256 * 1024 + 1))],
    ['a property bag that is not encoded', (client) => client.publish(`${EVENTS}k=%zz`, {})],
    ['everything', filter('#')],
    ['the messages of another device', filter('devices/other/messages/devicebound/#')],
    ['a subset of a filter', filter('$iothub/twin/res/200/#')],
    ['a SUBSCRIBE without a filter', (client) => client.sendBytes(Uint8Array.of(0x82, 2, 0, 1))],
    ['a packet of the server’s', (client) => client.send({ cmd: 'pingresp' })],
    ['a packet with forbidden flags', (client) => client.sendBytes(Uint8Array.of(0xc7, 0))],
  ];
  for (const [name, misbehave] of cases) {
    test(`${name} closes it`, async () => {
      const { cloud } = await start();
      const client = await connectByName(cloud, ID);
      misbehave(client);
      await client.closed();
      assert.equal(cloud.device(ID).connected, false);
    });
  }

  test('whatever bytes come, other devices do not feel it', async () => {
    const { cloud } = await start();
    const client = await connectByName(cloud, ID);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.boolean(), async (bytes, connected) => {
        const vandal = DeviceClient.onPair(cloud, peer);
        if (connected) await vandal.connect({ clientId: 'v', username: 'v' });
        vandal.sendBytes(bytes);
        vandal.break();
      }),
      { numRuns: 60 },
    );
    assert.match((await client.request(`${GET}1`)).topic, /res\/200\//);
  });

  for (const cleanly of [true, false]) {
    test(`the will is telemetry, sent when the connection ${cleanly ? 'ended with DISCONNECT: not then' : 'broke'}`, async () => {
      const { cloud, events } = await start();
      const will = { topic: EVENTS, payload: Buffer.from('{"gone":true}') };
      const client = await connectByName(cloud, ID, { will });
      if (cleanly) client.send({ cmd: 'disconnect' });
      else client.break();
      await client.closed();
      const telemetry = events.flatMap((event) => (event.type === 'telemetry' ? [event] : []));
      const expected = [{ body: { gone: true }, properties: { 'iothub-MessageType': 'Will' } }];
      assert.deepEqual(
        telemetry.map(({ body, properties }) => ({ body, properties })),
        cleanly ? [] : expected,
      );
      assert.deepEqual(
        events.filter(({ type }) => type === 'disconnect').map((event) => 'cleanly' in event && event.cleanly),
        [cleanly],
      );
    });
  }

  test('a will for another topic is refused by closing', async () => {
    const { cloud } = await start();
    const client = DeviceClient.onPair(cloud, peer);
    const will = { topic: 'last/words', payload: 'x' };
    client.send({ cmd: 'connect', clientId: ID, username: hubUser(ID), will });
    await client.closed();
  });
});

suite('twins', () => {
  test('GET shows both halves with their versions', async () => {
    const { cloud } = await start({ telemetryInterval: 5 });
    const client = await connectByName(cloud, ID);
    const { topic, json } = await client.request(`${GET}abc-1`, ' ');
    assert.equal(topic, '$iothub/twin/res/200/?$rid=abc-1');
    assert.deepEqual(json, { desired: { telemetryInterval: 5, $version: 2 }, reported: { $version: 1 } });
  });

  test('PATCH merges, null removes, and the answer is empty with the new version', async () => {
    const { cloud } = await start();
    const client = await connectByName(cloud, ID);
    const first = await client.request(`${REPORT}1`, { a: { b: 1, c: 2 }, d: 3 });
    assert.deepEqual([first.topic, first.text], ['$iothub/twin/res/204/?$rid=1&$version=2', '']);
    const second = await client.request(`${REPORT}2`, { a: { b: null, e: 4 }, d: null });
    assert.equal(second.topic, '$iothub/twin/res/204/?$rid=2&$version=3');
    const { json } = await client.request(`${GET}3`);
    assert.deepEqual(json['reported'], { a: { c: 2, e: 4 }, $version: 3 });
  });

  test('without $rid a PATCH is applied, and not even an error is answered', async () => {
    const { cloud } = await start();
    const client = await connectByName(cloud, ID);
    client.publish('$iothub/twin/PATCH/properties/reported/?rid=1', { a: 1 }, { qos: 1 });
    await client.next('puback');
    client.publish('$iothub/twin/PATCH/properties/reported/?rid=2', 'no JSON', { qos: 1 });
    await client.next('puback');
    await client.silent();
    assert.deepEqual((await client.request(`${GET}3`)).json['reported'], { a: 1, $version: 2 });
  });

  for (const [name, body] of [
    ['no JSON', '{"a":'],
    ['no UTF-8', Buffer.from('7b2261223a22ff227d', 'hex').toString('latin1')],
    ['no object', '[1]'],
    ['nothing', ''],
    ['an echoed $version', { a: 1, $version: 3 }],
    ['a key with a dot', { 'a.b': 1 }],
    ['a key with a space', { a: { 'b c': 1 } }],
    ['a string over 4 KB', { a: 'x'.repeat(4097) }],
    ['an integer over 52 bits', { a: 2 ** 53 }],
    ['more than 10 levels', { a: JSON.parse(`${'{"b":'.repeat(11)}1${'}'.repeat(11)}`) as object }],
    ['more than 32 KB', Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`k${index}`, 'x'.repeat(4000)]))],
  ] as [string, string | object][]) {
    test(`400 for ${name}, and nothing has changed`, async () => {
      const { cloud } = await start();
      const client = await connectByName(cloud, ID);
      const payload = name === 'no UTF-8' ? Buffer.from(String(body), 'latin1') : undefined;
      client.publish(`${REPORT}1`, body, payload ? { payload } : {});
      const { topic, json } = await client.message();
      assert.equal(topic, '$iothub/twin/res/400/?$rid=1');
      assert.equal(json['errorCode'], 400004);
      assert.deepEqual((await client.request(`${GET}2`)).json['reported'], { $version: 1 });
    });
  }

  test('desired changes come with their version and exactly what was given', async () => {
    const { cloud, events } = await start();
    const client = await connectByName(cloud, ID);
    assert.equal(await cloud.patchDesired(ID, { a: 1, gone: null }), 2);
    const { topic, text } = await client.message();
    assert.equal(topic, '$iothub/twin/PATCH/properties/desired/?$version=2');
    assert.equal(text, '{"a":1,"gone":null,"$version":2}');
    await cloud.replaceDesired(ID, { b: 2 });
    assert.deepEqual((await client.message()).json, { b: 2, a: null, $version: 3 });
    await assert.rejects(cloud.patchDesired(ID, { 'a.b': 1 }), withCode(400004));
    assert.deepEqual(events.map((event) => event.type === 'property' && event.version).filter(Boolean), [2, 3]);
  });

  test('what changes while the device is away is in the twin when it returns', async () => {
    const { cloud } = await start();
    await cloud.patchDesired(ID, { a: 1 });
    await cloud.patchDesired(ID, { a: 2 });
    const client = await connectByName(cloud, ID);
    await client.silent();
    assert.deepEqual((await client.request(`${GET}1`)).json['desired'], { a: 2, $version: 3 });
  });

  const faults: [string, Fault, RegExp | undefined, string | RegExp][] = [
    ['429', { type: 'twin', answer: 'status', status: 429 }, /res\/429\/\?\$rid=1$/, /"errorCode":429001/],
    ['500', { type: 'twin', answer: 'status', on: 'get' }, /res\/500\//, /"errorCode":500001/],
    ['throttling', { type: 'throttle', seconds: 5, service: 'hub' }, /res\/429\//, /"errorCode":429001/],
    ['malformed', { type: 'twin', answer: 'malformed' }, /res\/200\//, /^\{"desired":\{"\$version":$/],
    ['empty', { type: 'twin', answer: 'empty' }, /res\/200\//, /^$/],
    ['oversize', { type: 'twin', answer: 'oversize' }, /res\/200\//, /x{2000}/],
    ['none', { type: 'twin', answer: 'none' }, undefined, ''],
  ];
  for (const [name, fault, topic, body] of faults) {
    test(`fault: ${name}`, async () => {
      const { cloud, clock } = await start();
      await cloud.faults.inject(fault);
      const client = await connectByName(cloud, ID);
      client.publish(`${GET}1`);
      if (topic) {
        const answer = await client.message();
        assert.match(answer.topic, topic);
        assert.match(answer.text, new RegExp(body));
      }
      await clock.advance(5000);
      assert.equal((await client.request(`${GET}2`)).topic, '$iothub/twin/res/200/?$rid=2');
    });
  }
});

suite('methods', () => {
  test('the caller gets the status and the body that the device gave', async () => {
    const { cloud, events } = await start();
    const client = await connectByName(cloud, ID);
    const result = cloud.invokeMethod(ID, 'reboot', { delay: 'PT5S' });
    const { topic, text, qos } = await client.message();
    assert.deepEqual([topic, text, qos], ['$iothub/methods/POST/reboot/?$rid=1', '{"delay":"PT5S"}', 0]);
    client.publish('$iothub/methods/res/299/?$rid=1', { status: 'Success', delay: 5 });
    assert.deepEqual(await result, { status: 299, response: { status: 'Success', delay: 5 } });
    assert.deepEqual(events.at(-1), {
      type: 'command',
      deviceId: ID,
      name: 'reboot',
      request: { delay: 'PT5S' },
      status: 299,
      response: { status: 'Success', delay: 5 },
      v: 1,
      ts: '2026-11-23T12:00:00.000Z',
    });
  });

  test('calls are told apart by $rid, which is hexadecimal; an empty answer is null; strangers are ignored', async () => {
    const { cloud } = await start();
    const client = await connectByName(cloud, ID);
    const calls: Promise<unknown>[] = [];
    for (let call = 1; call <= 12; call++) {
      if (call > 2) {
        client.publish(`$iothub/methods/res/200/?$rid=${(call - 2).toString(16)}`);
        await calls[call - 3];
      }
      calls.push(cloud.invokeMethod(ID, 'echo', call));
      assert.equal((await client.message()).topic, `$iothub/methods/POST/echo/?$rid=${call.toString(16)}`);
    }
    client.publish('$iothub/methods/res/200/?$rid=77', 'true');
    client.publish('$iothub/methods/res/404/?$rid=c', '"no"');
    client.publish('$iothub/methods/res/200/?$rid=b', 'no JSON');
    client.publish('$iothub/methods/res/200/?$rid=b', '0');
    assert.deepEqual(await calls[11], { status: 404, response: 'no' });
    assert.deepEqual(await calls[10], { status: 200, response: 0 });
    assert.deepEqual(await calls[0], { status: 200, response: null });
  });

  test('404 for a device that is away or does not listen, 504 for one that does not answer', async () => {
    const { cloud, clock } = await start();
    await assert.rejects(cloud.invokeMethod(ID, 'reboot', null), withCode(404103));
    const deaf = DeviceClient.onPair(cloud, 'plain');
    await deaf.connect({ clientId: ID, username: hubUser(ID) });
    await assert.rejects(cloud.invokeMethod(ID, 'reboot', null), withCode(404103));
    await deaf.subscribe(METHODS);
    const unanswered = assert.rejects(cloud.invokeMethod(ID, 'reboot', null, { response: 5 }), withCode(504101));
    await deaf.message();
    await clock.advance(5000);
    await unanswered;
    const lost = assert.rejects(cloud.invokeMethod(ID, 'reboot', null), withCode(404104));
    await deaf.message();
    deaf.break();
    await lost;
  });

  test('the hub waits for a device when it is told to', async () => {
    const { cloud, clock } = await start();
    const late = assert.rejects(cloud.invokeMethod(ID, 'reboot', null, { connect: 10 }), withCode(404103));
    await clock.advance(10_000);
    await late;
    const result = cloud.invokeMethod(ID, 'reboot', null, { connect: 10 });
    const client = DeviceClient.onPair(cloud, 'plain');
    await client.connect({ clientId: ID, username: hubUser(ID) });
    await client.subscribe(METHODS);
    client.publish((await client.message()).topic.replace('POST/reboot', 'res/200'), '1');
    assert.deepEqual(await result, { status: 200, response: 1 });
  });

  for (const [name, request, times, code] of [
    ['a name that is not one level of a topic', ['a/b', 1], {}, 400004],
    ['a response time-out under 5 s', ['a', 1], { response: 4 }, 400004],
    ['a connect time-out over 300 s', ['a', 1], { connect: 301 }, 400004],
    ['more than 128 KB', ['a', 'x'.repeat(128 * 1024)], {}, 413001],
  ] as const) {
    test(`${name} is refused`, async () => {
      const { cloud } = await start();
      await connectByName(cloud, ID);
      await assert.rejects(cloud.invokeMethod(ID, request[0], request[1], times), withCode(code));
    });
  }

  test('too many calls at once are refused', async () => {
    const { cloud, clock } = await start();
    await connectByName(cloud, ID);
    const calls = Array.from({ length: 11 }, () => cloud.invokeMethod(ID, 'slow', null));
    const all = Promise.allSettled(calls);
    await settle();
    await clock.advance(30_000);
    const codes = (await all).map((call) => (call.status === 'rejected' ? (call.reason as AzureCode).code : 0));
    assert.deepEqual(codes, [...Array<number>(10).fill(504101), 403800]);
  });
});

suite('telemetry', () => {
  test('the last value and the history of every member, bounded', async () => {
    const { cloud } = await start();
    const client = await connectByName(cloud, ID);
    for (let value = 0; value < 1050; value++) client.publish(EVENTS, { temperature: value, other: { deep: [value] } });
    client.publish(`${EVENTS}%24.ct=application%2Fjson%3Bcharset%3Dutf-8&$.sub=thermostat1`, { temperature: -1 });
    client.publish(EVENTS, 'not JSON', { qos: 1, retain: true });
    await client.next('puback');
    const timestamp = '2026-11-23T12:00:00.000Z';
    assert.deepEqual(cloud.telemetry(ID, 'temperature'), { value: 1049, timestamp });
    assert.deepEqual(cloud.telemetry(ID, 'thermostat1.temperature'), { value: -1, timestamp });
    assert.deepEqual(
      cloud.telemetryHistory(ID, 'temperature').map(({ value }) => value),
      Array.from({ length: 1000 }, (_, index) => index + 50),
    );
    for (let name = 0; name < 100; name++) client.publish(EVENTS, { [`n${name}`]: 1 });
    await client.request(`${GET}1`);
    assert.equal(cloud.telemetry(ID, 'temperature'), undefined);
    assert.deepEqual(cloud.telemetry(ID, 'n99'), { value: 1, timestamp });
  });

  test('those who listen get the body and the properties, and the packets', async () => {
    const { cloud, events } = await start();
    const packets: unknown[] = [];
    cloud.onEvent((event) => {
      if (event.type === 'mqtt') packets.push([event.direction, event.packet['cmd'], event.packet['topic']]);
    });
    const client = await connectByName(cloud, ID);
    client.publish(`${EVENTS}k%20v=a%26b&alone&empty=`, { a: 1 }, { qos: 1, retain: true });
    await client.next('puback');
    assert.deepEqual(events.at(-1), {
      type: 'telemetry',
      deviceId: ID,
      body: { a: 1 },
      properties: { 'k v': 'a&b', alone: null, empty: '', 'mqtt-retain': 'true' },
      v: 1,
      ts: '2026-11-23T12:00:00.000Z',
    });
    assert.deepEqual(packets.slice(-2), [
      ['in', 'publish', `${EVENTS}k%20v=a%26b&alone&empty=`],
      ['out', 'puback', undefined],
    ]);
    assert.deepEqual(packets[0], ['in', 'connect', undefined]);
  });
});

suite('cloud-to-device messages and sessions', () => {
  const text = (client: DeviceClient) => client.message().then((message) => message.text);

  test('a message waits for its device, comes with its properties, and is gone once acknowledged', async () => {
    const { cloud } = await start();
    await cloud.sendC2d(
      ID,
      Buffer.from('hello'),
      new Map([
        ['k v', 'a&b'],
        ['alone', null],
        ['empty', ''],
      ]),
    );
    const client = DeviceClient.onPair(cloud, 'plain');
    await client.connect({ clientId: ID, username: hubUser(ID), clean: false });
    await client.subscribe(MESSAGES, 1);
    const { topic, text: body, qos, messageId = 0 } = await client.message();
    const to = encodeURIComponent(`/devices/${ID}/messages/devicebound`);
    assert.equal(topic, `devices/${ID}/messages/devicebound/%24.to=${to}&k%20v=a%26b&alone&empty=`);
    assert.deepEqual([body, qos], ['hello', 1]);
    client.break();
    await client.closed();
    const again = DeviceClient.onPair(cloud, 'plain');
    const connack = await again.connect({ clientId: ID, username: hubUser(ID), clean: false });
    assert.equal(connack.sessionPresent, true);
    const repeated = await again.message();
    assert.equal(repeated.text, 'hello');
    again.send({ cmd: 'puback', messageId: repeated.messageId ?? 0 });
    await again.silent();
    again.break();
    await again.closed();
    const third = DeviceClient.onPair(cloud, 'plain');
    await third.connect({ clientId: ID, username: hubUser(ID), clean: false });
    await third.silent();
    assert.notEqual(messageId, 0);
  });

  test('a persistent session remembers its subscriptions, a clean one begins with nothing', async () => {
    const { cloud } = await start();
    const first = await connectByName(cloud, ID, { clean: false });
    first.send({ cmd: 'disconnect' });
    await first.closed();
    const second = DeviceClient.onPair(cloud, 'plain');
    assert.equal((await second.connect({ clientId: ID, username: hubUser(ID), clean: false })).sessionPresent, true);
    assert.match((await second.request(`${GET}1`)).topic, /res\/200/);
    await cloud.sendC2d(ID, Buffer.from('queued'));
    const third = DeviceClient.onPair(cloud, 'plain');
    assert.equal((await third.connect({ clientId: ID, username: hubUser(ID), clean: true })).sessionPresent, false);
    await third.subscribe(MESSAGES, 1);
    third.publish(`${GET}2`);
    await third.silent();
    const fourth = DeviceClient.onPair(cloud, 'plain');
    assert.equal((await fourth.connect({ clientId: ID, username: hubUser(ID), clean: false })).sessionPresent, false);
  });

  test('in order, with quality of service 0 not kept, not after an hour, and no more than 50', async () => {
    const { cloud, clock } = await start();
    await cloud.sendC2d(ID, Buffer.from('old'));
    await clock.advance(3_600_000);
    for (let index = 0; index < 50; index++) await cloud.sendC2d(ID, Buffer.from(`m${index}`));
    await assert.rejects(cloud.sendC2d(ID, Buffer.from('one more')), withCode(403004));
    await assert.rejects(cloud.sendC2d('nobody', Buffer.from('x')), withCode(404001));
    const client = DeviceClient.onPair(cloud, 'plain');
    await client.connect({ clientId: ID, username: hubUser(ID), clean: false });
    await client.subscribe(MESSAGES, 0);
    for (let index = 0; index < 50; index++) assert.equal(await text(client), `m${index}`);
    await assert.rejects(cloud.sendC2d(ID, Buffer.alloc(64 * 1024 + 1)), withCode(413001));
    await cloud.sendC2d(ID, Buffer.from('live'));
    assert.equal(await text(client), 'live');
    await client.silent();
  });
});

suite('faults of the connection', () => {
  test('CONNACK codes, silence and closing, for one service only', async () => {
    const { cloud, clock } = await start();
    await cloud.faults.inject({ type: 'connect', answer: 'code', code: 3, service: 'dps' });
    await cloud.faults.inject({ type: 'connect', answer: 'code', code: 3, service: 'hub' });
    await cloud.faults.inject({ type: 'connect', answer: 'drop', deviceId: ID });
    await cloud.faults.inject({ type: 'connect', answer: 'none' });
    const connect = { clientId: ID, username: hubUser(ID) };
    const refused = DeviceClient.onPair(cloud, peer);
    assert.equal((await refused.connect(connect)).returnCode, 3);
    await refused.closed();
    const dropped = DeviceClient.onPair(cloud, peer);
    dropped.send({ cmd: 'connect', ...connect });
    await dropped.closed();
    const ignored = DeviceClient.onPair(cloud, peer);
    ignored.send({ cmd: 'connect', ...connect });
    await ignored.silent();
    await clock.advance(30_000);
    await ignored.closed();
    await connectToHub(cloud, ID, peer);
    assert.equal(cloud.faults.waiting().length, 1);
  });

  test('acknowledgements get lost, once', async () => {
    const { cloud } = await start();
    for (const packet of ['suback', 'puback', 'unsuback', 'pingresp'] as const) {
      await cloud.faults.inject({ type: 'lose', packet, service: 'hub' });
    }
    const client = DeviceClient.onPair(cloud, peer);
    await client.connect({ clientId: ID, username: hubUser(ID) });
    const once = () => {
      client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: TWIN, qos: 0 }] });
      client.publish(EVENTS, { a: 1 }, { qos: 1 });
      client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [TWIN] });
      client.send({ cmd: 'pingreq' });
    };
    once();
    await client.silent();
    once();
    for (const cmd of ['suback', 'puback', 'unsuback', 'pingresp'] as const) await client.next(cmd);
  });

  test('a kick closes the connection and changes nothing else', async () => {
    const { cloud } = await start();
    const client = await connectToHub(cloud, ID, peer);
    await cloud.faults.inject({ type: 'kick', deviceId: ID });
    await client.closed();
    await connectToHub(cloud, ID, peer);
    await assert.rejects(cloud.faults.inject({ type: 'kick', deviceId: 'nobody' }), withCode(404001));
  });
});

test('a device is provisioned, connects, and its certificate decides', async () => {
  const clock = new VirtualClock(START);
  const enrollments = [{ kind: 'group', id: 'boards', ca: pki.deviceSigner } as const];
  const cloud = createLocalCloud({ clock, random: Math.random, pki, idScope: SCOPE, enrollments });
  const ids = Array.from({ length: 20 }, (_, index) => `device-${index}`);
  for (const id of ids) {
    const identity = identityOfPem((await pki.device(id)).certificate);
    await provision(cloud, id, identity);
    const client = await connectToHub(cloud, id, identity);
    assert.equal((await client.request(`${GET}1`)).topic, '$iothub/twin/res/200/?$rid=1');
  }
  assert.deepEqual(
    cloud.devices().map(({ id, connected }) => [id, connected]),
    ids.map((id) => [id, true]),
  );
  await cloud.close();
  await settle();
  assert.deepEqual(
    cloud.devices().filter(({ connected }) => connected),
    [],
  );
});
