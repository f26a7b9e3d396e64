import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import common from 'azure-iot-common';
import device, {
  type Client,
  type DeviceMethodRequest,
  type DeviceMethodResponse,
  type Message,
} from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { systemClock } from '../../src/clock.ts';
import type { Json } from '../../src/json.ts';
import { lockFolder } from '../../src/simulator/cloud/folder-lock.ts';
import { createPki } from '../../src/simulator/cloud/pki.ts';
import {
  MODEL,
  newDevice,
  nextEvent,
  type Simulation,
  type SimulationDevice,
  startSimulation,
  watchPackets,
} from './cloud.ts';
import { Inbox } from './inbox.ts';
import { type HubClientOptions, hubClient, listenToDesired } from './sdk.ts';

const { ExponentialBackOffWithJitter } = common;

let simulation: Simulation;
before(async () => {
  simulation = await startSimulation();
});
after(() => simulation.cloud.close());

/** A device and its client, which is closed when the test ends. */
async function boardAt(t: TestContext, id: string, options?: HubClientOptions) {
  const identity = await newDevice(simulation, id);
  return { identity, client: await clientOf(t, identity, options) };
}

async function clientOf(t: TestContext, identity: SimulationDevice, options?: HubClientOptions): Promise<Client> {
  const client = await hubClient(simulation, identity, options);
  t.after(() => client.close());
  return client;
}

const telemetryOf = (id: string) => nextEvent(simulation.cloud, 'telemetry', ({ deviceId }) => deviceId === id);
const connected = (id: string) => nextEvent(simulation.cloud, 'connect', ({ deviceId }) => deviceId === id);
const disconnected = (id: string) => nextEvent(simulation.cloud, 'disconnect', ({ deviceId }) => deviceId === id);

suite('telemetry', { concurrency: true, timeout: 30_000 }, () => {
  test('with system and application properties', async (t) => {
    const { client } = await boardAt(t, 'telemetry');
    const message = new device.Message(JSON.stringify({ temperature: 21.5, button_event: { button_name: 'ü' } }));
    message.messageId = 'm/1 & more';
    message.correlationId = 'c?=#';
    message.userId = 'Ägidius';
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    message.properties.add('alert', 'yes');
    message.properties.add('a key & ü', 'a+b=c/d%20:"☃"');
    message.properties.add('empty', '');
    const arrived = telemetryOf('telemetry');
    await client.sendEvent(message);
    const { body, properties } = await arrived;
    assert.deepEqual(body, { temperature: 21.5, button_event: { button_name: 'ü' } });
    assert.deepEqual(properties, {
      '$.mid': 'm/1 & more',
      '$.cid': 'c?=#',
      '$.uid': 'Ägidius',
      '$.ct': 'application/json',
      '$.ce': 'utf-8',
      alert: 'yes',
      'a key & ü': 'a+b=c/d%20:"☃"',
      empty: '',
    });
    assert.equal(simulation.cloud.telemetry('telemetry', 'temperature')?.value, 21.5);
  });

  test('of a component', async (t) => {
    const { client } = await boardAt(t, 'component');
    const message = new device.Message('{"temperature":4}');
    message.properties.add('dt-subject', 'thermostat1');
    await client.sendEvent(message);
    assert.equal(simulation.cloud.telemetry('component', 'thermostat1.temperature')?.value, 4);
  });

  const bodies: [name: string, data: string | Buffer, expected: Json][] = [
    ['nothing', '', ''],
    ['text', 'no JSON', 'no JSON'],
    ['bytes', Buffer.from([0, 255, 254]), 'AP/+'],
    ['256 KB', 'x'.repeat(256 * 1024), 'x'.repeat(256 * 1024)],
  ];
  for (const [index, [name, data, expected]] of bodies.entries()) {
    test(`of ${name}`, async (t) => {
      const { client } = await boardAt(t, `body-${index}`);
      const arrived = telemetryOf(`body-${index}`);
      await client.sendEvent(new device.Message(data));
      assert.equal((await arrived).body, expected);
    });
  }

  test('in order, a hundred messages at once', async (t) => {
    const { client } = await boardAt(t, 'burst');
    await client.open();
    await Promise.all(Array.from({ length: 100 }, (_, n) => client.sendEvent(new device.Message(`{"n":${n}}`))));
    const values = simulation.cloud.telemetryHistory('burst', 'n').map(({ value }) => value);
    assert.deepEqual(values, [...Array(100).keys()]);
  });
});

