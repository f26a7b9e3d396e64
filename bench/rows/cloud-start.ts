import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { figure, type Row } from '../row.ts';
import { summarise } from '../statistics.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const ROUNDS = 20;

/** The first cloud of a process, as a test file starts it, and a second one with the certificates of the first. */
const PROGRAM = `
import { startLocalCloud } from 'anycloud-iotc/simulator';
const started = performance.now();
const first = await startLocalCloud();
const took = performance.now() - started;
const again = performance.now();
const second = await startLocalCloud({ pki: first.pki, devices: [] });
process.stdout.write(JSON.stringify([took, performance.now() - again]));
await first.close();
await second.close();
`;

function startOnce(): [fresh: number, given: number] {
  const node = ['--input-type=module', '--eval', PROGRAM];
  return JSON.parse(execFileSync(process.execPath, node, { cwd: PROJECT, encoding: 'utf8' }));
}

/** How long a program waits for a local cloud, from the call to its answer. */
export async function cloudStart(): Promise<Row[]> {
  const times = Array.from({ length: ROUNDS }, startOnce);
  const row = (name: string, values: number[]) =>
    figure(`startLocalCloud(), ${name}`, 'ms', summarise(values), { atMost: 150 });
  return [
    row(
      'with certificates to make',
      times.map(([fresh]) => fresh),
    ),
    row(
      'with those of an earlier one',
      times.map(([, given]) => given),
    ),
  ];
}
