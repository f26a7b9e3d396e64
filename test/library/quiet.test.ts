import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a program in JavaScript that imports the library by its name, as `test/run.mjs` has compiled it. */
async function run(script: string): Promise<{ stdout: string; stderr: string }> {
  const { PATH = '', SystemRoot = '' } = process.env;
  const node = ['--input-type=module', '--eval', script];
  return promisify(execFile)(process.execPath, node, { cwd: PROJECT, env: { PATH, SystemRoot }, timeout: 30_000 });
}

test('a session writes nothing, handles no signal, and leaves nothing behind that keeps the process', async () => {
  const { stdout, stderr } = await run(`
    import { runSession } from 'anycloud-iotc';
    import { createVirtualModule, startLocalCloud } from 'anycloud-iotc/simulator';
    const count = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    const before = count();
    let most = 0;
    const cloud = await startLocalCloud({ assigningAnswers: 0 });
    const board = await createVirtualModule({ cloud });
    const device = { telemetry: { temperature: () => 20 } };
    await runSession({
      port: () => board.connect(), wifi: board.wifi, idScope: cloud.idScope, device, count: 1,
      onEvent: () => { most = Math.max(most, count()); },
    });
    board.close();
    await cloud.close();
    process.on('exit', () => process.stdout.write(JSON.stringify({ before, most })));
  `);
  const { before, most }: { before: number; most: number } = JSON.parse(stdout);
  assert.deepEqual([most, stderr], [before, '']);
});

/** The files, from this project's folder, that Node loads when it is started with these arguments. */
async function loaded(args: readonly string[]): Promise<string[]> {
  const { PATH = '', SystemRoot = '' } = process.env;
  // Coverage has an entry for every script that was read.
  const folder = mkdtempSync(join(tmpdir(), 'anycloud-iotc-'));
  try {
    const env = { PATH, SystemRoot, NODE_V8_COVERAGE: folder };
    await promisify(execFile)(process.execPath, args, { cwd: PROJECT, env, timeout: 30_000 });
    return readdirSync(folder).flatMap((name) => {
      const { result }: { result: { url: string }[] } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      const urls = result.map(({ url }) => url).filter((url) => url.startsWith('file:'));
      return urls.map((url) => relative(PROJECT, fileURLToPath(url)).replaceAll('\\', '/'));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('importing the library, which every device file does, loads nothing but what defines a device', async () => {
  const files = await loaded(['dist/index.js']);
  assert.ok(files.includes('dist/index.js'));
  assert.ok(sizeOf(files) < 30_000, files.join());
});

test('--help loads neither serialport, nor a session, a module, a device or the simulator', async () => {
  const files = await loaded(['dist/cli.js', '--help']);
  assert.deepEqual(
    files.filter((file) => file.startsWith('node_modules/')),
    [],
  );
  assert.ok(sizeOf(files.filter((file) => file.startsWith('dist/'))) < 110_000, files.join());
});

/** In bytes. */
function sizeOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(join(PROJECT, file)).size, 0);
}
