// Runs every test under test/ with node:test, or the files and folders named as arguments.
// node --test expands no globs on Node 20, and a shell glob would not work on Windows.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { bundle } from '../scripts/bundle.mjs';

const LONG_SUITES = [
  'mutation',
  'soak',
  'fuzz',
  'faults',
  'conformance',
  'dtdl-oracle',
  'pty',
  'program',
  'console',
  'docs-run',
];

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

/**
 * Files share a few processes: loading the code takes longer than most of them. Those that start
 * programs mostly wait for them, so they come first, and more processes run at once than there are cores.
 * The largest files are spread first, each to where least is, so that the processes end at about the same time.
 */
const STARTS_PROGRAMS = /^test.(?:cli|library|serial)/;
/** Of each kind. Every process compiles anew what it runs: four take a third more of the CPU. */
const PROCESSES = 2;

function groupsOf(all) {
  const size = (file) => statSync(file).size;
  const groups = Array.from({ length: Math.min(PROCESSES, all.length) }, () => ({ files: [], size: 0 }));
  for (const file of all.sort((a, b) => size(b) - size(a))) {
    const smallest = groups.reduce((least, group) => (group.size < least.size ? group : least));
    smallest.files.push(file);
    smallest.size += size(file);
  }
  return groups.map(({ files }) => files);
}

function inGroups(all, folder) {
  const starting = all.filter((file) => STARTS_PROGRAMS.test(file));
  const others = all.filter((file) => !STARTS_PROGRAMS.test(file));
  return [...groupsOf(starting), ...groupsOf(others)].map((files, index) => {
    const entry = join(folder, `group-${index + 1}.mjs`);
    const imports = files.map((file) => `import ${JSON.stringify(resolve(file))};\n`);
    writeFileSync(entry, imports.join(''));
    return entry;
  });
}

// Some tests start the program as its users do; what it is compiled from may have changed.
const built = once(spawn(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' }), 'exit');

// A suite that was asked for may have packages of its own, which only its files find: they are compiled as they are loaded.
const all = paths.length === 0;
const cache = 'node_modules/.cache';
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'tests-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const started = all ? await bundle(inGroups(files, folder), join(folder, 'programs')) : files;
const [status] = await built;
if (status !== 0) process.exit(1);

// The processes of node:test inherit these.
const hooks = new URL('helpers/test-hooks.mjs', import.meta.url).href;
const compiler = all ? '--enable-source-maps' : '--import tsx';
process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import ${hooks} ${compiler}`.trim();
const tests = run({
  files: started,
  concurrency: all ? availableParallelism() + PROCESSES : availableParallelism(),
  timeout: all ? 300_000 : 1_200_000,
});
tests.on('test:fail', () => {
  process.exitCode = 1;
});
const output = tests.compose(spec);
output.pipe(process.stdout);
await finished(output);
