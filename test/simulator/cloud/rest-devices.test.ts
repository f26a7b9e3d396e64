import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { connect } from 'node:tls';
import type { Json } from '../../../src/json.ts';
import { DeviceClient, hubUser, METHODS, MODEL } from './device-client.ts';
import { partsOf, type RestClient, sas, startRest } from './rest-client.ts';

const ID = 'board-1';
const COMPONENTS = 'dtmi:com:example:TemperatureController;1';
let rest: RestClient;
before(async () => {
  rest = await startRest({ symmetricKeyDevices: [ID] });
});
after(async () => {
  rest.close();
  await rest.cloud.close();
});

const keyOfDevice = () =>
  partsOf(rest.cloud.symmetricKeyIdentities[0]?.connectionString ?? '')['SharedAccessKey'] ?? '';
const deviceToken = (id = ID) => sas(`127.0.0.1/devices/${id}`, keyOfDevice());

/** The device, connected by MQTT, which answers every method. */
async function online(modelId = MODEL, answer: (name: string) => Json = () => ({ done: true })) {
  const socket = connect({ host: '127.0.0.1', port: rest.cloud.mqttPort, ca: rest.cloud.ca });
  await once(socket, 'secureConnect');
  const client = new DeviceClient(socket);
  const username = `${hubUser(ID, '127.0.0.1')}&model-id=${modelId}`;
  await client.connect({ clientId: ID, username, password: Buffer.from(deviceToken()) });
  await client.subscribe(METHODS);
  const serve = async () => {
    const { topic, json } = await client.message();
    const [, name = '', rid = ''] = /POST\/([^/]+)\/\?\$rid=(.*)$/.exec(topic) ?? [];
    client.publish(`$iothub/methods/res/200/?$rid=${rid}`, { name, asked: json, answer: answer(name) });
  };
  return { client, serve, leave: () => client.send({ cmd: 'disconnect' }) };
}

suite('twins', () => {
  test('are read, patched and replaced, with tags and etags', async () => {
    const read = await rest.ask('GET', `/twins/${ID}`);
    assert.equal(read.headers['etag'], `"${String(read.json['etag'])}"`);
    assert.deepEqual([read.json['authenticationType'], read.json['modelId'], read.json['tags']], ['sas', '', {}]);
    const body = { tags: { site: 'x', keep: 1 }, properties: { desired: { a: { b: 1, c: 2 } } } };
    const patched = await rest.ask('PATCH', `/twins/${ID}`, {
      body,
      headers: { 'If-Match': String(read.headers['etag']) },
    });
    const { desired } = patched.json['properties'] as { desired: Record<string, Json> };
    assert.deepEqual(
      [desired['a'], desired['$version'], patched.json['tags']],
      [{ b: 1, c: 2 }, 2, { site: 'x', keep: 1 }],
    );
    const stale = await rest.ask('PATCH', `/twins/${ID}`, {
      body,
      headers: { 'If-Match': String(read.headers['etag']) },
    });
    assert.equal(stale.status, 412);
    // What was read may be sent back, though it has what the hub adds.
    const again = await rest.ask('PUT', `/twins/${ID}`, { body: { ...patched.json, tags: { site: 'y' } } });
    assert.deepEqual(again.json['tags'], { site: 'y' });
    assert.deepEqual((again.json['properties'] as { desired: Record<string, Json> }).desired['a'], { b: 1, c: 2 });
    const emptied = await rest.ask('PUT', `/twins/${ID}`, { body: {} });
    assert.deepEqual(emptied.json['tags'], {});
    const wrong: [Json, number][] = [
      [{ tags: 1 }, 400],
      [{ properties: { desired: { 'a b': 1 } } }, 400],
      [{ properties: { desired: { a: 'x'.repeat(5000) } } }, 400],
      [[], 400],
    ];
    for (const [request, status] of wrong)
      assert.equal((await rest.ask('PATCH', `/twins/${ID}`, { body: request })).status, status);
    assert.equal((await rest.ask('GET', '/twins/none')).status, 404);
  });
});

