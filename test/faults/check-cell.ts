import assert from 'node:assert/strict';
import type { State } from '../../src/session/table.ts';
import { play } from './cell.ts';
import { recorded } from './recorded.ts';
import { type Fault, fates } from './table.ts';

/** Seconds that a path may take longer than it did when it was recorded. */
const TOLERANCE = 1;

/** Plays a cell: what becomes of the session is what the table says, and the way there is the one that was recorded. */
export async function checkCell(fault: Fault, state: State, seed: number): Promise<void> {
  const { fate, path, trace } = await play(fault, state, seed);
  const where = `${fault.name}, in ${state}, seed ${seed}`;
  assert.ok(
    fates(fault, state).some((one) => one === fate),
    `${where}: ${fate} after ${path.seconds} s\n${trace}`,
  );
  const known = recorded(fault.name, state, seed);
  if (!known) return;
  const { seconds, ...way } = path;
  const { seconds: knownSeconds, fate: knownFate, ...knownWay } = known;
  assert.deepEqual({ fate, ...way }, { fate: knownFate, ...knownWay }, `${where}\n${trace}`);
  assert.ok(seconds <= knownSeconds + TOLERANCE, `${where}: ${seconds} s instead of ${knownSeconds}\n${trace}`);
}
