import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'dotenv';
import { pki } from '../helpers/board.ts';
import { type Cli, COMMAND, emptyFolder, startCli } from '../helpers/cli.ts';
import { Cable, startSocat, withoutSocat } from '../helpers/socat.ts';

const needsTerminal = { skip: withoutSocat, timeout: 60_000 };

/** A folder with a cable in it: `host` is this program's end, `board` the other one. */
async function bench(t: TestContext) {
  const cwd = emptyFolder();
  const [host, board] = [join(cwd, 'host'), join(cwd, 'board')];
  await new Cable(t, [host, board]).plug();
  const start = (verb: string, ...args: string[]): Cli => startCli(t, [verb, '--port', host, ...args], { cwd });
  return { cwd, board, start };
}

/** A device at the other end that answers each line as `reply` says; null is silence. */
function device(t: TestContext, path: string, reply: (line: string) => string | null) {
  const [input, output] = [createReadStream(path, 'latin1'), createWriteStream(path)];
  // The cable goes away before them.
  input.on('error', () => undefined);
  output.on('error', () => undefined);
  t.after(() => {
    input.destroy();
    output.destroy();
  });
  let rest = '';
  input.on('data', (text) => {
    const lines = (rest + text).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const answer = reply(line);
      if (answer !== null) output.write(answer);
    }
  });
  return { heard: () => once(input, 'data') };
}

test('certs, load-cert, scan and doctor do their work over a serial line', needsTerminal, async (t) => {
  const { cwd, board, start } = await bench(t);
  const network = ['--ssid', 'Workshop 2', '--passphrase', 'correct horse'];
  const module = startCli(t, ['module', '--port', board, ...network], { cwd });
  await module.text(/^It sees the Wi-Fi network/m);

  const certs = await start('certs', '--out', 'pem').ended;
  assert.deepEqual([certs.code, certs.stderr], [0, '']);
  const loaded = await start('load-cert', join('pem', 'RootCA.PEM')).ended;
  assert.equal(loaded.code, 0);
  assert.match(loaded.stderr, /^\.\.\. sending the certificate, in bytes \(\d+ of \d+\)\n$/);
  assert.match(loaded.stdout, /read back/);
  const again = await start('load-cert', join('pem', 'RootCA.PEM')).ended;
  assert.match(again.stdout, /has this certificate already/);
  const scan = await start('scan').ended;
  assert.match(scan.stdout, /dBm .* Workshop 2$/m);

  const doctor = await start('doctor', ...network, '--id-scope', '0ne1', '--dps-host', 'no-such-name.invalid').ended;
  assert.equal(doctor.code, 7, doctor.stdout);
  assert.match(doctor.stdout, /^ok {7}module +The module answers at 230400 baud$/m);
  assert.match(doctor.stdout, /^ok {7}wi-fi /m);
  assert.match(doctor.stdout, /^failed {3}dps +The name no-such-name\.invalid does not resolve/m);
});

test('an RNWF02 that takes files by XMODEM only is given an identity and a root', needsTerminal, async (t) => {
  const { cwd, board, start } = await bench(t);
  const identity = await pki.device('pump-7');
  writeFileSync(join(cwd, 'device.pem'), identity.certificate);
  writeFileSync(join(cwd, 'key.pem'), identity.key);
  writeFileSync(join(cwd, 'root.pem'), pki.ca);
  const args = ['module', '--port', board, '--family', 'rnwf02', '--firmware', '2.0', '--blank'];
  const module = startCli(t, args, { cwd });
  await module.text(/^It sees the Wi-Fi network/m);

  const stored = await start('provision', '--cert', 'device.pem', '--key', 'key.pem', '--verbose').ended;
  assert.equal(stored.code, 0, stored.stderr);
  assert.match(stored.stdout, /does not give certificates back: set DEVICE_ID=pump-7/);
  const secret = identity.key.split('\n')[1]?.slice(0, 20) ?? '';
  assert.ok(secret.length === 20 && !(stored.stdout + stored.stderr).includes(secret));
  const again = await start('provision', '--cert', 'device.pem', '--key', 'key.pem').ended;
  assert.deepEqual([again.code, /holds an identity already/.test(again.stderr)], [3, true]);
  const loaded = await start('load-cert', 'root.pem').ended;
  assert.deepEqual([loaded.code, /Loaded, and read back/.test(loaded.stdout)], [0, true]);
  const doctor = await start('doctor').ended;
  assert.match(doctor.stdout, /^ok {7}certificate .* does not give back, and a key$/m);
});

