import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectPlain } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { systemClock } from '../../../src/clock.ts';
import { type Addresses, createLocalCloud, type LocalCloud } from '../../../src/simulator/cloud/local-cloud.ts';
import { createPki } from '../../../src/simulator/cloud/pki.ts';
import { DeviceClient, dpsUser, hubUser, METHODS, MODEL, SCOPE, TWIN } from './device-client.ts';

const ID = 'board-1';
const pki = await createPki({ hosts: ['192.168.1.10'], now: systemClock.wall() });
const board = await pki.device(ID);
let cloud: LocalCloud;
let addresses: Addresses;

before(async () => {
  cloud = createLocalCloud({
    clock: systemClock,
    random: Math.random,
    pki,
    idScope: SCOPE,
    enrollments: [{ kind: 'individual', registrationId: ID, certificate: board.certificate }],
    assigningAnswers: 0,
    hubName: (port) => `localhost:${port}`,
  });
  addresses = await cloud.listen({ httpPort: 0, plainPort: 0 });
  await cloud.createDevice(ID, { certificate: board.certificate, modelId: MODEL });
});
after(() => cloud.close());

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

async function api(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const json = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(addresses.url + path, { method, headers: { ...type, ...headers }, ...json });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

function overTls(options: object = {}): TLSSocket {
  return connectTls({ host: '127.0.0.1', port: addresses.mqttPort, ca: pki.ca, servername: 'localhost', ...options });
}

const identity = { cert: board.certificate, key: board.key };

/** The board at the hub, listening to methods; over the plain port, since TLS has tests of its own. */
async function boardAtHub(): Promise<DeviceClient> {
  const client = new DeviceClient(connectPlain(addresses.plainPort ?? 0, '127.0.0.1'));
  await client.connect({ clientId: ID, username: hubUser(ID, 'localhost') });
  await client.subscribe(METHODS);
  await client.subscribe(TWIN);
  return client;
}

suite('MQTT over TLS', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`${version}: the way of a device, with the module's ALPN offer ignored`, async () => {
      const tls = { ...identity, minVersion: version, maxVersion: version, ALPNProtocols: ['x-amzn-mqtt-ca'] };
      const socket = overTls({ ...tls, servername: 'global.azure-devices-provisioning.net' });
      const dps = new DeviceClient(socket);
      assert.equal((await dps.connect({ clientId: ID, username: dpsUser(ID) })).returnCode, 0);
      assert.equal(socket.authorized, true);
      assert.equal(socket.getProtocol(), version);
      await dps.subscribe('$dps/registrations/res/#');
      const topic = '$dps/registrations/PUT/iotdps-register/?$rid=1';
      const { json } = await dps.request(topic, { registrationId: ID, payload: { modelId: MODEL } });
      const { assignedHub } = json['registrationState'] as { assignedHub: string };
      assert.equal(assignedHub, `localhost:${addresses.mqttPort}`);
      dps.send({ cmd: 'disconnect' });
      await dps.closed();
      const hub = new DeviceClient(overTls(tls));
      assert.equal((await hub.connect({ clientId: ID, username: hubUser(ID, assignedHub) })).returnCode, 0);
      hub.send({ cmd: 'disconnect' });
      await hub.closed();
    });
  }

  test('the chain of a group enrollment is what the client sends; a second handshake is a full one', async () => {
    await cloud.enrollments.put({ kind: 'group', id: 'boards', ca: board.root });
    const fresh = await pki.device('board-2');
    const attempt = async (session?: Buffer) => {
      const socket = overTls({ cert: fresh.certificate, key: fresh.key, ...(session ? { session } : {}) });
      const client = new DeviceClient(socket);
      await client.connect({ clientId: 'board-2', username: dpsUser('board-2') });
      await client.subscribe('$dps/registrations/res/#');
      const { topic } = await client.request('$dps/registrations/PUT/iotdps-register/?$rid=1', {});
      client.send({ cmd: 'disconnect' });
      await client.closed();
      return { topic, session: socket.getSession() };
    };
    const first = await attempt();
    assert.match(first.topic, /res\/200\//);
    assert.match((await attempt(first.session)).topic, /res\/200\//);
    await cloud.enrollments.delete('boards');
  });

  test('without a certificate the handshake succeeds, and CONNECT is refused', async () => {
    const client = new DeviceClient(overTls());
    assert.equal((await client.connect({ clientId: ID, username: hubUser(ID, 'localhost') })).returnCode, 5);
    await client.closed();
  });

  test('a client that knows RSA suites only is served, where there is a certificate for it', async (t) => {
    const both = await createPki({ hosts: [], now: systemClock.wall(), rsa: true });
    const other = createLocalCloud({
      clock: systemClock,
      random: Math.random,
      pki: both,
      idScope: SCOPE,
      enrollments: [],
    });
    t.after(() => other.close());
    const { mqttPort } = await other.listen({ httpPort: 0 });
    for (const ciphers of ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256']) {
      const options = { host: '127.0.0.1', port: mqttPort, ca: both.ca, servername: 'localhost', ciphers };
      const socket = connectTls({ ...options, maxVersion: 'TLSv1.2' });
      await once(socket, 'secureConnect');
      assert.deepEqual([socket.authorized, socket.getCipher().name], [true, ciphers]);
      socket.destroy();
    }
  });

  test('what is not TLS, or TLS 1.1, or breaks off, does not disturb the server', async () => {
    const plain = connectPlain(addresses.mqttPort, '127.0.0.1');
    plain.on('error', () => {});
    plain.end('GET / HTTP/1.1\r\n\r\n');
    plain.resume();
    await once(plain, 'close');
    const old = overTls({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
    await assert.rejects(once(old, 'secureConnect'));
    const broken = overTls(identity);
    await once(broken, 'connect');
    broken.destroy();
    const client = new DeviceClient(overTls(identity));
    assert.equal((await client.connect({ clientId: ID, username: hubUser(ID, 'localhost') })).returnCode, 0);
  });
});

suite('the HTTP API', () => {
  test('devices and their properties', async () => {
    const devices = await api('GET', '/api/devices');
    const ids = (devices.body['value'] as { id: string }[]).map(({ id }) => id);
    assert.deepEqual([devices.status, ids.includes(ID)], [200, true]);
    const patched = await api('PATCH', `/api/devices/${ID}/properties`, { telemetryInterval: 'x', strange: 1 });
    assert.equal(patched.status, 202);
    const metadata = patched.body['$metadata'] as Record<string, Record<string, unknown>>;
    assert.equal(metadata['telemetryInterval']?.['desiredValue'], 'x');
    assert.equal(metadata['telemetryInterval']?.['state'], 'pending');
    assert.equal(metadata['strange']?.['unmodelled'], true);
    const client = await boardAtHub();
    const version = metadata['telemetryInterval']?.['desiredVersion'];
    await client.request('$iothub/twin/PATCH/properties/reported/?$rid=1', {
      telemetryInterval: { ac: 400, av: version, ad: 'not an integer', value: 10 },
    });
    const { body } = await api('GET', `/api/devices/${ID}/properties`);
    assert.equal(body['telemetryInterval'], 10);
    const after = (body['$metadata'] as typeof metadata)['telemetryInterval'];
    assert.deepEqual(
      [after?.['state'], after?.['ackCode'], after?.['ackDescription']],
      ['rejected', 400, 'not an integer'],
    );
    const replaced = await api('PUT', `/api/devices/${ID}/properties`, { led_user: 1 });
    assert.equal(replaced.status, 202);
    const twin = await api('GET', `/api/devices/${ID}/twin`);
    const { desired } = twin.body['properties'] as { desired: Record<string, unknown> };
    assert.deepEqual(Object.keys(desired), ['led_user', '$metadata', '$version']);
    client.send({ cmd: 'disconnect' });
    await client.closed();
  });

  test('commands: the answer, nobody there, a name that the model does not have', async () => {
    const path = `/api/devices/${ID}/commands`;
    const away = await api('POST', `${path}/reboot`, { request: { delay: 'PT5S' } });
    assert.equal(away.status, 404);
    assert.deepEqual(Object.keys(away.body['error'] as object), ['code', 'message', 'requestId', 'time', 'azureCode']);
    const client = await boardAtHub();
    const answer = async (name: string, body: object) => {
      const reply = api('POST', `${path}/${name}`, body);
      const { topic, text } = await client.message();
      client.publish(topic.replace(/POST\/[^/]+/, 'res/200'), { status: 'Success', delay: 5 });
      return { reply: await reply, text };
    };
    const { reply, text } = await answer('reboot', { request: { delay: 'PT5S' } });
    assert.equal(text, '{"delay":"PT5S"}');
    const response = { status: 'Success', delay: 5 };
    assert.deepEqual(reply, { status: 201, body: { request: { delay: 'PT5S' }, response, responseCode: 200 } });
    assert.equal((await answer('other', {})).reply.body['unmodelled'], true);
    client.send({ cmd: 'disconnect' });
    await client.closed();
  });

  test('telemetry: the last value, the history, messages to the device, and events as they happen', async () => {
    const stream = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest(`${addresses.url}/api/events`, resolve).on('error', reject).end();
    });
    assert.equal(stream.headers['content-type'], 'text/event-stream');
    const client = await boardAtHub();
    for (const temperature of [15, 15.25]) {
      client.publish(`devices/${ID}/messages/events/`, { temperature }, { qos: 1 });
      await client.next('puback');
    }
    const path = `/api/devices/${ID}/telemetry/temperature`;
    const { body } = await api('GET', path);
    assert.equal(body['value'], 15.25);
    assert.match(String(body['timestamp']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const history = (await api('GET', `${path}/history`)).body['value'] as { value: number }[];
    assert.deepEqual(
      history.map(({ value }) => value),
      [15, 15.25],
    );
    assert.equal((await api('GET', `/api/devices/${ID}/telemetry/nothing`)).status, 404);
    await client.subscribe(`devices/${ID}/messages/devicebound/#`, 1);
    const sent = api('POST', `/api/devices/${ID}/messages`, { body: { hello: 1 }, properties: { k: 'v' } });
    const message = await client.message();
    assert.deepEqual([message.json, message.topic.endsWith('&k=v')], [{ hello: 1 }, true]);
    assert.equal((await sent).status, 202);
    const seen: string[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      seen.push(...[...chunk.toString().matchAll(/^event: (\w+)$/gm)].map(([, type = '']) => type));
      if (seen.includes('message')) break;
    }
    assert.deepEqual([...new Set(seen)].sort(), ['connect', 'message', 'mqtt', 'telemetry']);
    client.send({ cmd: 'disconnect' });
    await client.closed();
  });

  test('devices and enrollments can be made and removed', async () => {
    assert.equal((await api('PUT', '/api/devices/new', { thumbprint: 'AB'.repeat(20) })).status, 200);
    assert.equal((await api('PUT', '/api/devices/newer', { thumbprint: 'AB' })).status, 400);
    assert.equal((await api('PUT', '/api/devices/newer', { certificate: 'no PEM' })).status, 400);
    assert.equal((await api('PUT', '/api/devices/new%2Fer', {})).status, 400);
    assert.equal((await api('PATCH', '/api/devices/new', { enabled: false })).body['enabled'], false);
    assert.equal((await api('GET', '/api/devices/new')).body['provisioned'], false);
    assert.equal((await api('DELETE', '/api/devices/new')).status, 204);
    assert.equal((await api('GET', '/api/devices/new')).status, 404);
    const enrollment = { kind: 'group', ca: pki.deviceSigner, reprovision: 'never' };
    const { status, body } = await api('PUT', '/api/enrollments/boards', enrollment);
    assert.deepEqual([status, body['id'], body['enabled']], [200, 'boards', true]);
    const list = (await api('GET', '/api/enrollments')).body['value'] as { id: string }[];
    assert.deepEqual(
      list.map(({ id }) => id),
      [ID, 'boards'],
    );
    assert.deepEqual((await api('GET', '/api/enrolments')).body['value'], list, 'the former spelling');
    assert.equal((await api('DELETE', '/api/enrolments/boards')).status, 204);
    assert.equal((await api('GET', '/api/enrollments/boards')).status, 404);
    for (const wrong of [{}, { kind: 'x' }, { kind: 'group' }, { certificate: 'no PEM' }, { ca: 1 }, []]) {
      assert.equal((await api('PUT', '/api/enrollments/wrong', wrong)).status, 400, JSON.stringify(wrong));
    }
  });

  test("Central's device: made and changed by PUT, changed by PATCH, and nothing is dropped", async () => {
    const path = '/api/devices/whole';
    const body = {
      displayName: 'The whole thing',
      enabled: false,
      simulated: true,
      template: MODEL,
      organizations: ['acme'],
    };
    const made = await api('PUT', path, body);
    const { etag, ...rest } = made.body;
    const own = { id: 'whole', provisioned: false, connected: false, lastActivityTime: null, telemetry: {} };
    assert.deepEqual([made.status, rest], [200, { ...body, ...own }]);
    const changed = await api('PATCH', path, { displayName: 'x' }, { 'if-match': String(etag) });
    assert.deepEqual([changed.status, changed.body['displayName'], changed.body['enabled']], [200, 'x', false]);
    assert.equal((await api('PATCH', path, { displayName: 'y' }, { 'if-match': String(etag) })).status, 412);
    assert.equal((await api('PUT', path, { displayName: 'y' }, { 'if-match': '*' })).status, 200);
    assert.equal((await api('PUT', '/api/devices/none', {}, { 'if-match': '*' })).status, 412);
    const { telemetry, ...read } = (await api('GET', path)).body;
    assert.deepEqual(telemetry, {});
    assert.equal((await api('PUT', path, read)).status, 200, 'what was read can be sent back');
    for (const wrong of [
      { name: 'x' },
      { enabled: 'yes' },
      { id: 'other' },
      { provisioned: true },
      { organizations: 'a' },
    ]) {
      const { status, body: answer } = await api('PATCH', path, wrong);
      assert.equal(status, 400, JSON.stringify(wrong));
      assert.match(String((answer['error'] as { message: string }).message), new RegExp(`'${Object.keys(wrong)[0]}'`));
    }
    assert.equal((await api('PATCH', '/api/devices/none', {})).status, 404);
    assert.equal((await api('DELETE', path)).status, 204);
  });

  test('the version of the API is checked when it is there, and errors have the header of Central', async () => {
    assert.equal((await api('GET', '/api/devices?api-version=2022-07-31')).status, 200);
    const response = await fetch(`${addresses.url}/api/devices?api-version=2019-01-01`);
    await response.body?.cancel();
    assert.deepEqual([response.status, response.headers.get('x-ms-error-code')], [400, 'BadRequest']);
  });

  test('twins: tags, etags, and desired properties that are replaced at every depth', async () => {
    await api('PUT', '/api/devices/twin', {});
    const path = '/api/devices/twin/twin';
    const first = await api('PATCH', path, {
      tags: { floor: { room: 1 } },
      properties: { desired: { a: { b: 1, c: 2 } } },
    });
    const { etag, tags } = first.body as { etag: string; tags: unknown };
    assert.deepEqual([first.status, tags], [200, { floor: { room: 1 } }]);
    const second = await api('PUT', path, { properties: { desired: { a: { b: 3 } } } }, { 'if-match': `"${etag}"` });
    const { desired } = second.body['properties'] as { desired: Record<string, unknown> };
    assert.deepEqual([second.status, desired['a'], second.body['tags']], [200, { b: 3 }, { floor: { room: 1 } }]);
    assert.equal((await api('PATCH', path, { tags: {} }, { 'if-match': `"${etag}"` })).status, 412);
    assert.equal((await api('PATCH', path, { properties: { reported: {} } })).status, 400);
    assert.equal((await api('PATCH', path, {})).status, 400);
    const central = '/api/devices/twin/properties';
    assert.equal((await api('PUT', central, { a: { c: 1 } })).status, 202);
    assert.deepEqual((await api('GET', path)).body['properties'] && (await api('GET', central)).body['a'], undefined);
    await api('DELETE', '/api/devices/twin');
  });

  test('a device with its model, its properties and its twin in one request', async () => {
    const { status, body } = await api('GET', `/api/devices/${ID}/state`);
    assert.deepEqual([status, Object.keys(body)], [200, ['device', 'model', 'properties', 'twin']]);
    assert.equal((body['model'] as { id: string }).id, MODEL);
  });

  test('device templates: all of them, one, and none', async () => {
    const { status, body } = await api('GET', '/api/deviceTemplates?api-version=2022-07-31');
    const templates = body['value'] as Record<string, unknown>[];
    assert.deepEqual([status, templates.length], [200, 15]);
    const one = await api('GET', `/api/deviceTemplates/${encodeURIComponent(MODEL)}`);
    assert.deepEqual([one.status, templates.filter((template) => template['@id'] === MODEL)], [200, [one.body]]);
    assert.deepEqual((await api('GET', `/api/deviceTemplates/${MODEL}`)).body, one.body, 'an id needs no escapes');
    assert.equal((await api('GET', '/api/deviceTemplates/dtmi:com:nobody:Nothing;1')).status, 404);
    assert.equal((await api('GET', '/api/deviceTemplates/..%2Fpackage')).status, 404);
    assert.equal((await api('PUT', `/api/deviceTemplates/${MODEL}`, {})).status, 405);
  });

  test('telemetry by field and time', async () => {
    const client = await boardAtHub();
    for (const x of [1, 2, 3]) {
      client.publish(`devices/${ID}/messages/events/`, { motion: { x, axis: { y: -x } } }, { qos: 1 });
      await client.next('puback');
    }
    const history = async (path: string) => (await api('GET', `/api/devices/${ID}/telemetry/${path}`)).body['value'];
    const values = async (path: string) => ((await history(path)) as { value: unknown }[]).map(({ value }) => value);
    assert.deepEqual(await values('motion.x/history'), [1, 2, 3]);
    assert.deepEqual(await values('motion.axis.y/history?limit=2'), [-2, -3]);
    assert.deepEqual(await values('motion.z/history'), []);
    assert.deepEqual(await values('motion.x/history?from=2100-01-01'), []);
    assert.deepEqual(await values('motion.x/history?to=2100-01-01&limit=1'), [3]);
    assert.deepEqual(await history('motion.x'), 3);
    const pressed = { button_event: { press_count: 1 }, temperature: 20 };
    client.publish(`devices/${ID}/messages/events/`, pressed, { qos: 1 });
    await client.next('puback');
    const marked = async (path: string) =>
      (await api('GET', `/api/devices/${ID}/telemetry/${path}`)).body['unmodelled'];
    assert.deepEqual(await Promise.all(['motion', 'motion.x'].map(marked)), [true, true]);
    const known = ['temperature', 'button_event', 'button_event.press_count'];
    assert.deepEqual(await Promise.all(known.map(marked)), [undefined, undefined, undefined]);
    for (const wrong of ['from=x', 'limit=0', 'limit=-1', 'limit=1e3']) {
      assert.equal((await api('GET', `/api/devices/${ID}/telemetry/motion.x/history?${wrong}`)).status, 400, wrong);
    }
    const all = await api('GET', `/api/devices/${ID}/telemetry`);
    assert.deepEqual((all.body['motion'] as { value: unknown }).value, { x: 3, axis: { y: -3 } });
    client.send({ cmd: 'disconnect' });
    await client.closed();
  });

  test('faults are injected, shown and cleared', async () => {
    const faults = [
      { type: 'twin', answer: 'none' },
      { type: 'lose', packet: 'puback', count: 2 },
    ];
    const { status, body } = await api('POST', '/api/faults', faults);
    assert.deepEqual([status, (body['value'] as unknown[]).length], [202, 2]);
    assert.equal((await api('DELETE', '/api/faults')).status, 204);
    assert.deepEqual((await api('GET', '/api/faults')).body, { value: [] });
    assert.equal((await api('POST', '/api/faults', { type: 'nothing' })).status, 400);
    assert.equal((await api('POST', '/api/faults', { type: 'kick', deviceId: 'nobody' })).status, 404);
  });

  for (const [name, call, status, code] of [
    ['an unknown path', () => api('GET', '/api/nothing'), 404, 'NotFound'],
    [
      'a connection time-out that Central does not have',
      () => api('POST', `/api/devices/${ID}/commands/x`, { connectionTimeout: 31 }),
      400,
      'BadRequest',
    ],
    ['an unknown device', () => api('GET', '/api/devices/nobody/twin'), 404, 'NotFound'],
    ['a method that is not offered', () => api('DELETE', '/api/devices'), 405, 'MethodNotAllowed'],
    ['a body that is no JSON', () => api('POST', '/api/faults', '{"type"'), 400, 'BadRequest'],
    [
      'another content type',
      () => api('POST', '/api/faults', '{}', { 'content-type': 'text/plain' }),
      415,
      'UnsupportedMediaType',
    ],
    ['too large a body', () => api('POST', '/api/faults', `"${'x'.repeat(256 * 1024)}"`), 413, 'PayloadTooLarge'],
    [
      'a page of another origin',
      () => api('GET', '/api/devices', undefined, { origin: 'http://evil.example' }),
      403,
      'Forbidden',
    ],
    [
      'a property that a twin cannot hold',
      () => api('PATCH', `/api/devices/${ID}/properties`, { 'a.b': 1 }),
      400,
      'BadRequest',
    ],
  ] as [string, () => Promise<Answer>, number, string][]) {
    test(`${name}: ${status}`, async () => {
      const answer = await call();
      const error = answer.body['error'] as Record<string, unknown>;
      assert.deepEqual([answer.status, error['code']], [status, code]);
      assert.match(String(error['requestId']), /^[0-9a-f-]{36}$/);
      assert.equal(Number.isNaN(Date.parse(String(error['time']))), false);
    });
  }

  test('only names of this computer are answered to', async () => {
    const statusFor = (host: string) =>
      new Promise<number>((resolve, reject) => {
        const request = httpRequest(`${addresses.url}/api/devices`, { headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        request.on('error', reject).end();
      });
    const { port } = new URL(addresses.url);
    assert.equal(await statusFor('rebound.example'), 403);
    assert.equal(await statusFor(`localhost:${port}`), 200);
  });

  test('where other machines can reach it, it wants the key; a port that is given must be free', async (t) => {
    const other = createLocalCloud({ clock: systemClock, random: Math.random, pki, idScope: SCOPE, enrollments: [] });
    t.after(() => other.close());
    await assert.rejects(other.listen({ host: '0.0.0.0' }), /needs a key/);
    const taken = Number(new URL(addresses.url).port);
    await assert.rejects(other.listen({ httpPort: taken }), { code: 'EADDRINUSE' });
    const { url, plainPort } = await other.listen({ httpPort: 0, httpKey: 'secret' });
    assert.equal(plainPort, null);
    const status = async (authorization: string) => {
      const response = await fetch(`${url}/api/devices`, { headers: { authorization } });
      await response.body?.cancel();
      return response.status;
    };
    assert.deepEqual(
      [await status(''), await status('secre'), await status('secret'), await status('Bearer secret')],
      [401, 401, 200, 200],
    );
  });
});
