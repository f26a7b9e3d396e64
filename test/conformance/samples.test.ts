import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type LocalCloud, startLocalCloud } from '../../src/simulator/index.ts';

const file = (name: string) => fileURLToPath(new URL(`samples/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'anycloud-iotc-samples-'));
const pathOf = (name: string) => join(folder, name);
let cloud: LocalCloud;
before(async () => {
  cloud = await startLocalCloud({ devices: [], symmetricKeyDevices: ['sdk-device'], hubName: '127.0.0.1' });
  const { certificate, key, deviceId } = await cloud.enroll('x509-device');
  await cloud.enrollments.delete(deviceId);
  writeFileSync(pathOf('ca.pem'), cloud.ca);
  writeFileSync(pathOf('device.pem'), certificate);
  writeFileSync(pathOf('device.key'), key, { mode: 0o600 });
});
after(async () => {
  rmSync(folder, { recursive: true });
  await cloud.close();
});

/** The ports of the SDKs are the only ones that they know: they are led to those of the cloud. */
const withoutPort = (connectionString: string) => connectionString.replace(/^(HostName=[^;:]+):\d+/, '$1');

async function runSamples(name: string): Promise<string[]> {
  const { iothubowner, provisioningserviceowner } = cloud.connectionStrings;
  const env = {
    PATH: process.env['PATH'],
    NODE_EXTRA_CA_CERTS: pathOf('ca.pem'),
    HTTPS_PORT: String(cloud.httpsPort),
    MQTT_PORT: String(cloud.mqttPort),
    DEVICE_CONNECTION_STRING: withoutPort(cloud.symmetricKeyIdentities[0]?.connectionString ?? ''),
    IOTHUB_CONNECTION_STRING: withoutPort(iothubowner),
    PROVISIONING_CONNECTION_STRING: withoutPort(provisioningserviceowner),
    PROVISIONING_HOST: '127.0.0.1',
    ID_SCOPE: cloud.idScope,
    API_MESSAGES: `${cloud.url}/api/devices/sdk-device/messages`,
    CERTIFICATE_FILE: pathOf('device.pem'),
    KEY_FILE: pathOf('device.key'),
  };
  const args = ['--import', file('lead-ports.mjs'), file(name)];
  const program = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 });
  let written = '';
  program.stdout.setEncoding('utf8').on('data', (text: string) => {
    written += text;
  });
  const [code] = await once(program, 'close');
  assert.equal(code, 0, `it ended with ${code} after: ${written}`);
  return written.trimEnd().split('\n');
}

test('programs of the device SDK run as they are', { timeout: 90_000 }, async () => {
  assert.equal((await runSamples('device.mjs')).length, 11);
});

test('programs of the service SDK run as they are', { timeout: 90_000 }, async () => {
  assert.equal((await runSamples('service.mjs')).length, 5);
});

test('programs of the provisioning SDKs run as they are', { timeout: 90_000 }, async () => {
  assert.equal((await runSamples('provisioning.mjs')).length, 13);
});

test('a program of the device SDK that renews its token over three expiries loses nothing', {
  timeout: 60_000,
}, async () => {
  const [name] = await runSamples('renewal.mjs');
  assert.equal(name, 'renewal');
  const numbers = cloud.telemetryHistory('sdk-device', 'n').map(({ value }) => value);
  assert.deepEqual(numbers, [...Array(numbers.length).keys()]);
  assert.ok(numbers.length >= 20, `${numbers.length} messages`);
});
