import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import type { Json } from '../../../src/json.ts';
import { type RestClient, type RestRequest, sas, startRest } from './rest-client.ts';

let rest: RestClient;
before(async () => {
  rest = await startRest({ assigningAnswers: 1 });
});
after(async () => {
  rest.close();
  await rest.cloud.close();
});

const KEY = Buffer.alloc(32, 3).toString('base64');
const OTHER = Buffer.alloc(32, 4).toString('base64');
const SYMMETRIC = { type: 'symmetricKey', symmetricKey: { primaryKey: KEY, secondaryKey: OTHER } };
const ask = (method: string, path: string, request: RestRequest = {}) =>
  rest.ask(method, path, { policy: 'provisioningserviceowner', ...request });

/** Registers a device by HTTPS, and gives the last answer. */
async function register(id: string, key: string) {
  const scope = rest.cloud.idScope;
  const authorization = sas(`${scope}/registrations/${id}`, key, { policy: 'registration' });
  const body = { registrationId: id };
  const first = await rest.ask('PUT', `/${scope}/registrations/${id}/register`, { authorization, body });
  if (first.status !== 202) return first;
  assert.equal(first.headers['retry-after'], '1');
  return rest.ask('GET', `/${scope}/registrations/${id}/operations/${String(first.json['operationId'])}`, {
    authorization,
  });
}

