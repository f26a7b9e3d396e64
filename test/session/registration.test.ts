import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../src/errors.ts';
import { DEVICE, HUB, Rig } from '../helpers/rig.ts';

// The registration at DPS: what is asked, at which pace, and what each answer leads to.

interface Asked {
  /** Milliseconds since the state dps-register was entered. */
  at: number;
  what: 'register' | 'poll';
  rid: string;
}

interface Answer {
  topic?: string;
  status: number;
  body: unknown;
  retryAfter?: number;
}

const ASSIGNING = { status: 202, body: { operationId: 'op.1', status: 'assigning' } };
const ASSIGNED = {
  status: 200,
  body: { status: 'assigned', registrationState: { assignedHub: HUB, deviceId: DEVICE, status: 'assigned' } },
};

/** A session whose DPS gives these answers, one after another; null is none. The last one is given again and again. */
function registering(answers: (Answer | null)[]): { rig: Rig; asked: Asked[] } {
  const rig = new Rig();
  const asked: Asked[] = [];
  let entered = 0;
  rig.onState = (state) => {
    if (state === 'dps-register') entered = rig.clock.monotonic();
  };
  const publish = rig.modem.script['mqtt.publish'];
  rig.modem.script['mqtt.publish'] = (topic, payload) => {
    const match = /^\$dps\/registrations\/(PUT|GET)\/.*\$rid=(\d+)/.exec(topic);
    if (!match) return publish(topic, payload);
    const [, verb, rid = ''] = match;
    asked.push({ at: rig.clock.monotonic() - entered, what: verb === 'PUT' ? 'register' : 'poll', rid });
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    if (!answer) return true;
    const retry = answer.retryAfter === undefined ? '' : `&retry-after=${answer.retryAfter}`;
    rig.send(answer.topic ?? `$dps/registrations/res/${answer.status}/?$rid=${rid}${retry}`, answer.body);
    return true;
  };
  return { rig, asked };
}

async function failure({ rig }: { rig: Rig }): Promise<AppError> {
  const error = await rig.clock.until(rig.run(), 3_600_000);
  assert.ok(error instanceof AppError, `${error}`);
  return error;
}

/** Milliseconds between requests. */
function gaps(asked: Asked[]): number[] {
  return asked.slice(1).map(({ at }, index) => at - (asked[index]?.at ?? 0));
}

test('DPS is polled at the pace that it asks for, every 3 s when it names none', async () => {
  for (const [retryAfter, gap] of [
    [undefined, 3_000],
    [0, 0],
    [1, 1_000],
    [7, 7_000],
  ] as const) {
    const answer = { ...ASSIGNING, ...(retryAfter !== undefined && { retryAfter }) };
    const { rig, asked } = registering([answer, answer, answer, ASSIGNED]);
    await rig.state('dps-disconnect');
    assert.deepEqual(gaps(asked), [gap + 20, gap + 20, gap + 20]);
    assert.deepEqual(
      asked.map(({ what, rid }) => `${what} ${rid}`),
      ['register 1', 'poll 2', 'poll 3', 'poll 4'],
    );
    await rig.stop();
  }
});

test('an answer that says later is obeyed: not before retry-after, nor before the pause of its own', async () => {
  for (const status of [429, 500, 503]) {
    for (const [retryAfter, gap] of [
      [undefined, 1_000],
      [0, 1_000],
      [5, 6_000],
    ] as const) {
      const refusal = { status, body: { message: 'busy' }, ...(retryAfter !== undefined && { retryAfter }) };
      const { rig, asked } = registering([refusal, ASSIGNED]);
      await rig.state('dps-disconnect');
      assert.deepEqual(gaps(asked), [gap + 20], `${status} ${retryAfter}`);
      assert.ok(rig.text().includes(`warning: DPS answered ${status}: busy. Trying again in`));
      await rig.stop();
    }
  }
});

test('a conflict, and an operation that is gone, begin the registration again; others repeat the request', async () => {
  for (const [status, after, what] of [
    [409, [ASSIGNING], 'register'],
    [412, [ASSIGNING], 'register'],
    [404, [ASSIGNING], 'register'],
    [500, [ASSIGNING], 'poll'],
    [429, [ASSIGNING], 'poll'],
  ] as const) {
    const { rig, asked } = registering([...after, { status, body: {} }, ASSIGNED]);
    await rig.state('dps-disconnect');
    assert.deepEqual(
      asked.map((each) => each.what),
      ['register', 'poll', what],
      String(status),
    );
    await rig.stop();
  }
});

test('what DPS decides for good ends the session with 7, and its own words', async () => {
  for (const [answer, code, says] of [
    [{ status: 401, body: { errorCode: 401002, message: 'no' } }, 'E_DPS_REFUSED', /status 401: 401002 no/],
    [{ status: 404, body: { errorCode: 404201, message: 'no' } }, 'E_DPS_REFUSED', /status 404: 404201 no/],
    [{ status: 200, body: { status: 'disabled' } }, 'E_DPS_DISABLED', /is disabled/],
    [
      { status: 200, body: { status: 'failed', registrationState: { errorCode: 400207, errorMessage: 'full' } } },
      'E_DPS_FAILED',
      /400207 full/,
    ],
  ] as const) {
    const dps = registering([answer]);
    const error = await failure(dps);
    assert.deepEqual([error.code, error.exitCode], [code, 7]);
    assert.match(error.message, says);
    assert.equal(dps.asked.length, 1);
  }
});