suite('connections', { concurrency: true, timeout: 30_000 }, () => {
  test('the model id comes with the user name', async (t) => {
    const { client } = await boardAt(t, 'modelled', { modelId: MODEL });
    await client.open();
    assert.equal(simulation.cloud.device('modelled').template, MODEL);
  });

  test('a hub with a name of its own, behind a gateway', async (t) => {
    const { id, certificate, key } = await newDevice(simulation, 'gateway');
    const x509 = { cert: certificate, key };
    const authentication = new device.X509AuthenticationProvider({
      deviceId: id,
      host: 'my-hub.azure-devices.net',
      gatewayHostName: simulation.host,
      x509,
    });
    const client = device.Client.fromAuthenticationProvider(authentication, Mqtt);
    t.after(() => client.close());
    await client.setOptions({ ca: simulation.pki.ca });
    await client.open();
    assert.equal(simulation.cloud.device(id).connected, true);
  });

  test('a keep-alive is answered', async (t) => {
    const { client } = await boardAt(t, 'patient', { keepalive: 1 });
    const pinged = nextEvent(simulation.cloud, 'mqtt', ({ packet }) => packet['cmd'] === 'pingresp');
    await client.open();
    await pinged;
    assert.equal(simulation.cloud.device('patient').connected, true);
  });

  test('a second connection closes the first', async (t) => {
    const { identity, client: first } = await boardAt(t, 'twice');
    await first.open();
    const lost = once(first, 'disconnect');
    const second = await clientOf(t, identity);
    await second.open();
    const [reason] = (await lost) as [{ transportObj: Error }];
    assert.equal(reason.transportObj.name, 'NotConnectedError');
    const arrived = telemetryOf('twice');
    await second.sendEvent(new device.Message('"still here"'));
    assert.equal((await arrived).body, 'still here');
  });

  test('a disabled device is cut off and refused, and let in again when enabled', async (t) => {
    const { client } = await boardAt(t, 'suspended');
    await client.open();
    const lost = once(client, 'disconnect');
    await simulation.cloud.faults.inject({ type: 'disable', deviceId: 'suspended' });
    await lost;
    await assert.rejects(client.open(), /Not authorized/);
    await simulation.cloud.faults.inject({ type: 'enable', deviceId: 'suspended' });
    await client.open();
  });

  test('a deleted device is cut off and refused', async (t) => {
    const { client } = await boardAt(t, 'deleted');
    await client.open();
    const lost = once(client, 'disconnect');
    await simulation.cloud.faults.inject({ type: 'delete', deviceId: 'deleted' });
    await lost;
    await assert.rejects(client.open(), /Not authorized/);
  });

  test('a device is known by a thumbprint as openssl writes it', async (t) => {
    const { certificate, key } = await simulation.pki.device('fingerprint');
    await simulation.cloud.createDevice('fingerprint', { thumbprint: new X509Certificate(certificate).fingerprint });
    const client = await clientOf(t, { id: 'fingerprint', certificate, key });
    await client.open();
  });

  test('a device that nobody knows, and one with the certificate of another, are refused', async (t) => {
    const identity = await newDevice(simulation, 'owner');
    for (const id of ['nobody', (await newDevice(simulation, 'victim')).id]) {
      const client = await clientOf(t, { ...identity, id });
      await assert.rejects(client.open(), { name: 'UnauthorizedError', message: /Not authorized/ });
    }
  });

  const codes: [code: 1 | 2 | 3 | 4 | 5, error: string][] = [
    [1, 'NotImplementedError'],
    [2, 'UnauthorizedError'],
    [3, 'ServiceUnavailableError'],
    [4, 'UnauthorizedError'],
    [5, 'UnauthorizedError'],
  ];
  for (const [code, name] of codes) {
    test(`CONNACK ${code} is shown as ${name}`, async (t) => {
      const deviceId = `connack-${code}`;
      const { client } = await boardAt(t, deviceId);
      await simulation.cloud.faults.inject({ type: 'connect', deviceId, answer: 'code', code });
      await assert.rejects(client.open(), { name });
      await client.open();
    });
  }

  test('a hub that is busy is tried again', async (t) => {
    const { client } = await boardAt(t, 'persistent', { retry: new ExponentialBackOffWithJitter() });
    await simulation.cloud.faults.inject({ type: 'connect', deviceId: 'persistent', answer: 'code', code: 3 });
    await client.open();
    assert.equal(simulation.cloud.device('persistent').connected, true);
  });

  test('a connection that is closed instead of answered', async (t) => {
    const { client } = await boardAt(t, 'dropped');
    await simulation.cloud.faults.inject({ type: 'connect', deviceId: 'dropped', answer: 'drop' });
    await assert.rejects(client.open());
    await client.open();
  });

  test('a client that does not trust the CA never gets as far as CONNECT', async (t) => {
    const { ca } = await createPki({ hosts: [], now: systemClock.wall() });
    const connects = watchPackets(simulation.cloud, 'in', ({ clientId }) => clientId === 'distrustful');
    const { client } = await boardAt(t, 'distrustful', { ca });
    await assert.rejects(client.open(), /unable to verify/);
    assert.deepEqual(connects, []);
  });
});