suite('individual enrollments', () => {
  test('are made, shown, changed, listed and deleted', async () => {
    const body = {
      registrationId: 'one',
      deviceId: 'device-one',
      attestation: SYMMETRIC,
      initialTwin: { tags: { site: 'x' }, properties: { desired: { a: 1 } } },
      capabilities: { iotEdge: true },
      reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false },
      allocationPolicy: 'static',
      optionalDeviceInformation: { colour: 'red' },
    };
    const made = await ask('PUT', '/enrollments/one', { body });
    assert.equal(made.status, 200);
    const { etag, createdDateTimeUtc, lastUpdatedDateTimeUtc, ...shown } = made.json;
    assert.equal(made.headers['etag'], etag);
    assert.equal(createdDateTimeUtc, lastUpdatedDateTimeUtc);
    assert.deepEqual(shown, {
      ...body,
      attestation: { type: 'symmetricKey', symmetricKey: {} },
      provisioningStatus: 'enabled',
    });
    assert.ok(!made.text.includes(KEY));
    assert.deepEqual((await ask('GET', '/enrollments/ONE')).json, made.json);
    assert.deepEqual((await ask('POST', '/enrollments/one/attestationmechanism')).json, SYMMETRIC);

    // What was read may be sent back, and keeps the keys.
    const disabled = await ask('PUT', '/enrollments/one', {
      body: { ...made.json, provisioningStatus: 'disabled' },
      headers: { 'If-Match': String(etag) },
    });
    assert.equal(disabled.json['provisioningStatus'], 'disabled');
    assert.deepEqual((await ask('POST', '/enrollments/one/attestationmechanism')).json, SYMMETRIC);
    for (const method of ['PUT', 'DELETE'])
      assert.equal(
        (await ask(method, '/enrollments/one', { body, headers: { 'If-Match': String(etag) } })).status,
        412,
      );

    assert.equal((await register('one', KEY)).json['status'], 'disabled');
    await ask('PUT', '/enrollments/one', { body });
    const registered = await register('one', KEY);
    assert.deepEqual([registered.status, registered.json['status']], [200, 'assigned']);
    const twin = (await rest.ask('GET', '/twins/device-one')).json;
    assert.deepEqual([twin['tags'], twin['capabilities']], [{ site: 'x' }, { iotEdge: true }]);
    const state = await ask('GET', '/registrations/one');
    assert.deepEqual(
      [state.json['deviceId'], state.json['status'], state.json['assignedHub']],
      ['device-one', 'assigned', '127.0.0.1'],
    );

    const listed = await ask('POST', '/enrollments/query', { body: { query: '*' } });
    assert.equal(listed.headers['x-ms-item-type'], 'enrollment');
    assert.equal((JSON.parse(listed.text) as Json[]).length, 1);
    assert.equal((await ask('DELETE', '/enrollments/one')).status, 204);
    const gone = await ask('GET', '/enrollments/one');
    assert.deepEqual([gone.status, gone.json['errorCode']], [404, 404201]);
    assert.equal(
      (await ask('DELETE', '/registrations/one', { headers: { 'If-Match': String(state.json['etag']) } })).status,
      204,
    );
    assert.equal((await ask('GET', '/registrations/one')).status, 404);
  });

  test('by certificate show it without its text, and take it as PEM and as base64 alone', async () => {
    const { certificate, key } = await rest.cloud.enroll('leaf');
    await rest.cloud.enrollments.delete('leaf');
    const [leaf = ''] = certificate.split(/(?<=-----END CERTIFICATE-----\n)/);
    const bare = leaf.replaceAll(/-----.*-----|\s/g, '');
    for (const text of [leaf, bare]) {
      const x509 = { clientCertificates: { primary: { certificate: text } } };
      const made = await ask('PUT', '/enrollments/leaf', { body: { attestation: { type: 'x509', x509 } } });
      assert.equal(made.status, 200, made.text);
      const { clientCertificates } = (
        made.json['attestation'] as { x509: { clientCertificates: { primary: { info: Record<string, string> } } } }
      ).x509;
      assert.match(clientCertificates.primary.info['subjectName'] ?? '', /CN=leaf$/);
      assert.equal((await ask('PUT', '/enrollments/leaf', { body: made.json })).status, 200);
    }
    const path = `/${rest.cloud.idScope}/registrations/leaf/register`;
    const { status } = await rest.ask('PUT', path, { authorization: '', tls: { cert: certificate, key }, body: {} });
    assert.equal(status, 202);
  });

  const refused: [name: string, path: string, body: Json, code: number][] = [
    ['no attestation', '/enrollments/a', {}, 400004],
    ['a TPM without its key', '/enrollments/a', { attestation: { type: 'tpm' } }, 400004],
    ['another id', '/enrollments/a', { registrationId: 'b', attestation: SYMMETRIC }, 400004],
    [
      'a short key',
      '/enrollments/a',
      { attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: 'c2hvcnQ=' } } },
      400004,
    ],
    [
      'a certificate that is none',
      '/enrollments/a',
      { attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: 'x' } } } } },
      400004,
    ],
    ['no certificate', '/enrollments/a', { attestation: { type: 'x509', x509: {} } }, 400004],
    [
      'a certificate by its name',
      '/enrollmentGroups/a',
      { attestation: { type: 'x509', x509: { caReferences: { primary: 'x' } } } },
      400004,
    ],
    ['an id with a blank', '/enrollments/a%20b', { attestation: SYMMETRIC }, 400004],
    ['an id that is too long', `/enrollments/${'a'.repeat(129)}`, { attestation: SYMMETRIC }, 400004],
    [
      'desired properties that no twin can hold',
      '/enrollments/a',
      { attestation: SYMMETRIC, initialTwin: { properties: { desired: { 'a.b': 1 } } } },
      400004,
    ],
  ];
  for (const [name, path, body, code] of refused) {
    test(`with ${name} are refused`, async () => {
      const { status, json } = await ask('PUT', path, { body });
      assert.deepEqual([status, json['errorCode']], [Math.floor(code / 1000), code]);
      assert.match(String(json['trackingId']), /^[0-9a-f-]{36}$/);
    });
  }

  test('many at once', async () => {
    const item = (registrationId: string) => ({ registrationId, attestation: SYMMETRIC });
    const made = await ask('POST', '/enrollments', {
      body: { mode: 'create', enrollments: [item('m-1'), item('m-2'), { registrationId: 'm-3' }] },
    });
    assert.equal(made.json['isSuccessful'], false);
    assert.deepEqual(
      (made.json['errors'] as { registrationId: string }[]).map(({ registrationId }) => registrationId),
      ['m-3'],
    );
    const body = { query: 'SELECT * FROM enrollments' };
    const page = await ask('POST', '/enrollments/query', { body, headers: { 'x-ms-max-item-count': '1' } });
    const more = { 'x-ms-continuation': String(page.headers['x-ms-continuation']) };
    const rest_ = JSON.parse((await ask('POST', '/enrollments/query', { body, headers: more })).text) as {
      registrationId: string;
    }[];
    assert.ok(rest_.some(({ registrationId }) => registrationId === 'm-2'));
    const gone = await ask('POST', '/enrollments', {
      body: { mode: 'delete', enrollments: [item('m-1'), item('m-2')] },
    });
    assert.deepEqual(gone.json, { isSuccessful: true, errors: [] });
    assert.equal((await ask('POST', '/enrollments/query', { body: { query: 'SELECT x' } })).status, 400);
    assert.equal((await ask('POST', '/enrollments', { body: { mode: 'x', enrollments: [] } })).status, 400);
  });
});

