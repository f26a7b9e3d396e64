import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AtError } from '../../src/at/error.ts';
import { AppError } from '../../src/errors.ts';
import { outcomeOfError } from '../../src/session/outcomes.ts';
import { RetryPolicy } from '../../src/session/retry-policy.ts';
import { isServing, next, type State, TRANSITIONS } from '../../src/session/table.ts';
import { TelemetryBuffer } from '../../src/session/telemetry-buffer.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

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
      // A modem that leaves reconnecting to the host owns no connection after a loss.
      {
        clock: ['clock set'],
        'dps-disconnect': ['dps-disconnect closed'],
        'await-reconnect': ['await-reconnect reconnect'],
      }[state as string] ?? [],
    );
  }
});

test('a banner and a lost port count in every state in which there is a module', () => {
  for (const state of STATES) {
    if (state === 'open-port') continue;
    assert.equal(next(state, 'port-lost'), 'open-port', state);
    // In sync and reset a banner is what is waited for, or at least no surprise.
    if (state !== 'reset' && state !== 'sync') assert.equal(next(state, 'rebooted'), 'sync', state);
  }
});

test('an outcome without a row means nothing', () => {
  assert.equal(next('await-reconnect', 'broker-down'), null);
  assert.equal(next('hub-connect', 'broker-down'), null);
  assert.equal(next('open-port', 'timed-out'), null);
});

test('failures of commands become outcomes, and what starting over cannot help does not', () => {
  const refused = new AtError('refused', '', { ok: false, code: '7', text: '', foreign: false });
  assert.equal(outcomeOfError(new AtError('timed-out', '')), 'timed-out');
  assert.equal(outcomeOfError(new AtError('reset', '')), 'rebooted');
  assert.equal(outcomeOfError(new AtError('closed', '')), 'port-lost');
  assert.equal(outcomeOfError(new AtError('not-connected', '')), 'broker-down');
  assert.equal(outcomeOfError(refused), 'refused');
  assert.equal(outcomeOfError(new AtError('limit', '')), null);
  assert.equal(outcomeOfError(new Error('a bug')), null);
});

const hub = new AppError('E_HUB_CONNECT', 'no', 'wait');

test('pauses double up to a minute, with a jitter of a fifth', () => {
  for (const [random, factor] of [
    [0, 0.8],
    [0.5, 1],
    [1, 1.2],
  ] as const) {
    const retry = new RetryPolicy(() => random);
    assert.equal(retry.pause, 0);
    retry.reached();
    const pauses = Array.from({ length: 9 }, () => {
      retry.record(hub);
      return retry.pause;
    });
    const plain = [1, 2, 4, 8, 16, 32, 60, 60, 60];
    assert.deepEqual(
      pauses,
      plain.map((seconds) => Math.round(1000 * seconds * factor)),
    );
    retry.clear();
    retry.record(hub);
    assert.equal(retry.pause, Math.round(1000 * factor));
  }
});

test('a pause is waited out once, and one that is cut off is still due', async () => {
  const clock = new VirtualClock();
  const retry = new RetryPolicy(() => 0.5);
  retry.record(hub);
  const cut = new AbortController();
  const interrupted = retry.wait(clock, cut.signal);
  cut.abort(new Error('cut'));
  await assert.rejects(interrupted, { message: 'cut' });
  const { signal } = new AbortController();
  const start = clock.monotonic();
  await clock.until(retry.wait(clock, signal));
  assert.equal(clock.monotonic() - start, 1_000);
  await retry.wait(clock, signal);
  assert.equal(clock.monotonic() - start, 1_000);
});

test('before the first telemetry it is given up, after it never', () => {
  for (const [error, attempts] of [
    [hub, 3],
    [new AppError('E_WIFI_JOIN', 'no', 'check'), 2],
    [new AppError('E_DPS_TLS', 'no', 'check'), 1],
    [new AppError('E_HUB_TLS', 'no', 'check'), 1],
    [new AppError('E_GATEWAY_TLS', 'no', 'check'), 1],
    [new AppError('E_GATEWAY_HOST', 'no', 'check'), 1],
    [new AppError('E_GATEWAY_UNREACHED', 'no', 'check'), 2],
  ] as const) {
    const retry = new RetryPolicy(() => 0.5);
    assert.deepEqual(retry.tries(error.code), { count: 1, total: attempts });
    for (let n = 1; n < attempts; n++) retry.record(error);
    assert.deepEqual(retry.tries(error.code), { count: attempts, total: attempts });
    assert.throws(() => retry.record(error), error);
    const reached = new RetryPolicy(() => 0.5);
    reached.reached();
    assert.equal(reached.tries(error.code), null);
    for (let n = 0; n < 50; n++) reached.record(error);
  }
});

