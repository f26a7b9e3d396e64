// Runs every test under test/ (or the files and folders named as arguments) with node:test and tsx.
// node --test expands no globs on Node 20, and a shell glob would not work on Windows.
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const LONG_SUITES = ['mutation', 'soak', 'fuzz', 'faults', 'conformance', 'dtdl-oracle', 'pty', 'console'];

function testsIn(path) {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.test.ts') && !LONG_SUITES.includes(name.split(/[\\/]/)[0]))
    .map((name) => join(path, name));
}

const paths = process.argv.slice(2);
const files = (paths.length > 0 ? paths : ['test']).flatMap(testsIn).sort();
if (files.length === 0) throw new Error('no tests found');

// Some tests start the program as its users do; what it is compiled from may have changed.
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
execFileSync(process.execPath, ['console/build.mjs'], { stdio: 'inherit' });
chmodSync('dist/cli.js', 0o755);

// Child processes inherit tsx through NODE_OPTIONS; the concurrency default of node:test leaves one core idle.
process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import tsx`.trim();
const tests = run({ files, concurrency: availableParallelism(), timeout: paths.length > 0 ? 1_200_000 : 120_000 });
tests.on('test:fail', () => {
  process.exitCode = 1;
});
const output = tests.compose(spec);
output.pipe(process.stdout);
await finished(output);
