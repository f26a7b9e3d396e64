import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../../src/json.ts';
import { partsOf, type RestClient, type RestRequest, sas, startRest } from './rest-client.ts';

let rest: RestClient;
before(async () => {
  rest = await startRest();
});
after(async () => {
  rest.close();
  await rest.cloud.close();
});

const KEY = Buffer.alloc(32, 1).toString('base64');
const OTHER = Buffer.alloc(64, 2).toString('base64');
const codeOf = (json: Record<string, Json>) => /^ErrorCode:(\w+);/.exec(String(json['Message']))?.[1];

suite('the identity registry', () => {
  test('makes, shows, changes, lists and deletes a device', async () => {
    const made = await rest.ask('PUT', '/devices/one', { body: { deviceId: 'one' } });
    assert.equal(made.status, 200);
    assert.equal(made.headers['etag'], `"${String(made.json['etag'])}"`);
    const { authentication, generationId, ...device } = made.json;
    const { symmetricKey, type } = authentication as { symmetricKey: Record<string, string>; type: string };
    assert.equal(type, 'sas');
    for (const key of Object.values(symmetricKey)) assert.match(key, /^[A-Za-z0-9+/]{43}=$/);
    assert.match(String(generationId), /^\d{18}$/);
    const never = '0001-01-01T00:00:00Z';
    assert.deepEqual(device, {
      deviceId: 'one',
      etag: device['etag'],
      connectionState: 'Disconnected',
      status: 'enabled',
      statusReason: null,
      connectionStateUpdatedTime: never,
      statusUpdatedTime: never,
      lastActivityTime: never,
      cloudToDeviceMessageCount: 0,
      capabilities: { iotEdge: false },
    });
    assert.deepEqual((await rest.ask('GET', '/devices/one')).json, made.json);

    const changes = { deviceId: 'one', status: 'disabled', statusReason: 'broken' };
    const changed = await rest.ask('PUT', '/devices/one', { body: changes, headers: { 'If-Match': '"*"' } });
    assert.deepEqual([changed.json['status'], changed.json['statusReason']], ['disabled', 'broken']);
    assert.deepEqual(changed.json['authentication'], authentication);
    assert.notEqual(changed.json['etag'], made.json['etag']);
    assert.notEqual(changed.json['statusUpdatedTime'], never);

    const { text } = await rest.ask('GET', '/devices/');
    assert.deepEqual(
      (JSON.parse(text) as { deviceId: string }[]).map(({ deviceId }) => deviceId),
      ['one'],
    );
    assert.equal((await rest.ask('GET', '/devices?top=0')).status, 400);
    assert.deepEqual((await rest.ask('GET', '/statistics/devices')).json, {
      totalDeviceCount: 1,
      enabledDeviceCount: 0,
      disabledDeviceCount: 1,
    });
    assert.deepEqual((await rest.ask('GET', '/statistics/service')).json, { connectedDeviceCount: 0 });

    const stale = { headers: { 'If-Match': String(made.headers['etag']) } };
    for (const method of ['PUT', 'DELETE']) {
      const refused = await rest.ask(method, '/devices/one', { ...stale, body: {} });
      assert.deepEqual([refused.status, codeOf(refused.json)], [412, 'PreconditionFailed']);
    }
    const current = { headers: { 'If-Match': String(changed.headers['etag']) } };
    const gone = await rest.ask('DELETE', '/devices/one', current);
    assert.deepEqual([gone.status, gone.text], [204, '']);
    const lost = await rest.ask('GET', '/devices/one');
    assert.deepEqual(
      [lost.status, codeOf(lost.json), lost.headers['iothub-errorcode']],
      [404, 'DeviceNotFound', 'DeviceNotFound'],
    );
    assert.match(String(lost.json['ExceptionMessage']), /^Tracking ID:\S+-TimeStamp:/);
  });

  const ways: [name: string, authentication: Json, expected: Json][] = [
    [
      "keys of one's own",
      { symmetricKey: { primaryKey: KEY, secondaryKey: OTHER } },
      {
        type: 'sas',
        symmetricKey: { primaryKey: KEY, secondaryKey: OTHER },
        x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
      },
    ],
    [
      'thumbprints',
      { x509Thumbprint: { primaryThumbprint: 'a'.repeat(40), secondaryThumbprint: 'b'.repeat(64) } },
      {
        type: 'selfSigned',
        symmetricKey: { primaryKey: null, secondaryKey: null },
        x509Thumbprint: { primaryThumbprint: 'A'.repeat(40), secondaryThumbprint: 'B'.repeat(64) },
      },
    ],
    [
      'an authority',
      { type: 'certificateAuthority' },
      {
        type: 'certificateAuthority',
        symmetricKey: { primaryKey: null, secondaryKey: null },
        x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
      },
    ],
  ];
  for (const [name, authentication, expected] of ways) {
    test(`knows a device by ${name}`, async () => {
      const { json } = await rest.ask('PUT', '/devices/way', { body: { authentication } });
      assert.deepEqual(json['authentication'], expected);
      await rest.ask('DELETE', '/devices/way', { headers: { 'If-Match': '*' } });
    });
  }

  const refused: [name: string, path: string, request: RestRequest, status: number, code: string][] = [
    ['a second device of an id', '/devices/there', { body: {} }, 409, 'DeviceAlreadyExists'],
    [
      'a change of what is not there',
      '/devices/absent',
      { body: {}, headers: { 'If-Match': '*' } },
      404,
      'DeviceNotFound',
    ],
    ['another id in the body', '/devices/a', { body: { deviceId: 'b' } }, 400, 'ArgumentInvalid'],
    ['a slash in the id', '/devices/a%2Fb', { body: {} }, 400, 'ArgumentInvalid'],
    ['a zero byte in the id', '/devices/a%00b', { body: {} }, 400, 'ArgumentInvalid'],
    ['a broken escape in the path', '/devices/a%zz', { body: {} }, 400, 'ArgumentInvalid'],
    ['an id of 129 characters', `/devices/${'a'.repeat(129)}`, { body: {} }, 400, 'ArgumentInvalid'],
    ['an id of 4000 characters', `/devices/${'a'.repeat(4000)}`, { body: {} }, 400, 'ArgumentInvalid'],
    ['no JSON', '/devices/a', { body: '{"deviceId":' }, 400, 'ArgumentInvalid'],
    ['no object', '/devices/a', { body: [1] }, 400, 'ArgumentInvalid'],
    ['no body', '/devices/a', {}, 400, 'ArgumentInvalid'],
    [
      'JSON that nests deep',
      '/devices/a',
      { body: `${'['.repeat(50_000)}${']'.repeat(50_000)}` },
      400,
      'ArgumentInvalid',
    ],
    ['a body of 2 MB', '/devices/a', { body: `"${'x'.repeat(2 ** 21)}"` }, 413, 'MessageTooLarge'],
    ['a status that there is not', '/devices/a', { body: { status: 'on' } }, 400, 'ArgumentInvalid'],
    [
      'a short key',
      '/devices/a',
      { body: { authentication: { symmetricKey: { primaryKey: 'c2hvcnQ=', secondaryKey: KEY } } } },
      400,
      'ArgumentInvalid',
    ],
    [
      'a thumbprint that is none',
      '/devices/a',
      { body: { authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: 'xyz' } } } },
      400,
      'ArgumentInvalid',
    ],
    ['no api-version', '/devices/a', { body: {}, bare: true }, 400, 'InvalidProtocolVersion'],
    [
      'an api-version that is none',
      '/devices/a?api-version=latest',
      { body: {}, bare: true },
      400,
      'InvalidProtocolVersion',
    ],
    [
      'an If-Match that is no etag',
      '/devices/there',
      { body: {}, headers: { 'If-Match': '"a" b"' } },
      400,
      'ArgumentInvalid',
    ],
    [
      'an etag of another time',
      '/devices/there',
      { body: {}, headers: { 'If-Match': '"AAAA"' } },
      412,
      'PreconditionFailed',
    ],
  ];
  for (const [name, path, request, status, code] of refused) {
    test(`refuses ${name}`, async () => {
      await rest.ask('PUT', '/devices/there', { body: {} });
      const answer = await rest.ask('PUT', path, request);
      assert.deepEqual([answer.status, codeOf(answer.json)], [status, code]);
      assert.equal((await rest.ask('GET', '/devices/there')).status, 200);
    });
  }

  test('names from the prototype are names like others', async () => {
    for (const id of ['__proto__', 'constructor', 'toString']) {
      const made = await rest.ask('PUT', `/devices/${id}`, {
        body: `{"deviceId":"${id}","__proto__":{"status":"disabled"}}`,
      });
      assert.deepEqual([made.status, made.json['deviceId'], made.json['status']], [200, id, 'enabled']);
      const tags = '{"tags":{"__proto__":{"polluted":true},"constructor":1}}';
      const { json } = await rest.ask('PATCH', `/twins/${id}`, { body: tags });
      assert.equal(JSON.stringify(json['tags']), '{"__proto__":{"polluted":true},"constructor":1}');
      assert.equal((await rest.ask('DELETE', `/devices/${id}`)).status, 204);
    }
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });

  test('many at once: what can be done is done, and the rest is told', async () => {
    const body = [
      { id: 'bulk-1', importMode: 'create' },
      { id: 'bulk-2' },
      { id: 'bulk-1', importMode: 'create' },
      { id: 'no/id' },
    ];
    const made = await rest.ask('POST', '/devices', { body });
    assert.equal(made.status, 400);
    assert.equal(made.json['isSuccessful'], false);
    const errors = made.json['errors'] as { deviceId: string; errorCode: string }[];
    assert.deepEqual(
      errors.map(({ deviceId, errorCode }) => [deviceId, errorCode]),
      [
        ['bulk-1', 'DeviceAlreadyExists'],
        ['no/id', 'ArgumentInvalid'],
      ],
    );
    const { json } = await rest.ask('GET', '/devices/bulk-2');
    const items = [
      { id: 'bulk-1', importMode: 'Delete' },
      { id: 'bulk-2', importMode: 'DeleteIfMatchETag', etag: json['etag'] ?? '' },
    ];
    assert.deepEqual((await rest.ask('POST', '/devices', { body: items })).json, {
      isSuccessful: true,
      errors: [],
      warnings: [],
    });
    for (const wrong of [[], {}, [1], Array(101).fill({ id: 'x' })])
      assert.equal((await rest.ask('POST', '/devices', { body: wrong })).status, 400);
  });
});

