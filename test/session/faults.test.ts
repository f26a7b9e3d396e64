import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { play } from '../faults/cell.ts';
import { faultDocument } from '../faults/document.ts';
import { FAULTS, fates, STATES } from '../faults/table.ts';

test('the fault table in the documents is the one that is tested', () => {
  const document = readFileSync(new URL('../../docs/fault-table.md', import.meta.url), 'utf8');
  assert.equal(document, faultDocument());
});

// One cell of every row, each row in another state; the whole table is played by `npm run faults`.
for (const [row, fault] of FAULTS.entries()) {
  const states = fault.states ?? STATES;
  const state = states[row % states.length] ?? 'telemetry';
  test(`${fault.name}, in ${state}`, async () => {
    const { fate, after, trace } = await play(fault, state, 2 * row + 1);
    const expected = fates(fault, state);
    assert.ok(
      expected.some((one) => one === fate),
      `${fate} after ${after} ms\n${trace}`,
    );
  });
}
