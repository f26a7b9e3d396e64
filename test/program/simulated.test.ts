import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { parse } from 'dotenv';
import { wrapped } from '../../src/cli/doctor/wrapped.ts';
import { type Ended, emptyFolder, startCli } from '../helpers/cli.ts';
import { runMain } from '../helpers/in-process.ts';

const SIMULATE = ['--simulate', '--pace', 'instant'];
const DEVICE = 'sn0123A1B2C3D4E5F601';

function folder(t: TestContext): string {
  const cwd = emptyFolder();
  t.after(() => rmSync(cwd, { recursive: true }));
  return cwd;
}

function objects({ stdout }: Ended): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const value: unknown = JSON.parse(line);
      return typeof value === 'object' && value !== null ? { ...value } : assert.fail(line);
    });
}

describe('each command as a process, without a board', { concurrency: 2 }, () => {
  test('certs writes the certificates under the names of the original, and load-cert loads one', async (t) => {
    const cwd = folder(t);
    const certs = await startCli(t, ['certs', ...SIMULATE, '--out', 'pem'], { cwd }).ended;
    assert.deepEqual([certs.code, certs.stderr], [0, '']);
    const [device, signer, root] = [`${DEVICE}.PEM`, 'SignerCA.PEM', 'RootCA.PEM'].map(
      (name) => new X509Certificate(readFileSync(join(cwd, 'pem', name))),
    );
    assert.ok(device && signer && root);
    assert.ok(device.checkIssued(signer) && signer.checkIssued(root));
    for (const fact of [device.fingerprint, device.fingerprint256, signer.fingerprint256]) {
      assert.ok(certs.stdout.includes(fact.replaceAll(':', '')), fact);
    }
    assert.match(certs.stdout, /Individual enrollment.*Group enrollment/s);
    const loaded = await startCli(t, ['load-cert', ...SIMULATE, 'pem/RootCA.PEM'], { cwd }).ended;
    assert.equal(loaded.code, 0);
    assert.match(loaded.stderr, /^\.\.\. sending the certificate, in bytes \(\d+ of \d+\)\n$/);
    assert.match(loaded.stdout, /^Loaded, and read back: /);
    const leaf = await runMain(['load-cert', ...SIMULATE, `pem/${DEVICE}.PEM`], cwd);
    assert.deepEqual([leaf.code, leaf.stdout], [3, '']);
    assert.match(leaf.stderr, /not one of a certificate authority/);
  });

  test('doctor finds a simulation in order, one object a line', async (t) => {
    const doctor = await startCli(t, ['doctor', ...SIMULATE, '--json']).ended;
    assert.deepEqual([doctor.code, doctor.stderr], [0, '']);
    const findings = objects(doctor);
    assert.deepEqual(
      findings.map(({ id, status }) => `${id} ${status}`),
      [
        'node ok',
        'settings ok',
        'port skipped',
        'module ok',
        'firmware ok',
        'certificate ok',
        'device-id ok',
        'wi-fi ok',
        'clock skipped',
        'dps skipped',
      ],
    );
    for (const finding of findings) assert.deepEqual(Object.keys(finding), ['id', 'status', 'message', 'hint']);
  });

  test('scan shows the network of the settings file, and init writes such a file for its owner alone', async (t) => {
    const cwd = folder(t);
    const init = await startCli(t, ['init', '--ssid', 'Café #1', '--passphrase', 'a "quoted" \\ one'], { cwd }).ended;
    assert.deepEqual([init.code, init.stderr], [0, '']);
    assert.match(init.stdout, /SERIAL_PORT is missing.*ID_SCOPE is missing/s);
    if (process.platform !== 'win32') assert.equal(statSync(join(cwd, '.env')).mode & 0o777, 0o600);
    const scan = await startCli(t, ['scan', ...SIMULATE, '--json'], { cwd }).ended;
    assert.deepEqual([scan.code, scan.stderr], [0, '... the module looks for networks, up to 15 s\n']);
    assert.deepEqual(
      objects(scan).map(({ ssid, security }) => [ssid, security]),
      [['Café #1', 'wpa2']],
    );
  });
});

test('with the expired root of a board as sold there is no TLS, and everything else works (T4)', async (t) => {
  const cwd = folder(t);
  const asSold = [...SIMULATE, '--expired-root', '--http-port', '0', '--json', '--count', '1'];
  const [tls, plain] = await Promise.all([runMain(asSold, cwd), runMain([...asSold, '--mqtt-tls', '0'], cwd)]);
  assert.deepEqual([tls.code, plain.code], [7, 0]);
  const lines = objects(tls).map(({ type, code, line }) => String(type === 'error' ? code : line));
  assert.ok(lines.includes('SSL Connection Negotiation Failed - Aborting'));
  assert.ok(lines.includes('E_DPS_TLS'), lines.filter((line) => line.startsWith('E_')).join());
});

test('certs and scan say the same in JSON and in words', async (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, '.env'), 'DEVICE_ID=my-board\n');
  const certs = await runMain(['certs', ...SIMULATE, '--json'], cwd);
  assert.deepEqual(
    objects(certs).map(({ kind, file }) => `${kind} ${file}`),
    ['device my-board.PEM', 'signer SignerCA.PEM', 'root RootCA.PEM'],
  );
  assert.match((await runMain(['scan', ...SIMULATE], cwd)).stdout, /^-48 dBm +6 +wpa2 +AnyCloud-Demo$/m);
});

