import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { readKeyRequest } from '../../src/cli/cloud-keys.ts';
import { main } from '../../src/cli/main.ts';
import { AppError } from '../../src/errors.ts';
import { emptyFolder } from '../helpers/cli.ts';
import { surroundings } from '../helpers/in-process.ts';
import { assertEvent } from '../helpers/json-schema.ts';
import { DeviceClient, hubUser } from '../simulator/cloud/device-client.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const SECOND = Buffer.alloc(64, 8).toString('base64');
const PORTS = ['--mqtt-port', '0', '--http-port', '0', '--https-port', '0', '--data', 'state'];

/** Runs the cloud within this process, asks it something, and ends it with Ctrl-C. */
async function serve(cwd: string, args: string[], ask: (url: string, shown: string) => Promise<void> = async () => {}) {
  const { environment, signals, ended } = surroundings(['cloud', ...PORTS, ...args], cwd);
  const running = main(environment);
  let shown = '';
  await new Promise<void>((resolve, reject) => {
    environment.stdout.on('data', (text: string) => {
      shown += text;
      if (/Connection strings are in/.test(shown)) resolve();
    });
    running.then((code) => reject(new Error(`it has ended with ${code}: ${shown}`)), reject);
  });
  await ask(/HTTP API: (\S+?)[\s"]/.exec(shown)?.[1] ?? '', shown);
  signals.emit('SIGINT', 'SIGINT');
  return ended(await running);
}

suite('keys that the cloud makes', () => {
  test('are shown once, on standard output, and kept for their owner only', async () => {
    const cwd = emptyFolder();
    const args = ['--enroll-key', 'board-1', '--log-file', join(cwd, 'log')];
    const bodies: string[] = [];
    const ask = async (url: string) => {
      for (const path of ['/api/devices/board-1', '/api/enrollments/board-1', '/api/devices/board-1/identity'])
        bodies.push(await (await fetch(url + path)).text());
    };
    const first = await serve(cwd, args, ask);
    const [, secret = ''] =
      /^Connection string of board-1: HostName=127\.0\.0\.1:\d+;DeviceId=board-1;SharedAccessKey=(\S+)$/m.exec(
        first.stdout,
      ) ?? [];
    assert.match(secret, /^[A-Za-z0-9+/]{43}=$/);
    assert.equal(first.stdout.split(secret).length, 2);
    assert.equal(first.stdout.match(/^Connection string of the policy /gm)?.length, 6);
    for (const text of [first.stderr, readFileSync(join(cwd, 'log'), 'utf8'), ...bodies])
      assert.ok(!text.includes(secret));
    assert.match(bodies.join(), /"attestation":"symmetricKey"/);

    const second = await serve(cwd, args);
    assert.ok(!second.stdout.includes(secret) && !second.stdout.includes('SharedAccessKey'));
    assert.match(second.stdout, /^Enrolled board-1 with a symmetric key of an earlier run/m);
    const strings = readFileSync(join(cwd, 'state', 'connection-strings.json'), 'utf8');
    assert.ok(strings.includes(secret));
    if (process.platform === 'win32') return;
    for (const name of readdirSync(join(cwd, 'state')))
      assert.equal(statSync(join(cwd, 'state', name)).mode & 0o077, 0, name);
  });

  test('are events of their own in JSON, which the schema knows', async () => {
    const cwd = emptyFolder();
    const { stdout } = await serve(cwd, ['--enroll-key', 'board-1', 'board-2', '--json']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const event of events) assertEvent('sessionEvent', event);
    const strings = events.filter(({ type }) => type === 'connection-string');
    assert.deepEqual(
      strings.map(({ deviceId }) => deviceId),
      [...Array(6).fill(undefined), 'board-1', 'board-2'],
    );
    const others = events.filter(({ type }) => type !== 'connection-string');
    assert.doesNotMatch(JSON.stringify(others), /SharedAccessKey/);
  });

  test('are not shown where they came from a file', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'board.key'), `${KEY}\n`);
    const { stdout } = await serve(cwd, ['--enroll-key', 'board-1=board.key', '--group-key', 'boards']);
    assert.match(stdout, /^Enrolled board-1 with the symmetric key in board\.key/m);
    assert.doesNotMatch(stdout, /DeviceId=board-1/);
    assert.ok(!stdout.includes(KEY));
    const [, path = ''] = /key is derived from the one in (\S+), as the group boards$/m.exec(stdout) ?? [];
    const [group = ''] = readFileSync(path, 'utf8').split('\n');
    assert.match(group, /^[A-Za-z0-9+/]{43}=$/);
    assert.ok(!stdout.includes(group));
  });
});

test('telemetry is added to a file, a line for each message', async () => {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'telemetry.ndjson'), '{"kept":true}\n');
  const args = ['--enroll-key', 'board-1', '--export', 'telemetry.ndjson', '--plain-port', '0'];
  const { stdout } = await serve(cwd, args, async (_url, shown) => {
    const [, port = ''] = /MQTT without TLS is on port (\d+)/.exec(shown) ?? [];
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    const client = new DeviceClient(socket);
    await client.connect({ clientId: 'board-1', username: hubUser('board-1', '127.0.0.1') });
    client.publish('devices/board-1/messages/events/k=v', { t: 1 }, { qos: 1 });
    await client.next('puback');
    client.send({ cmd: 'disconnect' });
    await client.closed();
  });
  assert.match(stdout, /board-1 has sent/);
  const lines = readFileSync(join(cwd, 'telemetry.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const [kept, { ts, ...message }] = lines;
  assert.deepEqual([kept, message], [{ kept: true }, { deviceId: 'board-1', body: { t: 1 }, properties: { k: 'v' } }]);
  assert.ok(!Number.isNaN(Date.parse(ts)));
});

test('a key file has one key or two', () => {
  const cwd = emptyFolder();
  const files: [string, object | RegExp][] = [
    [KEY, { primaryKey: KEY }],
    [`${KEY}\r\n${SECOND}\r\n`, { primaryKey: KEY, secondaryKey: SECOND }],
    [`${KEY} ${KEY} ${KEY}`, /does not hold one symmetric key, or two/],
    ['c2hvcnQ=', /does not hold one symmetric key/],
    ['', /does not hold one symmetric key/],
    [`SharedAccessKey=${KEY}`, /does not hold one symmetric key/],
  ];
  for (const [content, expected] of files) {
    writeFileSync(join(cwd, 'key'), content);
    const read = () => readKeyRequest('--enroll-key', 'a=key', cwd);
    if (!(expected instanceof RegExp)) assert.deepEqual(read(), { id: 'a', key: expected, file: 'key' });
    else
      assert.throws(
        read,
        (error: unknown) => error instanceof AppError && expected.test(error.message) && !error.message.includes(KEY),
      );
  }
  for (const text of ['', 'a=', 'a b', '../a', 'a/b=key', 'a=none']) {
    assert.throws(() => readKeyRequest('--enroll-key', text, cwd), { code: 'E_CONFIG' }, text);
  }
});
