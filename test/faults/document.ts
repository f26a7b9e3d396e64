import { FAULTS, fates, STATES } from './table.ts';

const HEAD = `# The fault table

What becomes of a session when a fault strikes, by the state it is in. Every cell is a test against the virtual module and
the local cloud in virtual time: \`npm run faults\` plays all of them, \`npm test\` one of each row. The table is generated
from \`test/faults/table.ts\`.

- **ok** – telemetry again, by itself, within the time of the row (after the end of the fault, where it lasts).
- **a number** – the program ends with this exit code, one sentence and a hint. Before the first telemetry an outage that
  lasts does that, since a wrong setting is likelier then; afterwards the session never gives up.
- **·** – the fault cannot strike there.
`;

/** The fault table as Markdown. */
export function faultDocument(): string {
  const title = `| fault | within | ${STATES.join(' | ')} |`;
  const rule = `|---|---|${'---|'.repeat(STATES.length)}`;
  const rows = FAULTS.map((fault) => {
    const cells = STATES.map((state) => {
      if (fault.states && !fault.states.includes(state)) return '·';
      return fates(fault, state)
        .map((fate) => (fate === 'telemetry' ? 'ok' : fate))
        .join(' or ');
    });
    return `| ${fault.name} | ${fault.within / 1000} s | ${cells.join(' | ')} |`;
  });
  return `${HEAD}\n${[title, rule, ...rows].join('\n')}\n`;
}