test('a module that refuses is told from one that is in order', needsTerminal, async (t) => {
  const { cwd, board, start } = await bench(t);
  device(t, board, (line) => {
    if (line === 'AT+GMM') return `${line}\r\n+GMM="PIC32MZW1"\r\nOK\r\n>`;
    return line.startsWith('AT+') ? `${line}\r\nERROR:1,"General Error"\r\n>` : `${line}\r\nOK\r\n>`;
  });
  const certs = await start('certs').ended;
  assert.deepEqual([certs.code, certs.stdout], [5, '']);
  assert.match(certs.stderr, /no device, no signer, no root certificate/);
  const scan = await start('scan').ended;
  assert.deepEqual([scan.code, scan.stdout], [5, '']);
  assert.match(scan.stderr, /refused AT\+WSCNA=255 with error 1/);
  assert.ok(!existsSync(join(cwd, 'RootCA.PEM')));
});

test('a silent port is told from a busy one, and Ctrl-C does not wait for it', needsTerminal, async (t) => {
  const { board, start } = await bench(t);
  const { heard } = device(t, board, () => null);
  const silent = start('scan');
  await heard();
  const busy = await start('certs').ended;
  assert.equal(busy.code, 4);
  assert.match(busy.stderr, process.platform === 'linux' ? /in use by .*process \d+/ : /in use by/);
  const { code, stderr } = await silent.ended;
  assert.equal(code, 5);
  assert.match(stderr, /Nothing answers at the serial port\n {2}Hint: Press the reset button/);

  const stopped = start('scan');
  await heard();
  stopped.kill('SIGINT');
  assert.deepEqual(await stopped.ended, { code: 130, stdout: '', stderr: '' });
});

/** The program in a terminal of its own. */
function inTerminal(t: TestContext, cwd: string, ...args: string[]) {
  const script = join(cwd, 'run.sh');
  const program = [...COMMAND, ...args].map((word) => `'${word}'`).join(' ');
  writeFileSync(script, `cd '${cwd}'\nunset NODE_OPTIONS\n${program}\necho "code: $?"\n`);
  const socat = startSocat(t, '-', `EXEC:sh ${script},pty,setsid,ctty,sane`);
  const terminal = { screen: '', type: (keys: string) => socat.stdin?.write(keys), shows };
  let seen = 0;
  let look = (): void => undefined;
  socat.stdout?.setEncoding('utf8').on('data', (text: string) => {
    terminal.screen += text;
    look();
  });

  /** Waits for `pattern` in what comes after the last match. */
  function shows(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      look = () => {
        const match = pattern.exec(terminal.screen.slice(seen));
        if (!match) return;
        seen += match.index + match[0].length;
        look = () => undefined;
        resolve();
      };
      look();
    });
  }

  return terminal;
}

test('init asks a person, shows no passphrase, and asks again before it changes the file', needsTerminal, async (t) => {
  const cwd = emptyFolder();
  const path = join(cwd, '.env');
  const first = inTerminal(t, cwd, 'init', '--simulate', '--pace', 'instant');
  await first.shows(/1 +-48 dBm .* AnyCloud-Demo/);
  for (const [question, answer] of [
    [/Network: /, '1'],
    [/Passphrase.*: /, 'correct horse #1'],
    [/ID scope.*: /, '0ne00123ABC'],
    [/Device id \[sn0123A1B2C3D4E5F601\]: /, ''],
    [/Model \[.*\]: /, ''],
  ] as const) {
    await first.shows(question);
    first.type(`${answer}\r`);
  }
  await first.shows(/\.env is written/);
  await first.shows(/code: 0/);
  assert.doesNotMatch(first.screen, /correct horse/);
  const written = readFileSync(path, 'utf8');
  const { WIFI_SSID, WIFI_PASSPHRASE, ID_SCOPE, DEVICE_ID } = parse(written);
  assert.deepEqual(
    [WIFI_SSID, WIFI_PASSPHRASE, ID_SCOPE, DEVICE_ID],
    ['AnyCloud-Demo', 'correct horse #1', '0ne00123ABC', 'sn0123A1B2C3D4E5F601'],
  );
  assert.equal(statSync(path).mode & 0o777, 0o600);

  const second = inTerminal(t, cwd, 'init', '--simulate', '--pace', 'instant', '--ssid', 'Other');
  for (const question of [/Passphrase.*: /, /ID scope.*: /, /Device id.*: /, /Model.*: /]) {
    await second.shows(question);
    second.type('\r');
  }
  await second.shows(/WIFI_SSID changes from "AnyCloud-Demo" to "Other"/);
  await second.shows(/Change \.env\? \[y\/N\] /);
  second.type('\r');
  await second.shows(/Nothing was written/);
  await second.shows(/code: 0/);
  assert.equal(readFileSync(path, 'utf8'), written);

  const third = inTerminal(t, cwd, 'init', '--simulate', '--pace', 'instant');
  await third.shows(/Network .*: /);
  third.type('\u0003');
  await third.shows(/code: 130/);
  assert.equal(readFileSync(path, 'utf8'), written);
});
