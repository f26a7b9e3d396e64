import { test } from 'node:test';
import { checkCell } from './check-cell.ts';
import { FAULTS, STATES } from './table.ts';

/** Plays the whole table with each of the seeds, which choose the moment of a fault; odd ones at instant pace. */
export function playTable(seeds: readonly number[]): void {
  for (const fault of FAULTS) {
    test(fault.name, async () => {
      for (const state of fault.states ?? STATES) {
        for (const seed of seeds) await checkCell(fault, state, seed);
      }
    });
  }
}
