import { cpus, platform, release, totalmem } from 'node:os';
import type { Row } from './row.ts';
import { atLink } from './rows/at-link.ts';
import { cloud } from './rows/cloud.ts';
import { cloudStart } from './rows/cloud-start.ts';
import { endurance } from './rows/endurance.ts';
import { gateway } from './rows/gateway.ts';
import { models } from './rows/models.ts';
import { overhead } from './rows/overhead.ts';
import { packages } from './rows/package.ts';
import { reaction } from './rows/reaction.ts';
import { sas } from './rows/sas.ts';
import { start } from './rows/start.ts';
import { table } from './table.ts';

/** What can be measured, by the name that selects it: `npm run bench -- at-link`. */
const GROUPS: Record<string, () => Promise<Row[]>> = {
  overhead,
  'at-link': atLink,
  reaction,
  endurance,
  start,
  cloud,
  sas,
  'cloud-start': cloudStart,
  gateway,
  models,
  packages,
};

function machine(): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const [cpu] = cpus();
  return `Node ${process.version}, ${platform()} ${release()}, ${cpus().length} × ${cpu?.model.trim()}, ${gigabytes} GB`;
}

const asked = process.argv.slice(2);
const json = asked.includes('--json');
const names = asked.filter((argument) => argument !== '--json');
const unknown = names.filter((name) => !Object.hasOwn(GROUPS, name));
if (unknown.length > 0) {
  process.stderr.write(`There is no ${unknown.join(', ')}; there are ${Object.keys(GROUPS).join(', ')}.\n`);
  process.exit(2);
}

const rows: Row[] = [];
for (const [name, measure] of Object.entries(GROUPS)) {
  if (names.length > 0 && !names.includes(name)) continue;
  process.stderr.write(`measuring ${name} ...\n`);
  try {
    rows.push(...(await measure()));
  } catch (error) {
    process.stderr.write(`${name} could not be measured: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
process.stdout.write(
  json
    ? `${JSON.stringify({ date: new Date().toISOString(), machine: machine(), rows }, null, 2)}\n`
    : `${machine()}\n\n${table(rows)}\n`,
);
