import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { emptyFolder, startCli } from '../helpers/cli.ts';
import { Cable, withoutSocat } from '../helpers/socat.ts';

const execute = promisify(execFile);

/** Waits until a terminal has this rate; the test's own time limit ends that. */
async function hasRate(path: string, rate: number): Promise<void> {
  let stdout = '';
  while (stdout.trim() !== String(rate)) ({ stdout } = await execute('stty', ['-F', path, 'speed']));
}

const PASSPHRASE = 'correct horse "battery\\staple"';

test('cloud, module and session, joined by a serial line that is unplugged for a while', {
  skip: withoutSocat,
  timeout: 60_000,
}, async (t) => {
  const cwd = emptyFolder();
  const ends = [join(cwd, 'host'), join(cwd, 'board')] as const;
  const cable = new Cable(t, ends);
  await cable.plug();

  const cloud = startCli(
    t,
    ['cloud', '--mqtt-port', '0', '--http-port', '0', '--data', 'state', '--enroll', 'board-1'],
    {
      cwd,
    },
  );
  const [, mqttPort = ''] = await cloud.text(/MQTT over TLS on port (\d+)/);
  const [, url = ''] = await cloud.text(/^HTTP API: (\S+)$/m);
  await cloud.text(/^Enrolled board-1/m);

  const files = ['--cert', 'state/board-1.cert.pem', '--key', 'state/board-1.key.pem', '--log-file', 'module.log'];
  const network = ['--ssid', 'Workshop 2', '--passphrase', PASSPHRASE];
  const module = startCli(
    t,
    ['module', '--port', ends[1], ...files, ...network, '--resolve', `*=127.0.0.1:${mqttPort}`, '--seed', '1'],
    { cwd },
  );
  await module.text(/^Its certificate is for board-1$/m);
  await module.text(/^It sees the Wi-Fi network "Workshop 2"$/m);
  await module.text(/^A virtual AnyCloud module is on \S+ at 230400 baud; .*, help lists them$/m);
  module.process.stdin?.write('status\nsntp maybe\nhelp\nhelp reset\n');
  await module.text(/^status: no Wi-Fi; no time yet; MQTT idle$/m);
  await module.text(/^sntp maybe: error: it is written: sntp on\|off$/m);
  await module.text(/^wifi-drop {2,}the access point disappears for a moment$/m);
  await module.text(/^help reset: reset {2}the reset pin$/m);

  await hasRate(ends[1], 230_400);
  await writeFile(ends[0], 'AT+IPR=115200\r\n');
  await hasRate(ends[1], 115_200);
  module.process.stdin?.write('reset\n');
  await hasRate(ends[1], 230_400);

  const session = startCli(
    t,
    [
      '--port',
      ends[0],
      ...network,
      '--id-scope',
      '0ne00A1B2C3',
      '--root-cert',
      'state/ca.pem',
      '--interval',
      '1',
      '--json',
    ],
    { cwd },
  );
  await session.event('telemetry', ({ body }) => JSON.stringify(body) === '{"temperature":15.25}');
  assert.deepEqual((await session.event('assigned'))['deviceId'], 'board-1');
  const before = session.events().length;
  const later = (type: string, matches: (member: Record<string, unknown>) => boolean = () => true) =>
    session.until(() =>
      session
        .events()
        .slice(before)
        .find((event) => event.type === type && matches(event)),
    );

  await cable.unplug();
  await later('event', ({ message }) => String(message).includes('is gone; waiting for it'));
  await module.text(/^Warning: The serial port .*board is gone; waiting for it$/m);
  const response = await fetch(`${url}/api/devices/board-1/properties`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json' },
    body: '{"telemetryInterval":2}',
  });
  assert.ok(response.ok);
  await cable.plug();
  const answered = await later('property', ({ name }) => name === 'telemetryInterval');
  assert.deepEqual([answered['value'], answered['ac']], [2, 200]);
  await later('telemetry');

  session.kill('SIGINT');
  assert.equal((await session.ended).code, 130);
  module.process.stdin?.write('status\n');
  await module.text(/^status: Wi-Fi "Workshop 2", 192\.168\.1\.50; 2\d{3}-\S+Z; MQTT \S+/m);
  module.kill('SIGINT');
  assert.equal((await module.ended).code, 130);
  cloud.kill('SIGTERM');
  assert.equal((await cloud.ended).code, 143);

  const log = readFileSync(join(cwd, 'module.log'), 'utf8');
  assert.match(log, / tx AT\+WSTAC=3,/);
  assert.match(log, / rx .*AT\+WSTAC=3,/);
  const escaped = PASSPHRASE.replace(/["\\]/g, '\\$&');
  for (const text of [log, module.stdout, session.stdout]) {
    for (const form of [PASSPHRASE, escaped, JSON.stringify(escaped).slice(1, -1)]) assert.ok(!text.includes(form));
  }
});
