import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where the pictures are. */
export const PICTURES = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));

/** What the pictures of the console show and how they are taken; that of the terminal is compared with itself. */
const SHOWN = [
  'console',
  'test/console/pictures.ts',
  'test/console/steady-clock.ts',
  'test/pictures',
  'docs/pictures/session.ansi',
];
const NEVER_SHOWN = /\.test\.ts$|\.txt$/;

function filesIn(path: string): string[] {
  const entries = readdirSync(join(ROOT, path), { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? filesIn(`${path}/${entry.name}`) : `${path}/${entry.name}`));
}

/** A sum over everything that the pictures of the console were made from: another one means that they may show what was. */
export function sumOfSources(): string {
  const files = SHOWN.flatMap((path) => (/\.\w+$/.test(path) ? path : filesIn(path))).filter(
    (path) => !NEVER_SHOWN.test(path),
  );
  const sum = createHash('sha256');
  for (const path of files.sort())
    sum
      .update(`${path}\n`)
      .update(readFileSync(join(ROOT, path)))
      .update('\n');
  return sum.digest('hex');
}