suite('who may use it', () => {
  const reading = ['GET', '/devices/none'] as const;
  const writing = ['DELETE', '/devices/none'] as const;
  const twin = ['PATCH', '/twins/none'] as const;
  const statistics = ['GET', '/statistics/service'] as const;
  const allowed: [policy: NonNullable<RestRequest['policy']>, may: readonly (readonly [string, string])[]][] = [
    ['iothubowner', [reading, writing, twin, statistics]],
    ['registryReadWrite', [reading, writing, statistics]],
    ['registryRead', [reading, statistics]],
    ['service', [twin, statistics]],
    ['device', []],
    ['provisioningserviceowner', []],
  ];
  for (const [policy, may] of allowed) {
    test(`the policy ${policy} allows what it does at Azure`, async () => {
      for (const what of [reading, writing, twin, statistics]) {
        const { status } = await rest.ask(what[0], what[1], { policy, body: {} });
        assert.equal(status === 401, !may.includes(what), `${what.join(' ')}: ${status}`);
      }
    });
  }

  test('tokens that prove nothing are refused, with the reason for the operator alone', async () => {
    const { SharedAccessKey: key = '', HostName: host = '' } = partsOf(rest.cloud.connectionStrings.iothubowner);
    const now = Math.floor(Date.now() / 1000);
    const tokens: [token: string, reason: RegExp][] = [
      ['', /no Authorization header was sent/],
      ['Bearer eyJhbGciOi', /Entra ID are not taken here/],
      ['Basic YTpi', /it is not a token/],
      [sas(host, KEY, { policy: 'iothubowner' }), /signed with neither key of the policy iothubowner/],
      [sas(host, key, { policy: 'iothubowner', se: now - 301 }), /the token has expired/],
      [sas('other.azure-devices.net', key, { policy: 'iothubowner' }), /the token is for "other/],
      [sas(`${host}/devices/other`, key, { policy: 'iothubowner' }), /the token is for/],
      [sas(host, key), /names no policy/],
      [sas(host, key, { policy: 'constructor' }), /there is no such policy/],
    ];
    for (const [authorization, reason] of tokens) {
      const refusal = rest.cloud.nextEvent('refusal');
      const { status, text } = await rest.ask('GET', '/devices/x', { authorization });
      assert.equal(status, 401, authorization);
      assert.match((await refusal).reason, reason);
      assert.doesNotMatch(text, /neither|expired|policy|sig=/);
    }
    const narrow = sas(`${host}/devices/narrow`, key, { policy: 'iothubowner' });
    assert.equal((await rest.ask('GET', '/devices/narrow', { authorization: narrow })).status, 404);
    assert.equal((await rest.ask('GET', '/devices', { authorization: narrow })).status, 401);
  });

  test('what is not there is said, to the client and to the operator', async () => {
    for (const [method, path, status] of [
      ['POST', '/jobs/create', 404],
      ['PUT', '/configurations/x', 404],
      ['PATCH', '/devices/x', 405],
      ['GET', '/', 404],
    ] as const) {
      const refusal = rest.cloud.nextEvent('refusal');
      const answer = await rest.ask(method, path, { body: {} });
      assert.equal(answer.status, status);
      assert.match((await refusal).reason, /is not offered by the local cloud/);
      assert.match(answer.text, /is not offered by the local cloud/);
    }
  });

  test('whatever is sent, it is answered, and never with a fault of the cloud', async () => {
    const method = fc.constantFrom('GET', 'PUT', 'POST', 'PATCH', 'DELETE');
    const segment = fc.oneof(
      fc.constantFrom(
        'devices',
        'twins',
        'query',
        'methods',
        'statistics',
        '%00',
        '%2F',
        '..',
        '%zz',
        '$iothub',
        'there',
      ),
      fc.string().map(encodeURIComponent),
    );
    const body = fc.oneof(fc.json(), fc.string(), fc.constantFrom('', '[]', '{"query":1}', '{"methodName":"a"}'));
    const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
    await fc.assert(
      fc.asyncProperty(method, path, body, async (verb, where, what) => {
        const { status } = await rest.ask(verb, where, { body: what });
        assert.ok(status >= 200 && status < 500, `${verb} ${where} ${what}: ${status}`);
      }),
      { numRuns: 150 },
    );
  });
});