suite('methods', () => {
  const path = `/twins/${ID}/methods`;

  test('are called, and tell what the device has answered', async () => {
    const { serve, leave } = await online();
    const served = serve();
    const { status, json } = await rest.ask('POST', path, { body: { methodName: 'reboot', payload: { delay: 1 } } });
    await served;
    assert.equal(status, 200);
    assert.deepEqual(json, { status: 200, payload: { name: 'reboot', asked: { delay: 1 }, answer: { done: true } } });
    leave();
  });

  test('of a device that is not there are errors in an error, as the hub has them', async () => {
    const gone = await rest.ask('POST', '/twins/none/methods', { body: { methodName: 'x' } });
    assert.equal(gone.status, 404);
    assert.match(String(gone.json['Message']), /^ErrorCode:DeviceNotFound/);
    await rest.ask('PUT', '/devices/silent', { body: {} });
    const { status, json } = await rest.ask('POST', '/twins/silent/methods', { body: { methodName: 'x' } });
    assert.equal(status, 404);
    assert.equal((JSON.parse(String(json['Message'])) as { errorCode: number }).errorCode, 404103);
  });

  const wrong: [string, Json][] = [
    ['no name', {}],
    ['a name that cannot be one', { methodName: 'a/b' }],
    ['a time that is too short', { methodName: 'a', responseTimeoutInSeconds: 1 }],
    ['a time that is no number', { methodName: 'a', connectTimeoutInSeconds: 'x' }],
  ];
  for (const [name, body] of wrong) {
    test(`with ${name} are refused`, async () => {
      assert.equal((await rest.ask('POST', path, { body })).status, 400);
    });
  }
});

suite('queries', () => {
  before(async () => {
    for (let index = 0; index < 5; index++) {
      await rest.ask('PUT', `/devices/q-${index}`, { body: {} });
      await rest.ask('PATCH', `/twins/q-${index}`, { body: { tags: { index } } });
    }
  });
  const ask = (query: string, headers: Record<string, string> = {}) =>
    rest.ask('POST', '/devices/query', { body: { query }, headers });
  const idsIn = (text: string) => (JSON.parse(text) as { deviceId: string }[]).map(({ deviceId }) => deviceId);

  test('come in pages, each of which says where the next one begins', async () => {
    const query = "SELECT * FROM devices WHERE startswith(deviceId, 'q-') AND tags.index != 1";
    const ids: string[] = [];
    let continuation: string | undefined;
    do {
      const more = continuation === undefined ? {} : { 'x-ms-continuation': continuation };
      const { text, headers } = await ask(query, { 'x-ms-max-item-count': '2', ...more });
      assert.equal(headers['x-ms-item-type'], 'twin');
      ids.push(...idsIn(text));
      continuation = headers['x-ms-continuation'] as string | undefined;
    } while (continuation !== undefined);
    assert.deepEqual(ids, ['q-0', 'q-2', 'q-3', 'q-4']);
  });

  test('count, choose and limit', async () => {
    assert.equal((await ask("SELECT COUNT() AS n FROM devices WHERE startswith(deviceId, 'q-')")).text, '[{"n":5}]');
    assert.equal(
      (await ask('SELECT TOP 1 deviceId, tags.index FROM devices WHERE tags.index > 2')).text,
      '[{"deviceId":"q-3","index":3}]',
    );
  });

  test('that cannot be answered are refused', async () => {
    for (const query of ['DELETE FROM devices', 'SELECT * FROM devices WHERE a ~ 1']) {
      const { status, json } = await ask(query);
      assert.equal(status, 400);
      assert.match(String(json['Message']), /^ErrorCode:ArgumentInvalid;The query is not understood at/);
    }
    const all = 'SELECT * FROM devices';
    for (const headers of [
      { 'x-ms-max-item-count': 'x' },
      { 'x-ms-max-item-count': '0' },
      { 'x-ms-continuation': 'bm9uZQ==' },
    ])
      assert.equal((await ask(all, headers as Record<string, string>)).status, 400);
    const { headers } = await ask(all, { 'x-ms-max-item-count': '1' });
    const other = await ask(`${all} WHERE tags.index > 0`, {
      'x-ms-continuation': String(headers['x-ms-continuation']),
    });
    assert.equal(other.status, 400);
    assert.equal((await rest.ask('POST', '/devices/query', { body: { query: 1 } })).status, 400);
  });
});