interface MethodCase {
  name: string;
  request: Json;
  status: number;
  response?: unknown;
}

const methods: MethodCase[] = [
  { name: 'reboot', request: { delay: 'PT5S' }, status: 200, response: { status: 'Success', delay: 5 } },
  { name: 'thermostat1*reset', request: 'ü', status: 202, response: ['a', null, 1.5] },
  { name: 'sendMsg', request: null, status: 400, response: { status: 'no "text"' } },
  { name: 'quiet', request: [1, 2], status: 500 },
];

suite('methods', { concurrency: true, timeout: 30_000 }, () => {
  test('the device gets the request, and the caller what the device answers', async (t) => {
    const { client } = await boardAt(t, 'methods');
    const requests = new Map<string, unknown>();
    for (const { name, status, response } of methods) {
      client.onDeviceMethod(name, (request: DeviceMethodRequest, answer: DeviceMethodResponse) => {
        requests.set(request.methodName, request.payload);
        return answer.send(status, response);
      });
    }
    await client.open();
    for (const { name, request, status, response = null } of methods) {
      const result = await simulation.cloud.invokeMethod('methods', name, request, { connect: 10 });
      assert.deepEqual(result, { status, response });
      assert.deepEqual(requests.get(name), request);
    }
  });

  test('ten calls at once find their own answers', async (t) => {
    const { client } = await boardAt(t, 'busy');
    const waiting: (() => void)[] = [];
    client.onDeviceMethod('echo', (request: DeviceMethodRequest, answer: DeviceMethodResponse) => {
      waiting.push(() => answer.send(200, request.payload));
      // The last call is answered first.
      if (waiting.length === 10) for (const send of waiting.reverse()) send();
    });
    const calls = [...Array(10).keys()].map((n) => simulation.cloud.invokeMethod('busy', 'echo', n, { connect: 10 }));
    const answers = await Promise.all(calls);
    assert.deepEqual(
      answers.map(({ response }) => response),
      [...Array(10).keys()],
    );
  });

  test('a method that the device does not have: 504', async (t) => {
    const { client } = await boardAt(t, 'ignorant');
    client.onDeviceMethod('known', () => {});
    const call = simulation.cloud.invokeMethod('ignorant', 'unknown', null, { connect: 10, response: 5 });
    await assert.rejects(call, { code: 504101 });
  });

  test('a device that is not online, and one that does not listen: 404', async (t) => {
    const { client } = await boardAt(t, 'deaf');
    await assert.rejects(simulation.cloud.invokeMethod('deaf', 'reboot', null), { code: 404103 });
    await client.open();
    await assert.rejects(simulation.cloud.invokeMethod('deaf', 'reboot', null), { code: 404103 });
  });

  test('a device that goes away instead of answering: 404', async (t) => {
    const { client } = await boardAt(t, 'leaving');
    client.onDeviceMethod('reboot', () => client.close());
    const call = simulation.cloud.invokeMethod('leaving', 'reboot', null, { connect: 10 });
    await assert.rejects(call, { code: 404104 });
  });
});

function listenToMessages(client: Client): Inbox<Message> {
  const inbox = new Inbox<Message>();
  client.on('message', inbox.take);
  return inbox;
}

const bodiesOf = (messages: Message[]) => messages.map(({ data }) => String(data));
const send = (id: string, body: string, properties: Record<string, string> = {}) =>
  simulation.cloud.sendC2d(id, Buffer.from(body), new Map(Object.entries(properties)));

