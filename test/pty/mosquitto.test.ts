import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { emptyFolder, startCli } from '../helpers/cli.ts';

const withoutMosquitto =
  spawnSync('mosquitto_pub', ['--help']).error === undefined ? false : "mosquitto's clients are not installed";
const execute = promisify(execFile);

test("mosquitto's clients send and receive, with TLS and without", {
  skip: withoutMosquitto,
  timeout: 40_000,
}, async (t) => {
  const cwd = emptyFolder();
  const ports = ['--mqtt-port', '0', '--plain-port', '0', '--http-port', '0'];
  const cloud = startCli(t, ['cloud', ...ports, '--data', 'state', '--enroll', 'board-1'], { cwd });
  const [, secure = ''] = await cloud.text(/MQTT over TLS on port (\d+)/);
  const [, plain = ''] = await cloud.text(/MQTT without TLS is on port (\d+)/);
  const [, url = ''] = await cloud.text(/^HTTP API: (\S+)$/m);
  await cloud.text(/^Enrolled board-1/m);
  const device = `${url}/api/devices/board-1`;
  const file = (name: string) => join(cwd, 'state', name);
  const send = (method: string, path: string, body: unknown) =>
    fetch(device + path, { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  assert.ok((await send('PUT', '', { certificate: readFileSync(file('board-1.cert.pem'), 'utf8') })).ok);

  const tls = ['--cafile', file('ca.pem'), '--cert', file('board-1.cert.pem'), '--key', file('board-1.key.pem')];
  const ways: [name: string, options: string[]][] = [
    ['secure', ['-p', secure, ...tls]],
    ['plain', ['-p', plain]],
  ];
  const who = ['-h', '127.0.0.1', '-i', 'board-1', '-u', '127.0.0.1/board-1/?api-version=2021-04-12'];
  for (const [name, options] of ways) {
    const message = ['-t', 'devices/board-1/messages/events/', '-m', JSON.stringify({ name })];
    await execute('mosquitto_pub', [...who, ...options, ...message]);
    await cloud.text(new RegExp(`board-1 has sent {"name":"${name}"}`));

    assert.ok((await send('POST', '/messages', { body: `to ${name}` })).ok);
    const filter = ['-c', '-q', '1', '-t', 'devices/board-1/messages/devicebound/#', '-C', '1', '-W', '10'];
    const { stdout } = await execute('mosquitto_sub', [...who, ...options, ...filter]);
    assert.equal(stdout, `to ${name}\n`);
  }

  const stranger = execute('mosquitto_pub', [...who, '-p', secure, '--cafile', file('ca.pem'), '-t', 'x', '-m', 'x']);
  await assert.rejects(stranger, /not authori[sz]ed/i);
});
