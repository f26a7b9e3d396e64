import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AtError } from '../../src/at/error.ts';
import { AppError } from '../../src/errors.ts';
import { outcomeOfError } from '../../src/session/outcomes.ts';
import { RetryPolicy } from '../../src/session/retry-policy.ts';
import { isServing, next, type State, TRANSITIONS } from '../../src/session/table.ts';
import { TelemetryBuffer } from '../../src/session/telemetry-buffer.ts';

const STATES = Object.keys(TRANSITIONS) as State[];

/** The rows of a state, as plain text. */
function rows(state: State): [string, string][] {
  return Object.entries(TRANSITIONS[state]);
}

test('the table reads like the walkthrough', () => {
  const story: [State, Parameters<typeof next>[1]][] = [
    ['open-port', 'opened'],
    ['sync', 'ready'],
    ['root-cert', 'trusted'],
    ['identity', 'known'],
    ['wi-fi', 'joined'],
    ['clock', 'set'],
    ['dps-connect', 'connected'],
    ['dps-register', 'assigned'],
    ['dps-disconnect', 'closed'],
    ['hub-connect', 'connected'],
    ['hub-subscribe', 'subscribed'],
    ['twin', 'read'],
    ['report-properties', 'reported'],
  ];
  for (const [index, [state, outcome]] of story.entries()) {
    assert.equal(next(state, outcome), story[index + 1]?.[0] ?? 'telemetry', state);
  }
});

test('every row leads to a state of the table, or ends the session, and every state can be reached', () => {
  const reached = new Set<string>(['open-port']);
  for (const state of STATES) {
    for (const [outcome, following] of rows(state)) {
      assert.ok(following === 'stop' || following in TRANSITIONS, `${state} × ${outcome}`);
      reached.add(following);
    }
  }
  for (const state of STATES) assert.ok(reached.has(state), state);
});

test('from every state, telemetry can be reached again', () => {
  for (const start of STATES) {
    const seen = new Set<string>([start]);
    const frontier: string[] = [start];
    for (let state = frontier.pop(); state !== undefined; state = frontier.pop()) {
      for (const [, following] of rowsOf(state)) {
        if (following === 'stop' || seen.has(following)) continue;
        seen.add(following);
        frontier.push(following);
      }
    }
    assert.ok(seen.has('telemetry'), start);
  }
});

function rowsOf(state: string): [string, string][] {
  return STATES.includes(state as State) ? rows(state as State) : [];
}

test('the rules of recovery: no second connect while the module owns a connection, a reset before it', () => {
  for (const state of STATES.filter(isServing)) {
    assert.equal(next(state, 'broker-down'), 'await-reconnect', state);
    assert.equal(next(state, 'wifi-lost'), 'rejoin', state);
    assert.equal(next(state, 'stuck'), 'reset', state);
  }
  for (const state of ['dps-connect', 'dps-register', 'dps-disconnect'] as const) {
    assert.equal(next(state, 'wifi-lost'), 'reset', state);
  }
  assert.equal(next('dps-register', 'broker-down'), 'reset');
  for (const state of STATES) {
    // Only these lead to AT+MQTTCONN=1, and all of them after a boot, or after a close.
    const connects = rows(state).filter(([, following]) => following === 'dps-connect' || following === 'hub-connect');
    assert.deepEqual(
      connects.map(([outcome]) => `${state} ${outcome}`),
      { clock: ['clock set'], 'dps-disconnect': ['dps-disconnect closed'] }[state as string] ?? [],
    );
  }
});

test('a banner and a lost port count in every state in which there is a module', () => {
  for (const state of STATES) {
    if (state === 'open-port') continue;
    assert.equal(next(state, 'port-lost'), 'open-port', state);
    if (state !== 'reset') assert.equal(next(state, 'rebooted'), 'sync', state);
  }
});

test('an outcome without a row means nothing', () => {
  assert.equal(next('await-reconnect', 'broker-down'), null);
  assert.equal(next('hub-connect', 'broker-down'), null);
  assert.equal(next('open-port', 'timed-out'), null);
});

test('failures of commands become outcomes, and what is no matter of the connection does not', () => {
  const refused = (code: number) => new AtError('refused', '', { ok: false, code, text: '' });
  assert.equal(outcomeOfError(new AtError('timed-out', '')), 'timed-out');
  assert.equal(outcomeOfError(new AtError('reset', '')), 'rebooted');
  assert.equal(outcomeOfError(new AtError('closed', '')), 'port-lost');
  assert.equal(outcomeOfError(new AtError('not-connected', '')), 'broker-down');
  assert.equal(outcomeOfError(refused(7)), null);
  assert.equal(outcomeOfError(new AtError('limit', '')), null);
  assert.equal(outcomeOfError(new Error('a bug')), null);
});