test('doctor ends like the first thing that failed, and shows no secret', async (t) => {
  const flags = ['--port', '/dev/no-such-port', '--dps-host', 'x.invalid', '--passphrase', 'a secret \u00e9'];
  const { code, stdout } = await runMain(['doctor', ...flags], folder(t));
  assert.equal(code, 3);
  assert.match(stdout, /^failed {3}settings .*\n( {22}.*\n)*failed {3}port .*no-such-port/m);
  assert.match(stdout, /^failed {3}dps /m);
  assert.doesNotMatch(stdout, /a secret/);
});

test('doctor ends with a summary and the next step', async (t) => {
  const well = await runMain(['doctor', ...SIMULATE, '--join'], folder(t));
  assert.equal(well.code, 0);
  assert.match(
    well.stdout,
    /^ok {7}join {9}The module has joined the network "AnyCloud-Demo", with the address [\d.]+$/m,
  );
  assert.match(well.stdout, /\nAll is well\.\nNext: "anycloud-iotc --simulate" starts the session\.\n$/);
  const ill = await runMain(['doctor', '--port', '/dev/no-such-port', '--dps-host', 'x.invalid'], folder(t));
  assert.match(ill.stdout, /\n3 failed\.\nNext: Let "anycloud-iotc init" ask for them/);
});

test('hints are wrapped at blanks, where there is a width', () => {
  assert.deepEqual(wrapped('one two three', null), ['one two three']);
  assert.deepEqual(wrapped('the quick brown fox jumps over', 20), ['the quick brown fox', 'jumps over']);
  const word = 'x'.repeat(40);
  assert.deepEqual(wrapped(`a ${word} b`, 20), ['a', word, 'b']);
});

test('init keeps what is there, and changes it only when it is told to', async (t) => {
  const cwd = folder(t);
  const path = join(cwd, '.env');
  writeFileSync(path, '# mine\nMINE=1\nWIFI_SSID=old\n');
  const refused = await runMain(['init', '--ssid', 'new', '--id-scope', '0ne1'], cwd);
  assert.deepEqual([refused.code, refused.stdout], [3, '']);
  assert.equal((await runMain(['init', '--ssid', 'new', '--id-scope', '0ne1', '--yes'], cwd)).code, 0);
  const text = readFileSync(path, 'utf8');
  assert.ok(text.startsWith('# mine\nMINE=1\nWIFI_SSID=new\n'), text);
  assert.deepEqual(parse(text), { MINE: '1', WIFI_SSID: 'new', ID_SCOPE: '0ne1' });
  assert.match((await runMain(['init', '--ssid', 'new'], cwd)).stdout, /stays as it is/);
  const wrong = await runMain(['init', '--security', 'wpa9', '--out', 'other'], cwd);
  assert.deepEqual([wrong.code, existsSync(join(cwd, 'other'))], [3, false]);
});

test('ports tells of each port whether it is likely, and auto takes none where there is not just one', async (t) => {
  const cwd = folder(t);
  const likely = objects(await runMain(['ports', '--json'], cwd)).filter((port) => port['likely'] === true);
  if (likely.length === 1) return t.skip('this computer has just one adapter, which would be opened');
  const { code, stderr } = await runMain(['scan', '--port', 'auto'], cwd);
  assert.equal(code, 4, stderr);
});

test('whatever is typed amiss gets an answer that helps', async (t) => {
  const cwd = folder(t);
  const rows: [args: string[], code: number, says: RegExp][] = [
    [['help'], 0, /Usage: anycloud-iotc/],
    [['help', 'scan'], 0, /Usage: anycloud-iotc scan/],
    [['help', 'sacn'], 2, /no command "sacn"\. Did you mean scan\?/],
    [['prots'], 2, /no command "prots"\. Did you mean ports\?/],
    [['Doctor'], 2, /Did you mean doctor\?/],
    [['loadcert', 'x.pem'], 2, /Did you mean load-cert\?/],
    [['run'], 2, /a session runs when no command is named: anycloud-iotc \[options\]/],
    [['COM5'], 2, /Did you mean --port COM5\?/],
    [['--simulate', 'nonsense'], 2, /no command "nonsense"; there are ports, certs/],
    [['--port', 'COM5', 'scan'], 2, /write --port behind scan, or leave out scan for a session/],
    [['--simulate', 'ports'], 2, /ports has no option --simulate: leave it out, or leave out ports for a session/],
    [['--interval', '5', 'scan'], 2, /scan has no option --interval: leave it out/],
    [['scan', '--interval', '5'], 2, /unknown option '--interval'[\s\S]*--interval is an option of the session/],
    [['ports', '--simulate'], 2, /unknown option '--simulate'[\s\S]*--simulate is an option of the session/],
    [['scan', '--no-such-thing'], 2, /unknown option '--no-such-thing'/],
    [['ports', 'x'], 2, /too many arguments for 'ports'/],
  ];
  for (const [args, code, says] of rows) {
    const ended = await runMain(args, cwd);
    assert.deepEqual([ended.code, says.test(ended.stdout + ended.stderr)], [code, true], `${args}\n${ended.stderr}`);
  }
});

test('--quiet has a line for each thing that happens, and none for a step to it', async (t) => {
  const { code, stdout } = await runMain([...SIMULATE, '--quiet', '--count', '1', '--http-port', '0'], folder(t));
  assert.equal(code, 0);
  assert.match(stdout, /^\.\.\. joining "AnyCloud-Demo", up to 20 s, try 1 of 2\nEvent: WiFi connected\n/m);
  assert.equal(stdout.match(/DPS assigns a hub/g)?.length, 1);
  assert.doesNotMatch(stdout, /notification|initializing|registration request/);
});
