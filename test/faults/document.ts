import type { State } from '../../src/session/table.ts';
import { type Recorded, recorded } from './recorded.ts';
import { FAULTS, type Fault, fates, STATES } from './table.ts';

const HEAD = `# The fault table

What becomes of a session when a fault strikes, by the state it is in. Every cell is a test against the virtual module and
the local cloud in virtual time: \`npm run faults\` plays all of them, \`npm test\` one of each row. The table is generated
from \`test/faults/table.ts\` and from the paths that \`npm run faults:record\` has written down; the tests hold the
session to these paths.

- **ok** – by itself, within the time of the row (after the end of the fault, where it lasts), telemetry flows again, a
  property that the cloud sets is acknowledged, and a command is answered.
- **a number** – the program ends with this exit code, one sentence and a hint. Before the first telemetry an outage that
  lasts does that, since a wrong setting is likelier then; afterwards the session never gives up.
- **·** – the fault cannot strike there.

Below that stands the path of one recorded run: the rungs of recovery in their order (**W** the module was waited for while
it reconnected, **J** the network was joined again, **R** the module was reset, **B** it was found to have restarted,
**P** the port was opened again, **–** none), how often \`AT+RST\` and \`AT+MQTTCONN=1\` were sent, and the seconds until
telemetry, or the end, since the end of the fault.
`;

/** The rungs of recovery on a path. */
function rungs({ states }: Recorded): string {
  const entered = states.split(' ');
  const letters = entered.map((state, index) => {
    if (state === 'await-reconnect') return 'W';
    if (state === 'rejoin') return 'J';
    if (state === 'reset') return 'R';
    if (state === 'open-port') return 'P';
    const before = entered[index - 1];
    return state === 'sync' && before !== 'reset' && before !== 'open-port' ? 'B' : '';
  });
  return letters.join('') || '–';
}

function cell(fault: Fault, state: State): string {
  if (fault.states && !fault.states.includes(state)) return '·';
  const all = fates(fault, state).map((fate) => (fate === 'telemetry' ? 'ok' : fate));
  const path = recorded(fault.name, state, 2);
  if (!path) return all.join(' or ');
  return `${all.join(' or ')}<br>${rungs(path)} ${path.resets}/${path.connects} ${path.seconds} s`;
}

/** The fault table as Markdown. */
export function faultDocument(): string {
  const title = `| fault | within | ${STATES.join(' | ')} |`;
  const rule = `|---|---|${'---|'.repeat(STATES.length)}`;
  const rows = FAULTS.map(
    (fault) =>
      `| ${fault.name} | ${fault.within / 1000} s | ${STATES.map((state) => cell(fault, state)).join(' | ')} |`,
  );
  return `${HEAD}\n${[title, rule, ...rows].join('\n')}\n`;
}
