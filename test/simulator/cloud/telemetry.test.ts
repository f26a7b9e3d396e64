import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../../src/json.ts';
import { TelemetryLog } from '../../../src/simulator/cloud/telemetry.ts';

const MAX_NAMES = 64;
const TS = '2026-01-01T00:00:00.000Z';

suite('the last values of telemetry', () => {
  test('names stand in the order of their last messages, and the one that was silent longest goes first', () => {
    const names = fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 400 });
    fc.assert(
      fc.property(names, (sent) => {
        const log = new TelemetryLog();
        const model = new Map<string, number>();
        for (const [value, name] of sent.map((number, index) => [index, `n${number}`] as const)) {
          log.add({ [name]: value }, null, TS);
          model.delete(name);
          model.set(name, value);
          const [oldest] = model.keys();
          if (model.size > MAX_NAMES && oldest !== undefined) model.delete(oldest);
        }
        const lasts = Object.entries(log.lasts()).map(([name, { value }]) => [name, value]);
        assert.deepEqual(lasts, [...model]);
      }),
    );
  });

  test('the history of a name has its last 1000 values, and goes with the name', () => {
    const log = new TelemetryLog();
    for (let value = 0; value < 1001; value++) log.add({ t: value }, null, TS);
    assert.deepEqual(
      log.history('t').map(({ value }) => value),
      Array.from({ length: 1000 }, (_, index) => index + 1),
    );
    for (let name = 0; name < MAX_NAMES; name++) log.add({ [`other${name}`]: 1 }, null, TS);
    assert.deepEqual(log.history('t'), []);
    assert.equal(log.last('t'), undefined);
  });

  const values: [what: string, value: Json, isKept: boolean][] = [
    ['a number', 21.25, true],
    ['a boolean', false, true],
    ['nothing', null, true],
    ['a text of 1024 bytes with its quotation marks', 'x'.repeat(1022), true],
    ['a longer text', 'x'.repeat(1023), false],
    ['a long object', { a: 'x'.repeat(1024) }, false],
    ['a long array', Array.from({ length: 600 }, () => 1), false],
  ];
  for (const [what, value, isKept] of values) {
    test(`${what} is the last value, and ${isKept ? 'is' : 'is not'} in the history`, () => {
      const log = new TelemetryLog();
      log.add({ v: value }, null, TS);
      assert.deepEqual(log.last('v'), { value, timestamp: TS });
      assert.equal(log.history('v').length, isKept ? 1 : 0);
      assert.deepEqual(Object.keys(log.lasts()), isKept ? ['v'] : []);
    });
  }
});
