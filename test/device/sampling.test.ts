import assert from 'node:assert/strict';
import { EventEmitter, on } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DeviceContext, DeviceDefinition } from '../../src/device/define.ts';
import { createDevice, type DeviceOptions } from '../../src/device/runtime.ts';
import type { Json } from '../../src/events.ts';
import { ScriptedHost } from '../helpers/device-host.ts';
import { settle } from '../helpers/virtual-clock.ts';

/** A device that has begun with its telemetry; its context, and the seconds since then at which samples were taken. */
async function sampling(definition: DeviceDefinition, options: DeviceOptions = {}) {
  const host = new ScriptedHost();
  const contexts: DeviceContext[] = [];
  const device = createDevice(
    {
      ...definition,
      start(context) {
        contexts.push(context);
      },
    },
    options,
  );
  await device.start(host);
  const since = host.clock.monotonic();
  const at: number[] = [];
  const sample = host.sample.bind(host);
  host.sample = (taken) => {
    at.push((host.clock.monotonic() - since) / 1000);
    sample(taken);
  };
  device.beginTelemetry();
  await settle();
  const [context] = contexts;
  assert.ok(context);
  return { host, device, context, at, bodies: () => host.samples.map(({ body }) => body) };
}

const COUNTER = () => {
  let count = 0;
  return () => ++count;
};