suite('digital twins', () => {
  test('show a device by its model, take a JSON patch, and call commands', async () => {
    const { client, serve, leave } = await online(COMPONENTS);
    const path = `/digitaltwins/${ID}`;
    const changes = [
      { op: 'add', path: '/target', value: 21 },
      { op: 'replace', path: '/thermostat1', value: { $metadata: {}, targetTemperature: 5 } },
    ];
    const patched = await rest.ask('PATCH', path, { body: changes });
    assert.equal(patched.status, 202);
    const { desired } = (await rest.ask('GET', `/twins/${ID}`)).json['properties'] as { desired: Record<string, Json> };
    assert.equal(desired['target'], 21);
    const read = await rest.ask('GET', path);
    assert.equal(read.headers['etag'], patched.headers['etag']);
    assert.equal(read.json['$dtId'], ID);
    const { $model, target } = read.json['$metadata'] as Record<string, Record<string, Json>>;
    assert.deepEqual([$model, target?.['desiredValue'], target?.['state']], [COMPONENTS, 21, undefined]);

    for (const [where, name] of [
      [`${path}/commands/reboot`, 'reboot'],
      [`${path}/components/thermostat1/commands/getMaxMinReport`, 'thermostat1*getMaxMinReport'],
    ] as const) {
      const served = serve();
      const { status, json, headers } = await rest.ask('POST', `${where}?responseTimeoutInSeconds=10`, { body: 5 });
      await served;
      assert.deepEqual([status, json['name'], headers['x-ms-command-statuscode']], [200, name, '200']);
    }
    const removed = await rest.ask('PATCH', path, { body: [{ op: 'remove', path: '/target' }] });
    assert.equal(removed.status, 202);
    const wrong: Json[] = [
      {},
      [{ op: 'move', path: '/a', from: '/b' }],
      [{ op: 'add', path: 'a', value: 1 }],
      [{ op: 'add', path: '/', value: 1 }],
      [{ op: 'add', path: '/a' }],
      [{ op: 'add', path: '/$x', value: 1 }],
    ];
    for (const body of wrong) assert.equal((await rest.ask('PATCH', path, { body })).status, 400, JSON.stringify(body));
    const stale = await rest.ask('PATCH', path, {
      body: changes,
      headers: { 'If-Match': String(patched.headers['etag']) },
    });
    assert.equal(stale.status, 412);
    leave();
    await client.closed();
  });
});

