import assert from 'node:assert/strict';
import { test } from 'node:test';
import { play } from './cell.ts';
import { FAULTS, fates, STATES } from './table.ts';

/** Plays the whole table with each of the seeds, which choose the moment of a fault; odd ones at instant pace. */
export function playTable(seeds: readonly number[]): void {
  for (const fault of FAULTS) {
    test(fault.name, async () => {
      for (const state of fault.states ?? STATES) {
        for (const seed of seeds) {
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
}
