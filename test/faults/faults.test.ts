import assert from 'node:assert/strict';
import { test } from 'node:test';
import { play } from './cell.ts';
import { FAULTS, fates, STATES } from './table.ts';

// The whole table, with several seeds, so that each fault strikes at several moments: `npm run faults`.
const SEEDS = process.env['FAULT_SEEDS']?.split(',').map(Number) ?? [1, 2, 3];

for (const fault of FAULTS) {
  test(fault.name, async () => {
    for (const state of fault.states ?? STATES) {
      for (const seed of SEEDS) {
        const { fate, after, trace } = await play(fault, state, seed);
        const expected = fates(fault, state);
        assert.ok(
          expected.some((one) => one === fate),
          `in ${state}, seed ${seed}: ${fate} after ${after} ms\n${trace}`,
        );
      }
    }
  });
}
