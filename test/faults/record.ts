// Plays the table and writes down what became of each cell, and the document: `npm run faults:record`. What it changes is
// to be read before it is committed.
import { writeFileSync } from 'node:fs';
import { play } from './cell.ts';
import { RECORDED_FILE, RECORDED_SEEDS } from './recorded.ts';
import { FAULTS, STATES } from './table.ts';

const lines: string[] = [];
for (const fault of FAULTS) {
  const cells: string[] = [];
  for (const state of fault.states ?? STATES) {
    const results: string[] = [];
    for (const seed of RECORDED_SEEDS) {
      const { fate, path } = await play(fault, state, seed);
      results.push(`"${seed}": ${JSON.stringify({ fate, ...path })}`);
    }
    cells.push(`    "${state}": { ${results.join(', ')} }`);
  }
  lines.push(`  ${JSON.stringify(fault.name)}: {\n${cells.join(',\n')}\n  }`);
}
writeFileSync(RECORDED_FILE, `{\n${lines.join(',\n')}\n}\n`);
// Reads what was just written.
const { faultDocument } = await import('./document.ts');
writeFileSync(new URL('../../docs/fault-table.md', import.meta.url), faultDocument());