test('the first sample is taken at once, then one every interval; begun again, nothing changes', async () => {
  const { host, device, at, bodies } = await sampling({ interval: 20, telemetry: { n: COUNTER() } });
  device.beginTelemetry();
  await host.clock.advance(59_999);
  device.beginTelemetry();
  assert.deepEqual(at, [0, 20, 40]);
  assert.deepEqual(bodies(), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  const [first] = host.samples;
  assert.equal(first?.takenAt, Date.parse('2026-11-23T12:00:00Z'));
});

test('the interval: what a person asks for, the definition’s, 10 seconds', async () => {
  const rows: [number | undefined, number | null | undefined, number][] = [
    [undefined, undefined, 10],
    [20, undefined, 20],
    [20, null, 20],
    [20, 7, 7],
  ];
  for (const [interval, asked, expected] of rows) {
    const definition = { telemetry: { n: COUNTER() }, ...(interval !== undefined && { interval }) };
    const { host, at, context } = await sampling(definition, { ...(asked !== undefined && { interval: asked }) });
    await host.clock.advance(30_000);
    assert.deepEqual(at.slice(0, 2), [0, expected]);
    assert.equal(context.interval, expected);
  }
});

test('a new interval counts from the last sample; one that has passed already ends now', async () => {
  const { host, at, context } = await sampling({ telemetry: { n: COUNTER() } });
  await host.clock.advance(3_000);
  context.setInterval(5);
  assert.equal(context.interval, 5);
  await host.clock.advance(4_000);
  context.setInterval(60);
  await host.clock.advance(13_000);
  context.setInterval(1);
  await host.clock.advance(2_000);
  assert.deepEqual(at, [0, 5, 20, 21, 22]);
  for (const wrong of [0, -1, 86_401, Number.NaN]) {
    assert.throws(
      () => context.setInterval(wrong),
      /RangeError: the interval must be a number of seconds from 1 to 86400/,
    );
  }
  assert.equal(context.interval, 1);
});

test('a clock that is stepped changes no rhythm, and invents no sample', async () => {
  for (const step of [-3_600_000, 10 * 365 * 86_400_000]) {
    const { host, at } = await sampling({ telemetry: { n: COUNTER() } });
    await host.clock.advance(15_000);
    host.clock.stepWall(step);
    await host.clock.advance(15_000);
    assert.deepEqual(at, [0, 10, 20, 30]);
    const [, before, after] = host.samples.map(({ takenAt }) => takenAt);
    assert.equal(Number(after) - Number(before), 10_000 + step, 'the time that is written down is the new one');
  }
});

test('whatever the intervals, samples are an interval apart, and none is missing', async () => {
  const change = fc.record({ after: fc.integer({ min: 0, max: 100 }), interval: fc.integer({ min: 1, max: 30 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 6 }), async (changes) => {
      const { host, at, context } = await sampling({ telemetry: { n: COUNTER() } });
      const expected = [0];
      let now = 0;
      let interval = 10;
      const run = (until: number) => {
        for (let due = Number(expected.at(-1)) + interval; due <= until; due = Number(expected.at(-1)) + interval) {
          expected.push(Math.max(due, now));
        }
        now = until;
      };
      for (const next of changes) {
        run(now + next.after);
        await host.clock.advance(1000 * next.after);
        interval = next.interval;
        context.setInterval(interval);
        await settle();
        if (Number(expected.at(-1)) + interval <= now) expected.push(now);
      }
      run(now + 50);
      await host.clock.advance(50_000);
      assert.deepEqual(at, expected);
    }),
    { numRuns: 40 },
  );
});

test('times that a computer has slept through are not made up, and the rhythm stays', async () => {
  const { host, at } = await sampling({ telemetry: { n: COUNTER() } });
  const { clock } = host;
  const began = clock.monotonic();
  await clock.advance(10_000);
  // While a computer sleeps its timers stand still, and where the monotonic clock goes on they all fire late.
  const monotonic = clock.monotonic.bind(clock);
  let slept = 0;
  clock.monotonic = () => monotonic() + slept;
  slept = 95_000;
  await clock.advance(10_000);
  assert.deepEqual(at, [0, 10, 115], 'one, when the timer fires');
  await clock.advance(5_000);
  assert.equal((clock.monotonic() - began) / 1000, 120);
  assert.deepEqual(at, [0, 10, 115, 120]);
});

test('readings of one pace go in one message, for each component one; a pace of its own makes messages of its own', async () => {
  const { host } = await sampling({
    telemetry: {
      temperature: () => 20,
      humidity: async () => 40,
      'left.level': () => 1,
      'left.flow': { read: () => ({ now: 2 }) },
      load: { every: 4, read: () => [0.5] },
      users: { every: 4, read: () => 'root' },
    },
  });
  await host.clock.advance(9_000);
  const message = (body: Json, component?: string) => ({ body, ...(component !== undefined && { component }) });
  const shown = host.samples.map(({ body, component }) => message(body, component));
  assert.deepEqual(shown.slice(0, 3), [
    message({ temperature: 20, humidity: 40 }),
    message({ level: 1, flow: { now: 2 } }, 'left'),
    message({ load: [0.5], users: 'root' }),
  ]);
  assert.deepEqual(shown.slice(3), [shown[2], shown[2]]);
});

test('a source that fails is named once, until it works again or fails in another way; the others go on', async () => {
  let trouble: () => Json = () => 1;
  const { host, bodies } = await sampling({ telemetry: { good: () => 1, bad: () => trouble() } });
  const after = async (next: () => Json) => {
    trouble = next;
    host.warnings.length = 0;
    host.samples.length = 0;
    await host.clock.advance(30_000);
    return [host.warnings.map((text) => text.replace(/ \(.*test\.ts:\d+\)$/, ' (here)')), bodies().at(-1)];
  };
  const fails = (text: string): Json => {
    throw new Error(text);
  };
  assert.deepEqual(await after(() => fails('no bus')), [
    ['The telemetry "bad" has failed: no bus (here)'],
    { good: 1 },
  ]);
  assert.deepEqual(await after(() => fails('no chip')), [
    ['The telemetry "bad" has failed: no chip (here)'],
    { good: 1 },
  ]);
  assert.deepEqual(await after(() => fails('no chip')), [[], { good: 1 }]);
  assert.deepEqual(await after(() => 2), [[], { good: 1, bad: 2 }]);
  assert.deepEqual(await after(() => fails('no chip')), [
    ['The telemetry "bad" has failed: no chip (here)'],
    { good: 1 },
  ]);
  assert.deepEqual(await after(() => Number.NaN), [
    ['The telemetry "bad" gave a value that cannot be sent: JSON cannot hold NaN'],
    { good: 1 },
  ]);
  assert.deepEqual(await after(() => JSON.parse('[]').nothing), [['The telemetry "bad" gave nothing'], { good: 1 }]);
});

test('a source that does not end is not asked again meanwhile, and given up in the end', async () => {
  let asked = 0;
  const slow = () => {
    asked++;
    return new Promise<Json>(() => {});
  };
  const { host, at } = await sampling({ telemetry: { slow, 'other.n': COUNTER() } }, { timeout: 25 });
  await host.clock.advance(24_000);
  assert.equal(asked, 1);
  assert.deepEqual(at, [10, 20], 'the moment that waits for it, and the two that did not ask it');
  await host.clock.advance(2_000);
  assert.deepEqual(host.warnings, ['The telemetry "slow" has not ended within 25 s']);
  assert.deepEqual(
    host.samples.map(({ body }) => body),
    [{ n: 2 }, { n: 3 }, { n: 1 }],
  );
  const [second, , first] = host.samples;
  assert.equal(Number(second?.takenAt) - Number(first?.takenAt), 10_000, 'a late message has the time of its reading');
  await host.clock.advance(5_000);
  assert.equal(asked, 2);
});

test('a message for each value of an iterable, each when the one before was taken', async () => {
  const asked: number[] = [];
  async function* values(first: number): AsyncGenerator<Json> {
    for (let value = first; value < first + 2; value++) {
      asked.push(value);
      yield value;
    }
  }
  let take = () => {};
  const { host, device } = await sampling({ telemetry: { a: values(1) } });
  assert.deepEqual(
    host.sent.map(({ body }) => body),
    [{ a: 1 }, { a: 2 }],
  );
  assert.deepEqual(host.warnings, []);
  await device.stop();

  const held = new ScriptedHost();
  held.taking = new Promise((resolve) => {
    take = resolve;
  });
  const second = createDevice({ telemetry: { 'left.b': () => values(7) } });
  await second.start(held);
  second.beginTelemetry();
  await held.clock.advance(60_000);
  assert.deepEqual(asked, [1, 2, 7], 'it waits while the module does not take the first');
  take();
  await settle();
  assert.deepEqual(
    held.sent.map(({ body, component }) => [body, component]),
    [
      [{ b: 7 }, 'left'],
      [{ b: 8 }, 'left'],
    ],
  );
});

test('an iterable that gives what cannot be sent is told so at a pace that slows, and goes on', async () => {
  async function* values(): AsyncGenerator<Json> {
    for (let n = 0; n < 1000; n++) yield n === 5 ? 5 : Number.NaN;
    throw new Error('worn out');
  }
  const { host } = await sampling({ telemetry: { a: values } });
  await host.clock.advance(31_000);
  assert.equal(host.warnings.length, 5 + 1);
  assert.equal(host.warnings[0], 'The telemetry "a" gave a value that was not sent: JSON cannot hold NaN');
  assert.deepEqual(
    host.sent.map(({ body }) => body),
    [{ a: 5 }],
  );
  await host.clock.advance(1000 * 60_000);
  assert.match(String(host.warnings.at(-1)), /^The telemetry "a" has failed: worn out \(.*sampling\.test\.ts:\d+\)$/);
});

test('when the device is stopped nothing is sampled more, and an iterable is ended', async () => {
  const emitter = new EventEmitter();
  const { host, device, context } = await sampling({
    telemetry: {
      n: COUNTER(),
      event: async function* (inner) {
        for await (const [value] of on(emitter, 'value', { signal: inner.signal })) yield value;
      },
    },
  });
  emitter.emit('value', 'on');
  await settle();
  assert.deepEqual(
    host.sent.map(({ body }) => body),
    [{ event: 'on' }],
  );
  await device.stop();
  await settle();
  assert.equal(emitter.listenerCount('value'), 0);
  assert.equal(host.clock.pendingTimers, 0);
  context.setInterval(1);
  device.beginTelemetry();
  await host.clock.advance(60_000);
  assert.equal(host.samples.length, 1);
  assert.deepEqual(host.warnings, []);
});
