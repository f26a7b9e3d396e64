import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  appendUserFile,
  createUserFile,
  FileProblem,
  isUtf16,
  readUserFile,
  readUserFileEnd,
} from '../src/user-file.ts';
import { emptyFolder } from './helpers/cli.ts';

const posix = { skip: process.platform === 'win32', timeout: 10_000 };

function problem(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof FileProblem, String(error));
    return error.message;
  }
  return assert.fail('it was taken');
}

test('a file is read up to its limit, and no further', () => {
  const path = join(emptyFolder(), 'file');
  writeFileSync(path, 'x'.repeat(1024));
  assert.equal(readUserFile(path, 1024).length, 1024);
  writeFileSync(path, 'x'.repeat(1025));
  assert.match(
    problem(() => readUserFile(path, 1024)),
    /more than 1 KiB/,
  );
  truncateSync(path, 1024 ** 4);
  assert.match(
    problem(() => readUserFile(path, 1024)),
    /more than 1 KiB/,
  );
  writeFileSync(path, '');
  assert.equal(readUserFile(path, 1024).length, 0);
});

test('what is no file, and would never open or never end, is refused at once', posix, async (t) => {
  const folder = emptyFolder();
  const at = (name: string) => join(folder, name);
  execFileSync('mkfifo', [at('pipe')]);
  symlinkSync('/dev/zero', at('endless'));
  symlinkSync('nowhere', at('dangling'));
  mkdirSync(at('folder'));
  const server = createServer().listen(at('socket'));
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const rows: [name: string, says: RegExp][] = [
    ['pipe', /is a pipe/],
    ['endless', /is a device/],
    ['dangling', /does not exist/],
    ['folder', /is a folder/],
    ['socket', /is a socket/],
    ['none', /does not exist/],
  ];
  for (const [name, says] of rows)
    assert.match(
      problem(() => readUserFile(at(name), 1024)),
      says,
      name,
    );
});

test('a log goes to files, devices and pipes that are read, and never waits', posix, () => {
  const folder = emptyFolder();
  const path = join(folder, 'log');
  for (const text of ['a', 'b']) {
    const file = appendUserFile(path);
    writeFileSync(file, text);
    closeSync(file);
  }
  assert.equal(readFileSync(path, 'utf8'), 'ab');
  closeSync(appendUserFile('/dev/null'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  assert.match(
    problem(() => appendUserFile(pipe)),
    /pipe that nobody reads/,
  );
  const reader = openSync(pipe, 'r+');
  closeSync(appendUserFile(pipe));
  closeSync(reader);
  assert.match(
    problem(() => appendUserFile(folder)),
    /is a folder/,
  );
  assert.match(
    problem(() => appendUserFile(join(folder, 'none', 'log'))),
    /does not exist/,
  );
});

test('UTF-16 is known with its mark and without', () => {
  assert.ok(isUtf16(Buffer.from('\uFEFFA=1', 'utf16le')));
  assert.ok(isUtf16(Buffer.from('\uFEFFA=1', 'utf16le').swap16()));
  assert.ok(isUtf16(Buffer.from('A=1', 'utf16le')));
  assert.ok(isUtf16(Buffer.from('A=1', 'utf16le').swap16()));
  assert.ok(!isUtf16(Buffer.alloc(8)));
  for (const text of ['A=1', '\uFEFFA=1', '']) assert.ok(!isUtf16(Buffer.from(text)), text);
});

test('the end of a file is read, however large it is, and a new file replaces none', posix, () => {
  const path = join(emptyFolder(), 'file');
  writeFileSync(path, 'begin end');
  assert.equal(readUserFileEnd(path, 3).toString(), 'end');
  assert.equal(readUserFileEnd(path, 100).toString(), 'begin end');
  truncateSync(path, 1024 ** 4);
  assert.equal(readUserFileEnd(path, 1024).length, 1024);
  assert.match(
    problem(() => readUserFileEnd('/dev/zero', 1)),
    /is a device/,
  );
  assert.match(
    problem(() => createUserFile(path)),
    /is there already/,
  );
});
