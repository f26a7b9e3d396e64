import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkCell } from '../faults/check-cell.ts';
import { faultDocument } from '../faults/document.ts';
import { recorded } from '../faults/recorded.ts';
import { FAULTS, fates, STATES } from '../faults/table.ts';

test('the fault table in the documents is the one that is tested', () => {
  const document = readFileSync(new URL('../../docs/fault-table.md', import.meta.url), 'utf8');
  assert.equal(document, faultDocument());
});

test('every cell was recorded, with an end that the table allows', () => {
  for (const fault of FAULTS) {
    for (const state of fault.states ?? STATES) {
      const path = recorded(fault.name, state, 1);
      assert.ok(path && fates(fault, state).includes(path.fate), `${fault.name}, ${state}`);
    }
  }
});

// One cell of every row, each row in another state; the whole table is played by `npm run faults`.
for (const [row, fault] of FAULTS.entries()) {
  const states = fault.states ?? STATES;
  const state = states[row % states.length] ?? 'telemetry';
  test(`${fault.name}, in ${state}`, () => checkCell(fault, state, 1));
}