suite('enrollment groups', () => {
  test('with a key let in whoever has a derived one, and list them', async () => {
    const body = { enrollmentGroupId: 'group', attestation: { type: 'symmetricKey' } };
    assert.equal((await ask('PUT', '/enrollmentGroups/group', { body })).status, 200);
    const { symmetricKey } = (await ask('POST', '/enrollmentgroups/group/attestationmechanism')).json as {
      symmetricKey: Record<string, string>;
    };
    for (const [id, name] of [
      ['g-1', 'primaryKey'],
      ['g-2', 'secondaryKey'],
    ] as const) {
      const derived = createHmac('sha256', Buffer.from(symmetricKey[name] ?? '', 'base64'))
        .update(id)
        .digest('base64');
      assert.equal((await register(id, derived)).json['status'], 'assigned');
      const authorization = sas(`127.0.0.1/devices/${id}`, derived);
      assert.equal((await rest.ask('POST', `/devices/${id}/messages/events`, { authorization, body: {} })).status, 204);
    }
    const { text } = await ask('POST', '/registrations/group/query', { body: { query: '*' } });
    assert.deepEqual(
      (JSON.parse(text) as { registrationId: string }[]).map(({ registrationId }) => registrationId),
      ['g-1', 'g-2'],
    );
    assert.equal((await ask('GET', '/enrollments/group')).status, 404);
    // Individual enrollments have names of their own.
    assert.equal((await ask('PUT', '/enrollments/group', { body: { attestation: SYMMETRIC } })).status, 200);
    assert.equal((await ask('DELETE', '/enrollments/group')).status, 204);
    assert.equal((await ask('DELETE', '/enrollmentGroups/group')).status, 204);
    assert.equal((await register('g-1', KEY)).status, 404);
  });

  test('with a second authority take devices of both', async () => {
    const first = await rest.cloud.enroll('ca-1');
    await rest.cloud.enrollments.delete('ca-1');
    const other = await startRest();
    const stranger = await other.cloud.enroll('ca-2');
    other.close();
    await other.cloud.close();
    const signingCertificates = { primary: { certificate: stranger.signer }, secondary: { certificate: first.signer } };
    const made = await ask('PUT', '/enrollmentGroups/authorities', {
      body: { attestation: { type: 'x509', x509: { signingCertificates } } },
    });
    assert.equal(made.status, 200, made.text);
    for (const { deviceId, certificate, key } of [first, stranger]) {
      const path = `/${rest.cloud.idScope}/registrations/${deviceId}/register`;
      const { status, text } = await rest.ask('PUT', path, {
        authorization: '',
        tls: { cert: certificate, key },
        body: {},
      });
      assert.equal(status, 202, text);
    }
    await ask('DELETE', '/enrollmentGroups/authorities');
  });
});

test('a TPM is enrolled, and lets nobody in', async () => {
  const attestation = { type: 'tpm', tpm: { endorsementKey: 'a' } };
  const made = await ask('PUT', '/enrollments/tpm', { body: { attestation } });
  assert.deepEqual([made.status, made.json['attestation']], [200, attestation]);
  assert.equal((await register('tpm', KEY)).status, 401);
  const twice = {
    mode: 'create',
    enrollments: [
      { registrationId: 't', attestation },
      { registrationId: 't', attestation },
    ],
  };
  assert.equal((await ask('POST', '/enrollments', { body: twice })).status, 400);
});

test('who may not is refused, in the words of DPS', async () => {
  await ask('PUT', '/enrollments/held', { body: { attestation: SYMMETRIC } });
  const scope = rest.cloud.idScope;
  const path = `/${scope}/registrations/held/register`;
  const wrong: [string, string, string][] = [
    ['GET', '/enrollments/held', rest.token('iothubowner')],
    ['GET', '/registrations/held', ''],
    ['PUT', path, ''],
    ['PUT', path, sas(`${scope}/registrations/held`, rest.cloud.pki.ca.key.slice(28, 72))],
    ['PUT', path, sas(`${scope}/registrations/other`, KEY)],
    ['PUT', path, sas(`${scope}/registrations/held`, KEY, { se: 1 })],
    [
      'POST',
      `/${scope}/registrations/held`,
      sas(`${scope}/registrations/held`, Buffer.alloc(32, 9).toString('base64')),
    ],
  ];
  for (const [method, where, authorization] of wrong) {
    const { status, json, text } = await rest.ask(method, where, { authorization, body: {} });
    assert.deepEqual([status, json['errorCode']], [401, 401002], `${method} ${where}`);
    assert.ok(!text.includes(KEY));
  }
});
