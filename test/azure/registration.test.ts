import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type RegistrationAnswer, registerBody, registrationAnswer } from '../../src/azure/registration.ts';
import type { Json } from '../../src/events.ts';

const OPERATION = '4.65f62b2644c85bb1.331ffb1b-35e2-4b5a-9e68-f1fa7d5efc33';
const HUB = 'iotc-524cd5bf-f583-46a6-9ac4-873783da764e.azure-devices.net';

function bytes(body: Json | undefined): Uint8Array {
  return Buffer.from(body === undefined ? '' : JSON.stringify(body));
}

function assigned(state: Record<string, Json> = {}): Json {
  return {
    operationId: OPERATION,
    status: 'assigned',
    registrationState: { assignedHub: HUB, deviceId: 'dev1', status: 'assigned', ...state },
  };
}

test('the model stands inside the payload of a registration (Azure 1.2)', () => {
  assert.deepEqual(registerBody('dev1', 'dtmi:com:Microchip:WBZ451_Curiosity;1'), {
    registrationId: 'dev1',
    payload: { modelId: 'dtmi:com:Microchip:WBZ451_Curiosity;1' },
  });
});

test('every status of DPS has its answer (Azure 1.4)', () => {
  const error = (errorCode: number, message: string): Json => ({ errorCode, trackingId: 't', message });
  const none = 'DPS gave no reason';
  const assigning = { operationId: OPERATION, status: 'assigning' };
  const failed = {
    status: 'failed',
    errorCode: 400207,
    errorMessage: 'Custom allocation failed with status code: 404',
  };
  const table: ['register' | 'poll', number, number | null, Json | undefined, RegistrationAnswer][] = [
    ['poll', 200, null, assigned(), { kind: 'assigned', hub: HUB, deviceId: 'dev1', substatus: null }],
    [
      'poll',
      200,
      null,
      assigned({ substatus: 'initialAssignment', connectionProfile: 'classic', payload: { a: 1 } }),
      { kind: 'assigned', hub: HUB, deviceId: 'dev1', substatus: 'initialAssignment' },
    ],
    ['poll', 200, null, assigned({ connectionProfile: 'mqttV5' }), { kind: 'profile', profile: 'mqttV5' }],
    ['poll', 200, null, assigned({ connectionProfile: 5, assignedHub: '' }), { kind: 'profile', profile: '5' }],
    [
      'poll',
      200,
      null,
      { operationId: OPERATION, status: 'failed', registrationState: failed },
      { kind: 'failed', errorCode: 400207, message: 'Custom allocation failed with status code: 404' },
    ],
    ['poll', 200, null, { status: 'failed' }, { kind: 'failed', errorCode: null, message: none }],
    ['poll', 200, null, { status: 'disabled' }, { kind: 'disabled' }],
    ['poll', 200, null, { registrationState: { status: 'disabled' } }, { kind: 'disabled' }],
    ['register', 202, 3, assigning, { kind: 'assigning', operationId: OPERATION, retryAfter: 3 }],
    ['poll', 202, null, assigning, { kind: 'assigning', operationId: OPERATION, retryAfter: null }],
    [
      'poll',
      200,
      1,
      { operationId: OPERATION, status: 'unassigned' },
      { kind: 'assigning', operationId: OPERATION, retryAfter: 1 },
    ],
    [
      'register',
      400,
      null,
      error(400012, 'Deserialization error.'),
      { kind: 'refused', status: 400, errorCode: 400012, message: 'Deserialization error.' },
    ],
    [
      'register',
      401,
      null,
      error(401002, 'Invalid certificate.'),
      { kind: 'refused', status: 401, errorCode: 401002, message: 'Invalid certificate.' },
    ],
    ['register', 403, null, undefined, { kind: 'refused', status: 403, errorCode: null, message: none }],
    ['register', 404, 5, undefined, { kind: 'refused', status: 404, errorCode: null, message: none }],
    ['poll', 405, null, undefined, { kind: 'refused', status: 405, errorCode: null, message: none }],
    ['poll', 415, null, [], { kind: 'refused', status: 415, errorCode: null, message: none }],
    [
      'poll',
      404,
      null,
      error(404203, 'Operation not found.'),
      { kind: 'again', status: 404, message: 'Operation not found.', retryAfter: null, restart: true },
    ],
    ['poll', 409, 2, undefined, { kind: 'again', status: 409, message: none, retryAfter: 2, restart: true }],
    ['register', 412, null, undefined, { kind: 'again', status: 412, message: none, retryAfter: null, restart: true }],
    [
      'poll',
      429,
      9,
      error(429001, 'Operations are being throttled.'),
      { kind: 'again', status: 429, message: 'Operations are being throttled.', retryAfter: 9, restart: false },
    ],
    ['register', 500, null, undefined, { kind: 'again', status: 500, message: none, retryAfter: null, restart: false }],
    ['poll', 503, 4, 'busy', { kind: 'again', status: 503, message: none, retryAfter: 4, restart: false }],
  ];
  for (const [request, status, retryAfter, body, expected] of table) {
    const answer = registrationAnswer(request, status, retryAfter, bytes(body));
    assert.deepEqual(answer, expected, `${request} ${status} ${JSON.stringify(body)}`);
  }
});

