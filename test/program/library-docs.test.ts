import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

// docs/library.md: what needs no board is run, the rest is compiled, each block as a program of its own.

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

const text = readFileSync(join(PROJECT, 'docs/library.md'), 'utf8');
const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
  language,
  code,
}));
const of = (wanted: string) => blocks.filter(({ language }) => language === wanted);

test('every block is JavaScript or TypeScript', () => {
  assert.deepEqual(
    blocks.filter(({ language }) => language !== 'js' && language !== 'ts'),
    [],
  );
});

describe('each block of JavaScript runs:', { concurrency: true }, () => {
  for (const { code } of of('js')) {
    test(code.split('\n', 1)[0], async () => {
      // The name of the package leads to itself from this folder.
      const node = ['--input-type=module', '--eval', code];
      const { stderr } = await run(process.execPath, node, { cwd: PROJECT, env: {}, timeout: 30_000 });
      assert.equal(stderr, '');
    });
  }
});

test('each block of TypeScript compiles', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'anycloud-iotc-'));
  try {
    const files = of('ts').map(({ code }, index) => {
      writeFileSync(join(folder, `${index}.mts`), code);
      return `${index}.mts`;
    });
    const compilerOptions = { typeRoots: [join(PROJECT, 'node_modules/@types')] };
    const project = join(folder, 'tsconfig.json');
    writeFileSync(
      project,
      JSON.stringify({ extends: join(PROJECT, 'tsconfig.json'), compilerOptions, files, include: [] }),
    );
    await run(process.execPath, [join(PROJECT, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', project]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