test('a hub and an id that the module cannot hold are named at once, with both numbers', async () => {
  const name = (host: number) => `${'h'.repeat(host - '.azure-devices.net'.length)}.azure-devices.net`;
  const assigned = (assignedHub: string, deviceId: string) => ({
    status: 200,
    body: { status: 'assigned', registrationState: { assignedHub, deviceId } },
  });
  for (const [answer, says] of [
    [assigned(name(64), DEVICE), /the hub "h+\.azure-devices\.net", which makes 64 bytes where the module takes 63/],
    [assigned(HUB, 'd'.repeat(24)), /the device id "d+", which makes 24 bytes where the module takes 23/],
    [
      { status: 202, body: { operationId: 'o'.repeat(100), status: 'assigning' } },
      /the operation id "o+", which makes/,
    ],
  ] as const) {
    const error = await failure(registering([answer]));
    assert.deepEqual([error.code, error.exitCode], ['E_DPS_LIMIT', 7]);
    assert.match(error.message, says);
  }
  const { rig } = registering([assigned(name(63), 'd'.repeat(23))]);
  await rig.state('hub-subscribe');
  await rig.stop();
});

test('every event tells the device from its identity on: the name of its certificate, then the one that DPS has for it', async () => {
  const body = { status: 'assigned', registrationState: { assignedHub: HUB, deviceId: 'another-name' } };
  const { rig } = registering([{ status: 200, body }]);
  await rig.state('telemetry');
  const ids = rig.events.map(({ deviceId }) => deviceId);
  const known = ids.indexOf(DEVICE);
  const assigned = rig.events.findIndex(({ type }) => type === 'assigned');
  assert.ok(known > 0 && ids.slice(0, known).every((id) => id === undefined));
  assert.ok(ids.slice(known, assigned).every((id) => id === DEVICE));
  assert.ok(ids.slice(assigned).every((id) => id === 'another-name'));
  await rig.stop();
});

test('an answer that is larger than the module can receive is named at once', async () => {
  const dps = registering([null]);
  dps.rig.onState = (state) => {
    if (state === 'dps-register')
      dps.rig.clock.after(100, () => dps.rig.modem.tell({ type: 'overflow', bytes: 1_800 }));
  };
  const error = await failure(dps);
  assert.equal(error.code, 'E_DPS_LIMIT');
  assert.match(error.message, /of 1800 bytes is larger than the 1500 bytes/);
});

test('a DPS that asks to wait longer than a registration may take is not waited for', async () => {
  for (const [answer, says] of [
    [{ ...ASSIGNING, retryAfter: 100_000 }, /asks to wait 28 hours/],
    [{ status: 429, body: {}, retryAfter: 600 }, /asks to wait 10 minutes/],
  ] as const) {
    const dps = registering([answer]);
    const error = await failure(dps);
    assert.equal(error.code, 'E_DPS_BUSY');
    assert.match(error.message, says);
    assert.ok(dps.rig.clock.monotonic() < 60_000 + Date.parse('2026-11-23T12:00:00Z'));
    assert.equal(dps.asked.length, 1);
  }
});

test('an answer to another request does not count, one without a request id does', async () => {
  const topic = '$dps/registrations/res/202/?$rid=77&retry-after=1';
  const other = registering([{ ...ASSIGNING, topic }]);
  await other.rig.state('reset');
  assert.ok(other.rig.text().includes('warning: DPS did not answer within 30 s. Trying again in 1 s.'));
  await other.rig.stop();
  const anonymous = registering([{ ...ASSIGNING, topic: '$dps/registrations/res/202/?$rid=&retry-after=1' }, ASSIGNED]);
  await anonymous.rig.state('dps-disconnect');
  assert.deepEqual(gaps(anonymous.asked), [1_020]);
  await anonymous.rig.stop();
});

test('dps-register × failed: no subscription, no answer, an answer that makes no sense, no end', async () => {
  const deaf = registering([ASSIGNED]);
  deaf.rig.modem.script['mqtt.subscribe'] = () => false;
  assert.deepEqual((await deaf.rig.visit('dps-register')).slice(-2), [
    '10 warning: The subscription to DPS failed. Trying again in 1 s.',
    '10 state reset',
  ]);
  await deaf.rig.stop();
  const silent = registering([null]);
  assert.equal((await silent.rig.visit('dps-register')).at(-1), '30020 state reset');
  await silent.rig.stop();
  const odd = registering([{ status: 202, body: 'odd' }]);
  assert.match((await odd.rig.visit('dps-register')).at(-2) ?? '', /cannot be understood\. Trying again/);
  await odd.rig.stop();
  const endless = registering([{ ...ASSIGNING, retryAfter: 30 }]);
  const error = await failure(endless);
  assert.equal(error.code, 'E_DPS_BUSY');
  assert.equal(endless.asked.length, 10);
});
