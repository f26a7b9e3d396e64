import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '../../src/clock.ts';
import { emptyFolder, startCli } from '../helpers/cli.ts';
import { MODEL, SCOPE } from './cloud.ts';

const PROGRAM = fileURLToPath(new URL('device-program.ts', import.meta.url));
const ID = 'anyones-device';

test('a device program of anyone meets the cloud that the command line starts', { timeout: 60_000 }, async (t) => {
  const folder = emptyFolder();
  const ports = ['--mqtt-port', '0', '--http-port', '0'];
  const cloud = startCli(t, ['cloud', ...ports, '--id-scope', SCOPE, '--data', 'state', '--enroll', ID], {
    cwd: folder,
  });
  const [, mqttPort = ''] = await cloud.text(/MQTT over TLS on port (\d+)/);
  const [, url = ''] = await cloud.text(/^HTTP API: (\S+)$/m);
  const [, certificate = '', key = ''] = await cloud.text(/with the certificate and key (\S+) and (\S+)$/m);

  const args = [`127.0.0.1:${mqttPort}`, SCOPE, ID, certificate, key, mqttPort];
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'state', 'ca.pem') };
  const program = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  t.after(() => program.kill());
  const ended = once(program, 'exit');

  const device = `${url}/api/devices/${ID}`;
  const ask = async (path: string, method = 'GET', body?: object): Promise<Record<string, unknown>> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(device + path, body ? { method, headers, body: JSON.stringify(body) } : { method });
    return (await response.json()) as Record<string, unknown>;
  };

  const hello = { request: { sendMsgString: 'hello' }, connectionTimeout: 30 };
  // There is no such device before it has registered.
  while ((await fetch(device)).status === 404) await sleep(systemClock, 100);
  assert.deepEqual((await ask('/commands/sendMsg', 'POST', hello))['response'], { status: 'hello' });
  assert.equal((await ask('/telemetry/temperature'))['value'], 21.5);
  await ask('/properties', 'PATCH', { telemetryInterval: 7 });
  const rebooted = await ask('/commands/reboot', 'POST', { request: { delay: 5 } });
  assert.deepEqual(rebooted['response'], { status: 'Success', delay: 5 });
  // The device acknowledges before it answers: it was told so in this order.
  const { telemetryInterval, $metadata } = await ask('/properties');
  assert.equal(telemetryInterval, 7);
  assert.equal(($metadata as { telemetryInterval: { state: string } }).telemetryInterval.state, 'accepted');
  assert.deepEqual(await ended, [0, null]);
  const { provisioned, template } = await ask('');
  assert.deepEqual({ provisioned, template }, { provisioned: true, template: MODEL });
});
