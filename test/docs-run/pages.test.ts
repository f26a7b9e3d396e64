import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Block, type Page, readPages } from '../docs/pages.ts';
import { Reader } from './reader.ts';

// `npm run test:docs`: every page is followed from its first line to its last, in an empty folder, with the program as it was
// packed. What needs a board, an account or the internet is left out; test/docs has read it.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const isWindows = process.platform === 'win32';

let base = '';
let env: NodeJS.ProcessEnv = {};

before(() => {
  if (isWindows) return;
  base = mkdtempSync(join(tmpdir(), 'anycloud-iotc-docs-'));
  // Of this process: it is given what compiles the tests.
  const plain = { ...process.env, NODE_OPTIONS: '' };
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', base];
  const tarball = execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8', env: plain }).trim();
  writeFileSync(join(base, 'package.json'), '{ "private": true }');
  const install = ['install', '--silent', '--no-audit', '--no-fund', '--prefix', base, join(base, tarball)];
  execFileSync('npm', install, { cwd: base, env: plain });
  // No browser is to open while the pages are followed.
  const programs = join(base, 'programs');
  mkdirSync(programs);
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(join(programs, name), '#!/bin/sh\n');
    chmodSync(join(programs, name), 0o755);
  }
  const path = [programs, join(base, 'node_modules/.bin'), dirname(process.execPath), process.env['PATH'] ?? ''];
  // What npx does not find here, it must not look for elsewhere.
  env = { PATH: path.join(':'), HOME: base, npm_config_offline: 'true', npm_config_update_notifier: 'false' };
});

after(() => {
  if (base !== '') rmSync(base, { recursive: true, force: true });
});

/** Whether a block can be followed on this computer. */
function canBeRun({ language, marks: { needs } }: Block): boolean {
  return language === 'sh' && (needs === undefined || (needs === 'socat' && has('socat')));
}

function bySection(blocks: readonly Block[]): Block[][] {
  const sections = new Set(blocks.map(({ section }) => section));
  return [...sections].map((name) => blocks.filter(({ section }) => section === name));
}

/** Follows a page in a folder of its own. */
async function follow({ path, blocks }: Page): Promise<void> {
  const folder = join(base, path.replaceAll(/\W/g, '-'));
  mkdirSync(folder);
  // A clone has them.
  cpSync(join(ROOT, 'examples'), join(folder, 'examples'), { recursive: true });
  const reader = new Reader(folder, env);
  for (const section of bySection(blocks)) {
    try {
      for (const block of section) {
        const { file, until } = block.marks;
        if (file !== undefined) {
          mkdirSync(dirname(join(folder, file)), { recursive: true });
          writeFileSync(join(folder, file), block.text);
        }
        if (!canBeRun(block)) continue;
        if (until === undefined) await reader.type(block.text);
        else await reader.leaveRunning(block.text, until);
      }
    } finally {
      await reader.interrupt();
    }
  }
}

const pages = readPages().filter(({ blocks }) => blocks.some(canBeRun));
const runsCloud = ({ blocks }: Page) => blocks.some(({ text }) => text.includes('anycloud-iotc cloud'));

describe('every page can be followed', {
  skip: isWindows && 'the scripts of the pages are for a POSIX shell',
  concurrency: true,
}, () => {
  describe('those with a cloud, which has ports of its own, one after the other', { concurrency: 1 }, () => {
    for (const page of pages.filter(runsCloud)) test(page.path, () => follow(page));
  });

  describe('the others', { concurrency: 2 }, () => {
    for (const page of pages.filter((one) => !runsCloud(one))) test(page.path, () => follow(page));
  });
});

test('systemd takes the unit of the cookbook', {
  skip: !has('systemd-analyze') && 'there is no systemd-analyze',
}, () => {
  const unit = readPages()
    .flatMap(({ blocks }) => blocks)
    .find(({ marks }) => marks.file === 'anycloud-iotc.service');
  const file = join(base, 'anycloud-iotc.service');
  writeFileSync(file, unit?.text ?? '');
  const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
  const complaints = stderr.split('\n').filter((line) => line.includes('anycloud-iotc.service'));
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
});