suite('a device by HTTPS', () => {
  const events = `/devices/${ID}/messages/events`;
  const inbox = `/devices/${ID}/messages/deviceBound`;

  test('sends telemetry with its properties, one by one and many at once', async () => {
    const seen: { body: Json; properties: Json }[] = [];
    const stop = rest.cloud.onEvent((event) => {
      if (event.type === 'telemetry') seen.push({ body: event.body, properties: event.properties });
    });
    const headers = {
      'IoTHub-App-alertLevel': 'high',
      'iothub-messageid': 'm1',
      'iothub-contenttype': 'application/json',
    };
    const one = await rest.ask('POST', events, { authorization: deviceToken(), headers, body: { t: 1 } });
    assert.deepEqual([one.status, one.text], [204, '']);
    const items = [
      { body: Buffer.from('{"t":2}').toString('base64'), properties: { 'iothub-app-k': 'v' } },
      { body: Buffer.from('text').toString('base64') },
    ];
    const type = { 'Content-Type': 'application/vnd.microsoft.iothub.json' };
    assert.equal(
      (await rest.ask('POST', events, { authorization: deviceToken(), headers: type, body: items })).status,
      204,
    );
    stop();
    assert.deepEqual(seen, [
      { body: { t: 1 }, properties: { alertLevel: 'high', '$.mid': 'm1', '$.ct': 'application/json' } },
      { body: { t: 2 }, properties: { k: 'v' } },
      { body: 'text', properties: {} },
    ]);
    assert.equal(rest.cloud.telemetry(ID, 't')?.value, 2);
    const large = await rest.ask('POST', events, { authorization: deviceToken(), body: 'x'.repeat(256 * 1024 + 1) });
    assert.equal(large.status, 413);
    for (const wrong of ['{}', '[1]', '[{"body":1}]'])
      assert.equal(
        (await rest.ask('POST', events, { authorization: deviceToken(), headers: type, body: wrong })).status,
        400,
      );
  });

  test('receives messages, and completes, abandons and rejects them', async () => {
    const authorization = deviceToken();
    assert.equal((await rest.ask('GET', inbox, { authorization })).status, 204);
    const headers = {
      'IoTHub-To': `/devices/${ID}/messages/devicebound`,
      'iothub-app-k': 'v',
      'iothub-correlationid': 'c',
    };
    assert.equal(
      (await rest.ask('POST', '/messages/devicebound', { policy: 'service', headers, body: 'one' })).status,
      204,
    );
    await rest.cloud.sendMessage(ID, 'two', { Größe: 'ü', 'a b': '1' });
    const lockOf = (etag: unknown) => String(etag).slice(1, -1);

    const first = await rest.ask('GET', inbox, { authorization });
    assert.deepEqual(
      [first.status, first.text, first.headers['iothub-app-k'], first.headers['iothub-correlationid']],
      [200, 'one', 'v', 'c'],
    );
    const second = await rest.ask('GET', inbox, { authorization });
    assert.deepEqual([second.text, second.headers['iothub-app-gr%c3%b6%c3%9fe']], ['two', '%C3%BC']);
    assert.equal((await rest.ask('GET', inbox, { authorization })).status, 204);

    const at = (answer: typeof first) => `${inbox}/${lockOf(answer.headers['etag'])}`;
    assert.equal((await rest.ask('POST', `${at(first)}/abandon`, { authorization })).status, 204);
    const again = await rest.ask('GET', inbox, { authorization });
    assert.deepEqual([again.text, again.headers['iothub-deliverycount']], ['one', '1']);
    assert.equal((await rest.ask('DELETE', at(again), { authorization })).status, 204);
    assert.equal((await rest.ask('DELETE', `${at(second)}?reject`, { authorization })).status, 204);
    const lost = await rest.ask('DELETE', at(again), { authorization });
    assert.deepEqual([lost.status, lost.headers['iothub-errorcode']], [412, 'DeviceMessageLockLost']);
    assert.equal((await rest.ask('GET', inbox, { authorization })).status, 204);
    await rest.cloud.sendMessage(ID, 'three');
    const purged = await rest.ask('DELETE', `/devices/${ID}/commands`, { policy: 'service' });
    assert.equal(purged.json['totalMessagesPurged'], 1);
  });

  test('is known in one way: a certificate takes the place of its keys', async () => {
    await rest.ask('PUT', '/devices/changed', { body: {} });
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ thumbprint: 'A'.repeat(40) });
    await fetch(`${rest.cloud.url}/api/devices/changed`, { method: 'PUT', headers, body });
    const { json } = await rest.ask('GET', '/devices/changed');
    assert.deepEqual(json['authentication'], {
      symmetricKey: { primaryKey: null, secondaryKey: null },
      x509Thumbprint: { primaryThumbprint: 'A'.repeat(40), secondaryThumbprint: null },
      type: 'selfSigned',
    });
  });

  test('is the only one who may, with its token or its certificate', async () => {
    await rest.ask('PUT', '/devices/other', { body: {} });
    for (const [where, authorization] of [
      ['/devices/other/messages/events', deviceToken('other')],
      ['/devices/other/messages/events', deviceToken(ID)],
      [events, rest.token('service')],
      [events, ''],
    ] as const)
      assert.equal((await rest.ask('POST', where, { authorization, body: {} })).status, 401);
    assert.equal((await rest.ask('POST', events, { policy: 'device', body: {} })).status, 204);
    const { certificate, key, deviceId } = await rest.cloud.enroll('certified');
    await rest.ask('PUT', `/devices/${deviceId}`, { body: { authentication: { type: 'certificateAuthority' } } });
    const tls = { cert: certificate, key };
    const sent = (id: string) =>
      rest.ask('POST', `/devices/${id}/messages/events`, { authorization: '', tls, body: {} });
    assert.deepEqual([(await sent(deviceId)).status, (await sent('other')).status], [204, 401]);
  });
});