test('pauses double up to a minute, with a jitter of a fifth', () => {
  const error = new AppError('E_HUB_CONNECT', 'no', 'wait');
  for (const [random, factor] of [
    [0, 0.8],
    [0.5, 1],
    [1, 1.2],
  ] as const) {
    const setbacks = new RetryPolicy(() => random);
    assert.equal(setbacks.pause, 0);
    setbacks.reached();
    const pauses = Array.from({ length: 9 }, () => {
      setbacks.record(error);
      return setbacks.pause;
    });
    const plain = [1, 2, 4, 8, 16, 32, 60, 60, 60];
    assert.deepEqual(
      pauses,
      plain.map((seconds) => Math.round(1000 * seconds * factor)),
    );
    setbacks.clear();
    assert.equal(setbacks.pause, 0);
  }
});

test('before the first telemetry it is given up, after it never', () => {
  const setbacks = new RetryPolicy(() => 0.5);
  const hub = new AppError('E_HUB_CONNECT', 'no', 'wait');
  setbacks.record(hub);
  setbacks.record(hub);
  assert.throws(() => setbacks.record(hub), hub);
  const wifi = new RetryPolicy(() => 0.5);
  const join = new AppError('E_WIFI_JOIN', 'no', 'check');
  wifi.record(join);
  assert.throws(() => wifi.record(join), join);
  const reached = new RetryPolicy(() => 0.5);
  reached.reached();
  for (let i = 0; i < 50; i++) reached.record(join);
});

/** A sensor that counts its readings. */
function outbox(): TelemetryBuffer {
  let reading = 0;
  return new TelemetryBuffer(() => ({ reading: ++reading }));
}

test('the first sample is due at once, the next after the interval', () => {
  const box = outbox();
  assert.equal(box.take(1_000_000, 10, 0), 0);
  assert.deepEqual(box.next, { body: { reading: 1 }, takenAt: 1_000_000 });
  box.remove();
  box.take(1_009_999, 10, 0);
  assert.equal(box.next, undefined);
  assert.equal(box.due(10), 1_010_000);
  assert.equal(box.due(2), 1_002_000);
  box.take(1_010_000, 10, 0);
  assert.deepEqual(box.next, { body: { reading: 2 }, takenAt: 1_010_000 });
});

test('what falls due without a connection is counted with QoS 0, and kept with QoS 1', () => {
  const lossy = outbox();
  lossy.take(0, 10, 0);
  lossy.remove();
  assert.equal(lossy.take(35_000, 10, 0), 2);
  assert.deepEqual(lossy.next, { body: { reading: 4 }, takenAt: 30_000 });
  const keeping = outbox();
  keeping.take(0, 10, 1);
  assert.equal(keeping.take(35_000, 10, 1), 0);
  const kept: unknown[] = [];
  for (let sample = keeping.next; sample; sample = keeping.next) {
    kept.push([sample.body['reading'], sample.takenAt]);
    keeping.remove();
  }
  assert.deepEqual(kept, [
    [1, 0],
    [2, 10_000],
    [3, 20_000],
    [4, 30_000],
  ]);
});

test('every sample that fell due is kept or counted as lost, in order, and what is kept is bounded', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000_000 }), fc.integer({ min: 1, max: 60 })), { maxLength: 12 }),
      fc.constantFrom(0 as const, 1 as const),
      (steps, qos) => {
        let taken = 0;
        const box = new TelemetryBuffer(() => ({ reading: ++taken }));
        let now = 0;
        let lost = 0;
        for (const [pause, interval] of steps) {
          now += pause;
          lost += box.take(now, interval, qos);
        }
        const readings: number[] = [];
        for (let sample = box.next; sample; sample = box.next) {
          readings.push(Number(sample.body['reading']));
          box.remove();
        }
        assert.equal(readings.length + lost, taken);
        assert.ok(readings.length <= (qos === 0 ? 1 : 1_000));
        assert.deepEqual(
          readings,
          readings.map((_, index) => taken - readings.length + 1 + index),
        );
      },
    ),
    { numRuns: 100 },
  );
});