test('what cannot be understood is malformed and nothing else', () => {
  const bodies: (Json | undefined)[] = [
    undefined,
    null,
    [],
    'assigned',
    {},
    { status: 'assigned' },
    { status: 'assigned', registrationState: [] },
    { status: 'no such status', operationId: OPERATION },
    { status: { assigned: true } },
    { status: 'assigning' },
    { status: 'assigning', operationId: '' },
    { status: 'assigning', operationId: 'a b' },
    { status: 'assigning', operationId: 'é' },
    { status: 'assigning', operationId: 5 },
    { status: 'assigning', operationId: 'x'.repeat(129) },
    ...[
      '',
      'a b',
      'mqtts://hub',
      'hub:8883',
      '-hub',
      'hub.',
      '.hub',
      'a..b',
      'hüb',
      'h"',
      `${'h'.repeat(254)}`,
      1,
      null,
    ].map((assignedHub) => assigned({ assignedHub })),
    ...['', 'a/b', 'a#', 'a+', 'é', 'a\n', '\u0000', 'x'.repeat(129), 1, null].map((deviceId) =>
      assigned({ deviceId }),
    ),
  ];
  for (const body of bodies) {
    assert.equal(registrationAnswer('poll', 200, null, bytes(body)).kind, 'malformed', JSON.stringify(body));
  }
  for (const status of [100, 201, 204, 302]) {
    assert.equal(registrationAnswer('poll', status, null, bytes(assigned())).kind, 'malformed');
  }
});

test('hosts and device ids that Azure or a local cloud may assign are taken', () => {
  for (const assignedHub of ['localhost', '192.168.1.10', 'Hub-1.example.com', 'a', 'h'.repeat(253)]) {
    assert.equal(registrationAnswer('poll', 200, null, bytes(assigned({ assignedHub }))).kind, 'assigned', assignedHub);
  }
  for (const deviceId of ['sn0123FE0CF960432D01', 'a.b_c:d-e', "%*?!(),=@$'"]) {
    assert.equal(registrationAnswer('poll', 200, null, bytes(assigned({ deviceId }))).kind, 'assigned', deviceId);
  }
});

test('a message of DPS is shown bounded and without control characters', () => {
  const hostile = `\u001b[2J${'x'.repeat(1000)}\nsecond line`;
  const answer = registrationAnswer('register', 401, null, bytes({ errorCode: 1.5, message: hostile }));
  assert.ok(answer.kind === 'refused');
  assert.equal(answer.errorCode, null);
  assert.match(answer.message, /^\[2Jx{197}…$/);
});

test('any bytes with any status are judged without an exception', () => {
  const status = fc.oneof(fc.constantFrom(200, 202, 404, 429), fc.integer({ min: 100, max: 999 }));
  const payload = fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from));
  fc.assert(
    fc.property(fc.constantFrom('register', 'poll'), status, payload, (request, code, body) => {
      const { kind } = registrationAnswer(request, code, null, body);
      if (code >= 400) assert.ok(kind === 'refused' || kind === 'again');
    }),
  );
});