suite('cloud-to-device messages', { concurrency: true, timeout: 30_000 }, () => {
  test('live, with properties', async (t) => {
    const { client } = await boardAt(t, 'listener');
    const inbox = listenToMessages(client);
    await client.open();
    const sent = {
      '$.mid': 'm 1',
      '$.cid': 'c/2',
      '$.uid': 'ü',
      '$.ct': 'text/plain',
      '$.ce': 'utf-8',
      'k & v': 'a=b',
    };
    await send('listener', 'hellö', sent);
    const [message] = await inbox.arrived(1);
    assert.ok(message);
    assert.equal(message.getData().toString(), 'hellö');
    assert.equal(message.messageId, 'm 1');
    assert.equal(message.correlationId, 'c/2');
    assert.equal(message.userId, 'ü');
    assert.equal(message.contentType, 'text/plain');
    assert.equal(message.contentEncoding, 'utf-8');
    assert.equal(message.to, '/devices/listener/messages/devicebound');
    assert.equal(message.properties.getValue('k & v'), 'a=b');
    await client.complete(message);
  });

  test('queued while the device is away, in order, and not twice', async (t) => {
    const { identity, client } = await boardAt(t, 'sleeper');
    const first = listenToMessages(client);
    await client.open();
    await send('sleeper', 'awake');
    await first.arrived(1);
    await client.close();
    for (const body of ['1', '2', '3']) await send('sleeper', body);
    const again = await clientOf(t, identity);
    const second = listenToMessages(again);
    await again.open();
    assert.deepEqual(bodiesOf(await second.arrived(3)), ['1', '2', '3']);
    await send('sleeper', 'last');
    assert.deepEqual(bodiesOf(await second.arrived(4)), ['1', '2', '3', 'last']);
  });

  test('while nobody listens they wait', async (t) => {
    const { client } = await boardAt(t, 'pausing');
    const first = listenToMessages(client);
    await client.open();
    await send('pausing', 'first');
    await first.arrived(1);
    client.removeAllListeners('message');
    // The acknowledgement comes after UNSUBACK, so the SDK knows by now that it has unsubscribed.
    await client.sendEvent(new device.Message('between'));
    await send('pausing', 'second');
    const second = listenToMessages(client);
    assert.deepEqual(bodiesOf(await second.arrived(1)), ['second']);
    assert.deepEqual(bodiesOf(first.all), ['first']);
  });
});

suite('a connection that is lost', { concurrency: true, timeout: 30_000 }, () => {
  test('is made again, with its methods and messages', async (t) => {
    const { client } = await boardAt(t, 'robust', { retry: new ExponentialBackOffWithJitter() });
    const inbox = listenToMessages(client);
    client.onDeviceMethod('ping', (_request: DeviceMethodRequest, answer: DeviceMethodResponse) =>
      answer.send(200, 'pong'),
    );
    await client.open();
    await simulation.cloud.invokeMethod('robust', 'ping', null, { connect: 10 });
    for (const body of ['1', '2']) {
      const back = connected('robust');
      const gone = disconnected('robust');
      await simulation.cloud.faults.inject({ type: 'kick', deviceId: 'robust' });
      await gone;
      await send('robust', body);
      await back;
      const result = await simulation.cloud.invokeMethod('robust', 'ping', null, { connect: 10 });
      assert.deepEqual(result, { status: 200, response: 'pong' });
    }
    assert.deepEqual(bodiesOf(await inbox.arrived(2)), ['1', '2']);
  });

  test('is made again with a hub that has been restarted, and nothing is forgotten', async (t) => {
    const dataFolder = lockFolder(await mkdtemp(join(tmpdir(), 'conformance-')), systemClock.wall());
    const first = await startSimulation({ dataFolder });
    const client = await hubClient(first, await newDevice(first, 'survivor'));
    const messages = listenToMessages(client);
    const twin = await client.getTwin();
    const desired = new Inbox<unknown>();
    twin.on('properties.desired.led_user', desired.take);
    await listenToDesired(twin);
    const lost = once(client, 'disconnect');
    await first.cloud.close();
    await lost;
    const { pki, mqttPort } = first;
    const { cloud } = await startSimulation({ dataFolder, pki, mqttPort });
    t.after(async () => {
      await client.close();
      await cloud.close();
      dataFolder.release();
      await rm(dataFolder.path, { recursive: true });
    });
    await cloud.sendC2d('survivor', Buffer.from('sent before you were back'));
    await client.open();
    await cloud.patchDesired('survivor', { led_user: 1 });
    assert.deepEqual(await desired.arrived(1), [1]);
    assert.deepEqual(bodiesOf(await messages.arrived(1)), ['sent before you were back']);
  });

  test('finds the session that the hub has kept: CONNACK says so', async (t) => {
    const { client } = await boardAt(t, 'returning');
    for (const sessionPresent of [false, true]) {
      const { transportObj: opened } = (await client.open()) as {
        transportObj: { transportObj: { sessionPresent: boolean } };
      };
      assert.equal(opened.transportObj.sessionPresent, sessionPresent);
      await client.close();
    }
  });
});