test('two losses cost no pause, then the pauses double, and before the first telemetry the tenth is the last', () => {
  const retry = new RetryPolicy(() => 0.5);
  const pauses = Array.from({ length: 9 }, () => {
    retry.recordLoss(hub, false);
    return retry.pause;
  });
  assert.deepEqual(pauses, [0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
  assert.throws(() => retry.recordLoss(hub, false), hub);
  const reached = new RetryPolicy(() => 0.5);
  reached.reached();
  for (let n = 0; n < 50; n++) reached.recordLoss(hub, n % 2 === 0);
  assert.equal(reached.drops, 25);
  reached.clear();
  assert.equal(reached.drops, 0);
});

/** A buffer, and samples that count. */
function filled(qos: 0 | 1) {
  const clock = new VirtualClock();
  const buffer = new TelemetryBuffer(clock, qos);
  let count = 0;
  const sample = () => ({ body: ++count, takenAt: clock.wall() + count });
  return { clock, buffer, sample };
}

/** Everything that waits, in order. */
function drain(buffer: TelemetryBuffer): unknown[] {
  const bodies: unknown[] = [];
  for (let waiting = buffer.next; waiting; waiting = buffer.next) {
    bodies.push(waiting.sample.body);
    buffer.accept();
  }
  return bodies;
}

test('without a connection the latest sample stays with QoS 0, and what was lost is counted once', () => {
  const { buffer, sample } = filled(0);
  for (let n = 0; n < 4; n++) buffer.add(sample());
  assert.equal(buffer.takeLost(), 3);
  assert.equal(buffer.takeLost(), 0);
  assert.deepEqual(drain(buffer), [4]);
});

test('with a connection nothing is lost with QoS 0 while the module is slow', () => {
  const { buffer, sample } = filled(0);
  const close = buffer.open(() => undefined);
  for (let n = 0; n < 4; n++) buffer.add(sample());
  close();
  assert.equal(buffer.takeLost(), 0);
  assert.deepEqual(drain(buffer), [1, 2, 3, 4]);
});

test('with QoS 1 a thousand samples are kept, and then the oldest are lost', () => {
  const { buffer, sample } = filled(1);
  for (let n = 0; n < 1_003; n++) buffer.add(sample());
  assert.equal(buffer.takeLost(), 3);
  assert.deepEqual(drain(buffer).slice(0, 2), [4, 5]);
});

test('a message that must not be lost stays in its place, and its promise settles when it was taken', async () => {
  const { buffer, sample } = filled(0);
  buffer.add(sample());
  let taken = false;
  const sent = buffer.send(sample()).then(() => {
    taken = true;
  });
  buffer.add(sample());
  assert.equal(buffer.takeLost(), 1);
  assert.deepEqual(buffer.next?.sample.body, 2);
  assert.equal(buffer.next?.mustBeSent, true);
  await Promise.resolve();
  assert.equal(taken, false);
  buffer.accept();
  await sent;
  assert.equal(buffer.sent, 1);
  assert.deepEqual(buffer.next?.sample.body, 3);
});

test('whoever does not wait for the promises is refused in the end, and at the end of the session everybody is', async () => {
  const { buffer, sample } = filled(0);
  const all = Promise.allSettled(Array.from({ length: 2_001 }, () => buffer.send(sample())));
  buffer.close();
  const reasons = (await all).map((result) => (result.status === 'rejected' ? String(result.reason) : 'taken'));
  assert.equal(reasons.filter((reason) => reason.includes('the session has ended')).length, 2_000);
  assert.match(reasons.at(-1) ?? '', /waiting to be sent already/);
});

test('what comes while the buffer is open is told, at once and not later', () => {
  const { buffer, sample } = filled(1);
  buffer.add(sample());
  let told = 0;
  const close = buffer.open(() => told++);
  assert.equal(told, 0);
  buffer.add(sample());
  assert.equal(told, 1);
  close();
  buffer.add(sample());
  assert.equal(told, 1);
});

test('how long a message has waited is measured on the monotonic clock', async () => {
  const { clock, buffer, sample } = filled(1);
  buffer.add(sample());
  clock.stepWall(-3_600_000);
  await clock.advance(5_000);
  assert.equal(clock.monotonic() - (buffer.next?.since ?? 0), 5_000);
});
