import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openIdentity } from '../../src/gateway/identity-folder.ts';
import { emptyFolder, startCli } from '../helpers/cli.ts';
import { Cable, withoutSocat } from '../helpers/socat.ts';

const BOARD = 'board-1';
const SCOPE = '0ne00A1B2C3';

async function bench(t: Parameters<typeof startCli>[0]) {
  const cwd = emptyFolder();
  const ends = [join(cwd, 'host'), join(cwd, 'board')] as const;
  await new Cable(t, ends).plug();
  const { certificate, key } = await openIdentity(join(cwd, 'gateway-identity'), BOARD, Date.now());
  const cloud = startCli(
    t,
    ['cloud', '--mqtt-port', '0', '--http-port', '0', '--data', 'state', '--enroll', `${BOARD}=${certificate}`],
    { cwd },
  );
  const [, mqttPort = ''] = await cloud.text(/MQTT over TLS on port (\d+)/);
  const [, url = ''] = await cloud.text(/^HTTP API: (\S+)$/m);
  await cloud.text(/^Enrolled board-1/m);
  const network = ['--ssid', 'Workshop 2', '--passphrase', 'correct horse'];
  const module = startCli(t, ['module', '--port', ends[1], ...network, '--expired-root'], { cwd });
  await module.text(/^It sees the Wi-Fi network/m);
  const towards = ['--dps-host', '127.0.0.1', '--ca', 'state/ca.pem', '--resolve', `*=127.0.0.1:${mqttPort}`];
  const host = ['--port', ends[0], ...network, '--id-scope', SCOPE, '--device-id', BOARD, '--interval', '1', '--json'];
  return { cwd, url, key, module, towards, host };
}

async function playTheCloud(url: string, session: ReturnType<typeof startCli>): Promise<void> {
  await session.event('telemetry');
  const headers = { 'Content-Type': 'application/json' };
  const device = `${url}/api/devices/${BOARD}`;
  await fetch(`${device}/properties`, { method: 'PATCH', headers, body: '{"led_user":2}' });
  await session.event('property', ({ name, value, ac }) => name === 'led_user' && value === 2 && ac === 200);
  const answer = await fetch(`${device}/commands/reboot`, {
    method: 'POST',
    headers,
    body: '{"request":{"delay":"PT1S"}}',
  });
  assert.ok(answer.ok);
  await session.event('command', ({ name, status }) => name === 'reboot' && status === 200);
}

test('a board with the expired root reaches the cloud by the gateway of its session', {
  skip: withoutSocat,
  timeout: 60_000,
}, async (t) => {
  const { cwd, url, key, module, towards, host } = await bench(t);
  const args = [...host, ...towards, '--gateway', '127.0.0.1', '--gateway-port', '0', '--log-file', 'session.log'];
  const session = startCli(t, args, { cwd });
  await playTheCloud(url, session);
  const connected = session.events().filter(({ type }) => type === 'gateway');
  assert.deepEqual(
    connected.flatMap(({ happening, host: name }) => (happening === 'cloud-connected' ? [name] : [])),
    ['127.0.0.1', '127.0.0.1'],
  );
  if (process.platform !== 'win32') assert.equal(statSync(key).mode & 0o777, 0o600);

  module.process.stdin?.write('reset\n');
  const before = session.events().length;
  await session.until(() =>
    session
      .events()
      .slice(before)
      .find(({ type }) => type === 'telemetry'),
  );
  session.kill('SIGINT');
  assert.equal((await session.ended).code, 130);
  const secret = readFileSync(key, 'utf8').split('\n')[1] ?? '';
  for (const text of [session.stdout, readFileSync(join(cwd, 'session.log'), 'utf8')]) {
    assert.ok(!text.includes(secret));
  }
});

test('a gateway of its own that is killed and started again: telemetry goes on by itself', {
  skip: withoutSocat,
  timeout: 60_000,
}, async (t) => {
  const { cwd, url, towards, host } = await bench(t);
  const start = (port: string) =>
    startCli(t, ['gateway', ...towards, '--gateway', '127.0.0.1', '--gateway-port', port, '--board', BOARD], { cwd });
  const gateway = start('0');
  const [, port = ''] = await gateway.text(/GATEWAY_AT=127\.0\.0\.1:(\d+)/);
  const session = startCli(t, [...host, '--qos', '1', '--gateway-at', `127.0.0.1:${port}`], { cwd });
  await playTheCloud(url, session);

  gateway.kill('SIGKILL');
  await session.event('event', ({ message }) => String(message).includes('waiting for the module to reconnect'));
  const again = start(port);
  await again.text(/GATEWAY_AT/);
  const before = session.events().length;
  await session.until(() =>
    session
      .events()
      .slice(before)
      .find(({ type }) => type === 'telemetry'),
  );
  session.kill('SIGINT');
  await session.ended;
  again.kill('SIGTERM');
  assert.equal((await again.ended).code, 143);
});
