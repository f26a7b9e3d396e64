import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outOfRange, type Range } from '../../src/device/range.ts';
import type { Json } from '../../src/events.ts';

test('numbers are held to their range', () => {
  const day = { minimum: 1, maximum: 86_400, integer: true };
  const cases: [Range & { integer?: boolean }, Json[], Json[], string][] = [
    [day, [1, 5, 86_400, 1e1], [0, -1, 86_401, 5.5, '5', true, null, [5], {}], 'n must be an integer from 1 to 86400'],
    [{ integer: true }, [0, -5], [5.5, 2 ** 53, Number.POSITIVE_INFINITY, '5'], 'n must be an integer'],
    [{ minimum: 0, integer: true }, [0, 7], [-1, 0.5], 'n must be an integer, 0 or more'],
    [{ maximum: 1 }, [1, -7.5], [1.1, null, '0', [0]], 'n must be a number, 1 or less'],
    [{ minimum: -1, maximum: 1 }, [-1, 0.5, 1], [-1.5, 2, Number.NaN], 'n must be a number from -1 to 1'],
  ];
  for (const [range, good, bad, sentence] of cases) {
    for (const value of good) assert.equal(outOfRange('n', value, range), null);
    for (const value of bad) assert.equal(outOfRange('n', value, range), sentence);
  }
});
