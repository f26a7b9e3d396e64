import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pki } from '../helpers/board.ts';
import { emptyFolder } from '../helpers/cli.ts';
import { runMain } from '../helpers/in-process.ts';

const identity = await pki.device('pump-7');
const simulate = (family: string) => ['--simulate', '--pace', 'instant', '--modem', family];

/** A folder with the identity of a device, `device.pem` and `key.pem`. */
function folder(t: TestContext): string {
  const cwd = emptyFolder();
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'device.pem'), identity.certificate);
  writeFileSync(join(cwd, 'key.pem'), identity.key);
  writeFileSync(join(cwd, 'root.pem'), pki.ca);
  return cwd;
}

test('provision stores an identity, replaces one only when it is told to, and shows no key', async (t) => {
  const cwd = folder(t);
  const args = ['provision', ...simulate('rnwf02'), '--cert', 'device.pem', '--key', 'key.pem'];
  const refused = await runMain(args, cwd);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /holds an identity already, of sn[0-9A-F]+[\s\S]*--yes/);
  const { code, stdout, stderr } = await runMain([...args, '--yes'], cwd);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /Certificate of pump-7[\s\S]*read back[\s\S]*Enroll it at DPS; the device id[\s\S]*pump-7/);
  const written = stdout + stderr;
  const body = identity.key.split('\n')[1] ?? '';
  assert.ok(body.length > 30);
  for (const secret of [body, Buffer.from(body).toString('hex').toUpperCase()]) {
    assert.ok(!written.includes(secret.slice(0, 32)), 'a key is shown');
  }
});

test('provision wants a certificate and a key that belong together, and a module without an identity of its own', async (t) => {
  const cwd = folder(t);
  const other = await pki.device('pump-8');
  writeFileSync(join(cwd, 'other.pem'), other.key);
  const cases: [args: string[], message: RegExp][] = [
    [['--modem', 'rnwf02'], /--cert and --key are needed/],
    [['--modem', 'rnwf02', '--cert', 'device.pem', '--key', 'other.pem', '--yes'], /other\.pem/],
    [['--modem', 'rnwf02', '--cert', 'gone.pem', '--key', 'key.pem', '--yes'], /gone\.pem/],
    [
      ['--modem', 'rnwf11', '--cert', 'device.pem', '--key', 'key.pem', '--yes'],
      /RNWF11 module has an identity of its own/,
    ],
    [
      ['--modem', 'anycloud', '--cert', 'device.pem', '--key', 'key.pem', '--yes'],
      /AnyCloud module has an identity of its own/,
    ],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await runMain(['provision', '--simulate', '--pace', 'instant', ...args], cwd);
    assert.deepEqual([code, message.test(stderr)], [3, true], `${args.join(' ')}: ${stderr}`);
  }
});

test('certs, load-cert and scan do on each family what it can do', async (t) => {
  const cwd = folder(t);
  const cases: [args: string[], code: number, output: RegExp][] = [
    [['certs', ...simulate('rnwf11'), '--out', 'rnwf11'], 0, /SignerCA\.PEM/],
    [['certs', ...simulate('rnwf02'), '--out', 'rnwf02'], 0, /sn[0-9A-F]+\.PEM/],
    [['load-cert', ...simulate('rnwf02'), 'root.pem'], 0, /./],
    [['load-cert', ...simulate('rnwf11'), 'root.pem'], 0, /Loaded, and read back/],
    [['scan', ...simulate('auto')], 0, /./],
    [['scan', ...simulate('rnwf11')], 0, /./],
  ];
  for (const [args, code, output] of cases) {
    const ended = await runMain(args, cwd);
    assert.deepEqual(
      [ended.code, output.test(ended.stdout + ended.stderr)],
      [code, true],
      `${args.join(' ')}\n${ended.stderr}`,
    );
  }
  assert.deepEqual(readdirSync(join(cwd, 'rnwf02')).length, 1);
  assert.deepEqual(readdirSync(join(cwd, 'rnwf11')).length, 3);
});

for (const family of ['rnwf02', 'rnwf11']) {
  test(`${family}: a report asks what is not known of boards, and marks what the answers show`, async (t) => {
    const cwd = folder(t);
    const { code, stderr } = await runMain(['doctor', ...simulate(family), '--join', '--report'], cwd);
    assert.equal(code, 0, stderr);
    const report = readFileSync(join(cwd, 'anycloud-iotc-report.md'), 'utf8');
    const questions = report.split('## Please confirm on your board\n\n')[1] ?? '';
    assert.match(questions, /- \[x\] `AT\+GMM` answers with a colon[\s\S]*\+GMM:"PIC32MZW[12]"/);
    assert.match(questions, /- \[ \] Whether it joins a lost network again by itself/);
    assert.doesNotMatch(questions, /T4,/);
  });
}

test('a family that is not there is told by name', async (t) => {
  const cwd = folder(t);
  const { code, stderr } = await runMain(['scan', '--simulate', '--modem', 'rnwf03'], cwd);
  assert.equal(code, 3);
  assert.match(stderr, /rnwf03[\s\S]*anycloud, rnwf02/);
});
