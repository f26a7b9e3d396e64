import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyFolder } from '../helpers/cli.ts';
import { runMain } from '../helpers/in-process.ts';

const posix = { skip: process.platform === 'win32', timeout: 20_000 };
const SIMULATED = ['--simulate', '--pace', 'instant', '--count', '1', '--http-port', '0'];

/** Every command line that names a file to be read. */
const READERS: readonly (readonly string[])[] = [
  [...SIMULATED, '--env-file', '<file>'],
  [...SIMULATED, '--root-cert', '<file>'],
  [...SIMULATED, '--root-cert', '<file>#Some Root'],
  ['load-cert', '<file>', '--simulate'],
  ['init', '--out', '<file>', '--yes', '--port', 'COM5'],
  ['cloud', '--mqtt-port', '0', '--http-port', '0', '--enroll', 'a=<file>'],
  ['cloud', '--mqtt-port', '0', '--http-port', '0', '--group', '<file>'],
  ['cloud', '--mqtt-port', '0', '--http-port', '0', '--enroll-key', 'a=<file>'],
  ['module', '--port', 'x', '--cert', '<file>', '--key', '<file>'],
  ['module', '--port', 'x', '--ca', '<file>'],
];

test('whatever is named in place of a file ends it at once with 3 and the reason', posix, async () => {
  const cwd = emptyFolder();
  execFileSync('mkfifo', [join(cwd, 'pipe')]);
  symlinkSync('/dev/zero', join(cwd, 'endless'));
  mkdirSync(join(cwd, 'folder'));
  writeFileSync(join(cwd, 'huge'), '');
  truncateSync(join(cwd, 'huge'), 1024 ** 3);
  const kinds = { pipe: /is a pipe/, endless: /is a device/, folder: /is a folder/, huge: /has more than \d+ KiB/ };
  for (const reader of READERS) {
    for (const [file, says] of Object.entries(kinds)) {
      const args = reader.map((word) => word.replace('<file>', file));
      const { code, stdout, stderr } = await runMain(args, cwd);
      assert.deepEqual([code, says.test(stderr + stdout)], [3, true], `${args.join(' ')}\n${stdout}${stderr}`);
    }
  }
});

test('a settings file that is none ends every command that reads one', posix, async () => {
  const cwd = emptyFolder();
  execFileSync('mkfifo', [join(cwd, '.env')]);
  for (const args of [[...SIMULATED], ['scan'], ['certs'], ['doctor'], ['module', '--port', 'x'], ['cloud']]) {
    const { code, stderr } = await runMain(args, cwd);
    assert.deepEqual([code, /\.env is a pipe/.test(stderr)], [3, true], `${args.join(' ')}\n${stderr}`);
  }
});

test('a log that cannot be written ends it before anything is opened', posix, async () => {
  const cwd = emptyFolder();
  execFileSync('mkfifo', [join(cwd, 'pipe')]);
  for (const [path, says] of [
    ['pipe', /pipe that nobody reads/],
    ['none/log', /no such folder/],
    ['.', /is a folder/],
  ] as const) {
    const { code, stderr } = await runMain([...SIMULATED, '--log-file', join(cwd, path)], cwd);
    assert.deepEqual([code, says.test(stderr)], [3, true], `${path}\n${stderr}`);
  }
});
