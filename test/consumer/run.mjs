// Checks the package as others use it: installs it from a tarball in an empty folder, compiles a program in TypeScript against
// its types with NodeNext and Bundler resolution, and runs that and the examples.
//
//     node test/consumer/run.mjs anycloud-iotc-0.2.0.tgz

import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PROJECT = resolve(HERE, '../..');
const EXAMPLES = ['session.mjs', 'relay.mjs', 'relay.test.mjs'];

const [tarball] = process.argv.slice(2);
if (tarball === undefined) throw new Error('which tarball?');

const folder = mkdtempSync(join(tmpdir(), 'anycloud-iotc-consumer-'));
const node = (...args) => execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
/** Bytes of what npm unpacks. */
const MOST = 2_000_000;

function size(path) {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((sum, name) => sum + size(join(path, name)), 0);
}

try {
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const install = ['install', '--silent', '--no-audit', '--no-fund', resolve(tarball), '@types/node@20'];
  // npm is a batch file on Windows, which only a shell can start.
  execFileSync('npm', install, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' });
  for (const name of ['consumer.mts', 'tsconfig.nodenext.json', 'tsconfig.bundler.json']) {
    cpSync(join(HERE, name), join(folder, name));
  }
  const unpacked = size(join(folder, 'node_modules/anycloud-iotc'));
  if (unpacked > MOST) throw new Error(`the package has ${unpacked} bytes; ${MOST} are allowed`);
  process.stdout.write(`the package has ${unpacked} bytes\n`);
  const compiler = join(PROJECT, 'node_modules/typescript/bin/tsc');
  for (const name of ['nodenext', 'bundler']) {
    execFileSync(process.execPath, [compiler, '-p', `tsconfig.${name}.json`], { cwd: folder, stdio: 'inherit' });
    process.stdout.write(`the types compile with ${name}\n`);
  }
  if (node('built/consumer.mjs') !== '1 message\n') throw new Error('the compiled program has not sent its message');
  for (const name of EXAMPLES) cpSync(join(PROJECT, 'examples', name), join(folder, name));
  const events = node('session.mjs').match(/"type":"telemetry"/g) ?? [];
  if (events.length !== 3) throw new Error('the session of the example has not sent its three messages');
  node('--test', 'relay.test.mjs');
  process.stdout.write('the compiled program and the examples run\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
