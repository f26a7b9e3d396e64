import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ReportFile } from '../../src/cli/doctor/report-file.ts';
import { emptyFolder } from '../helpers/cli.ts';
import { runMain } from '../helpers/in-process.ts';

const SIMULATE = ['--simulate', '--pace', 'instant'];
const SECRET = 'correct horse battery';

function folder(t: TestContext): string {
  const cwd = emptyFolder();
  t.after(() => rmSync(cwd, { recursive: true }));
  return cwd;
}

test('a report has versions, every check, questions and what was said to the module, and no secret', async (t) => {
  const cwd = folder(t);
  const args = ['doctor', ...SIMULATE, '--ssid', 'Shop', '--passphrase', SECRET, '--join', '--report'];
  const { code, stdout, stderr } = await runMain(args, cwd);
  assert.deepEqual(
    [code, stderr],
    [0, 'anycloud-iotc-report.md is written. Read it before you send it, and answer its questions.\n'],
  );
  const path = join(cwd, 'anycloud-iotc-report.md');
  const report = readFileSync(path, 'utf8');
  if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.match(
    report,
    /^ {4}anycloud-iotc: \d+\.\d+\.\d+.*\n {4}Node\.js: \d+\..*\n {4}system: .+\n {4}firmware: .*\d$/m,
  );
  for (const [, status, id] of stdout.matchAll(/^(ok|warning|failed|skipped) +([\w-]+) /gm)) {
    assert.ok(report.includes(`\n    ${status} ${id}: `), `${id} in the report`);
  }
  const [first] = report.split('## Please confirm on your board\n\n')[1]?.split('\n') ?? [];
  assert.match(first ?? '', /^- \[ \] T4, /);
  assert.match(report, /## Transcript: what doctor.*\n\n {4}\S+Z tx AT\n/);
  assert.match(report, /Z tx AT\+WSTAC=3,.*\*\*\*/);
  assert.ok(!report.includes(SECRET) && !report.includes(Buffer.from(SECRET).toString('hex')));
});

test('a report has the last run of a log, and what stands in that can neither be markup nor a secret', async (t) => {
  const cwd = folder(t);
  const key = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----';
  const log = [
    '2026-11-01T10:00:00.000Z tx AT+OLD',
    '2026-11-01T10:00:01.000Z exit {"code":0,"reason":"done"}',
    '2026-11-02T10:00:00.000Z tx AT+NEW',
    `2026-11-02T10:00:00.000Z rx ${'x'.repeat(2000)}`,
    `2026-11-02T10:00:00.000Z rx ${SECRET}`,
    key,
    '```',
    '# not a heading \u202e',
    '2026-11-02T10:00:01.000Z exit {"code":0,"reason":"done"}',
    '',
  ].join('\r\n');
  writeFileSync(join(cwd, 'log'), log);
  writeFileSync(join(cwd, '.env'), `WIFI_PASSPHRASE=${SECRET}\n`);
  await runMain(
    ['doctor', ...SIMULATE, '--passphrase', 'another one', '--json', '--report', 'r.md', '--log', 'log'],
    cwd,
  );
  const report = readFileSync(join(cwd, 'r.md'), 'utf8');
  const transcript = report.split('## Transcript: the last run of the log\n\n')[1] ?? '';
  assert.ok(transcript.startsWith('    2026-11-02T10:00:00.000Z tx AT+NEW\n'), transcript);
  assert.ok(transcript.endsWith('    2026-11-02T10:00:01.000Z exit {"code":0,"reason":"done"}\n'));
  assert.ok(!report.includes(SECRET) && !report.includes('MHcCAQEE') && !report.includes('\u202e'));
  assert.ok(Math.max(...transcript.split('\n').map(({ length }) => length)) < 400);
  assert.match(transcript, /^ {4}```$/m);
  assert.match(transcript, /^ {4}# not a heading/m);
});

test('a report overwrites nothing, and says why it cannot be written before anything is checked', async (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, 'mine.md'), 'mine');
  mkdirSync(join(cwd, 'folder'));
  for (const [args, says] of [
    [['--report', 'mine.md'], /mine\.md is there already\n.*never overwritten/],
    [['--report', 'folder'], /folder is there already/],
    [['--report', join('none', 'r.md')], /no such folder/],
    [['--report', 'new.md', '--log', 'none'], /The log none does not exist/],
    [['--report', 'new.md', '--log', 'folder'], /The log folder is a folder/],
    [['--log', 'mine.md'], /--log is for a report only/],
  ] as const) {
    const { code, stdout, stderr } = await runMain(['doctor', ...SIMULATE, ...args], cwd);
    assert.deepEqual([code, stdout, says.test(stderr)], [3, '', true], `${args.join(' ')}\n${stderr}`);
  }
  assert.equal(readFileSync(join(cwd, 'mine.md'), 'utf8'), 'mine');
  assert.deepEqual(readdirSync(cwd).sort(), ['folder', 'mine.md']);
});

test('a report that is not written leaves no file, and a dialogue without an end fills no memory', (t) => {
  const cwd = folder(t);
  const open = (name: string) => new ReportFile(name, null, cwd, { flags: {}, env: {}, envFile: null });
  open('gone.md').close();
  assert.equal(existsSync(join(cwd, 'gone.md')), false);
  const file = open('r.md');
  for (let index = 0; index < 1000; index++)
    file.note({ type: 'at', dir: 'rx', line: `line ${index}`, kind: 'text' }, index);
  file.write([]);
  file.close();
  const lines = readFileSync(join(cwd, 'r.md'), 'utf8').match(/ rx line \d+$/gm) ?? [];
  assert.deepEqual([lines.length, lines[0], lines.at(-1)], [500, ' rx line 500', ' rx line 999']);
});
