import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { emptyFolder, type JsonEvent, parseEvent, runCli, startCli } from '../helpers/cli.ts';
import { runMain } from '../helpers/in-process.ts';

const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const output = readFileSync(new URL('../../docs/output.md', import.meta.url), 'utf8');
const SIMULATE = ['--simulate', '--pace', 'instant', '--http-port', '0', '--interval', '1'];

describe('the program as a process', { concurrency: 2 }, () => {
  test('tells its version and its help', async () => {
    assert.deepEqual(await runCli('--version'), { code: 0, stdout: `${manifest.version}\n`, stderr: '' });
    const { code, stdout, stderr } = await runCli('--help');
    assert.deepEqual([code, stderr], [0, '']);
    for (const text of ['--simulate', 'SERIAL_PORT', 'module', 'cloud']) assert.ok(stdout.includes(text), text);
  });

  test('ends with 2 when it is called in a wrong way', async () => {
    const unknown = await runMain(['--no-such-flag'], emptyFolder());
    assert.deepEqual([unknown.code, unknown.stdout], [2, '']);
    assert.match(unknown.stderr, /--no-such-flag/);
    const beforeVerb = await runCli('--count', '1', 'ports');
    assert.deepEqual([beforeVerb.code, beforeVerb.stdout], [2, '']);
    assert.match(beforeVerb.stderr, /--count/);
  });

  test('ends with 3 and names every missing setting at once, also in JSON', async () => {
    const missing = ['SERIAL_PORT', 'WIFI_SSID', 'WIFI_PASSPHRASE', 'ID_SCOPE'];
    const text = await runCli();
    assert.equal(text.code, 3);
    for (const name of missing) assert.match(text.stderr, new RegExp(`${name} is missing`));
    const json = await runMain(['--json'], emptyFolder());
    assert.equal(json.code, 3);
    const [error, exit, ...more] = json.stdout.trimEnd().split('\n').map(parseEvent);
    assert.deepEqual(
      [error?.type, error?.['code'], exit?.type, exit?.['code'], more],
      ['error', 'E_SETTINGS', 'exit', 3, []],
    );
    for (const name of missing) assert.ok(String(error?.['message']).includes(`${name} is missing`), name);
  });

  test('ends with 4 when there is no such port', async () => {
    const { code, stderr } = await runCli(
      ...['--port', '/dev/no-such-port', '--ssid', 'a', '--passphrase', 'a passphrase', '--id-scope', '0ne'],
    );
    assert.equal(code, 4);
    assert.match(stderr, /There is no serial port "\/dev\/no-such-port"/);
  });
});

/** The members of each type, beside v, ts and type. */
const MEMBERS: Record<string, string[]> = {
  state: ['state'],
  at: ['dir', 'line', 'kind'],
  event: ['message', 'level'],
  waiting: ['message', 'seconds', 'count', 'total'],
  message: ['topic', 'payload'],
  assigned: ['hub', 'deviceId'],
  certificate: ['subject', 'issuer', 'serial', 'validFrom', 'validTo', 'sha1', 'sha256', 'pem'],
  twin: ['desired', 'reported'],
  telemetry: ['body'],
  property: ['name', 'value', 'requested', 'version', 'ac', 'ad'],
  command: ['name', 'request', 'status', 'response'],
  reported: ['body'],
  'local-cloud': ['url', 'deviceId', 'interval', 'requests'],
  error: ['code', 'message', 'hint'],
  exit: ['code', 'reason'],
};

function checkForm({ v, ts, type, ...all }: JsonEvent): void {
  const { deviceId, ...others } = all;
  const members = MEMBERS[type]?.includes('deviceId') ? all : others;
  assert.equal(v, 1);
  assert.match(String(ts), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const expected = MEMBERS[type];
  assert.ok(expected, type);
  const optional =
    type === 'at' && members['dir'] === 'tx'
      ? ['kind']
      : type === 'property' && !('ad' in members)
        ? ['ad']
        : type === 'waiting'
          ? [...('seconds' in members ? [] : ['seconds']), ...('count' in members ? [] : ['count', 'total'])]
          : [];
  assert.deepEqual(Object.keys(members).sort(), expected.filter((name) => !optional.includes(name)).sort(), type);
  const row = output.split('\n').find((line) => line.startsWith(`| \`${type}\` | `)) ?? '';
  for (const name of expected) assert.ok(row.includes(`\`${name}\``), `${type}.${name} in docs/output.md`);
}

/** Its raw form, its quoted form and its form in JSON all differ. */
const PASSPHRASE = 'p"a\\ss\\"phrase\'#';

function assertHidden(text: string): void {
  const json = JSON.stringify(PASSPHRASE).slice(1, -1);
  const quoted = PASSPHRASE.replace(/["\\]/g, '\\$&');
  const quotedInJson = JSON.stringify(quoted).slice(1, -1);
  const hex = Buffer.from(PASSPHRASE).toString('hex');
  for (const form of [PASSPHRASE, json, quoted, quotedInJson]) assert.ok(!text.includes(form), form);
  assert.ok(!text.toLowerCase().includes(hex), hex);
  assert.match(text, /WSTAC=3,/);
}

describe('a simulation as a process', { concurrency: 2 }, () => {
  test('its JSON has the documented form, its log and its JSON hide the passphrase, and it ends with 0', async () => {
    const cwd = emptyFolder();
    const args = [
      ...SIMULATE,
      '--count',
      '2',
      '--json',
      '--passphrase',
      PASSPHRASE,
      '--log-file',
      join(cwd, 'all.log'),
    ];
    const { code, stdout, stderr } = await runMain(args, cwd);
    assert.deepEqual([code, stderr], [0, '']);
    const events = stdout.trimEnd().split('\n').map(parseEvent);
    events.forEach(checkForm);
    const known = events.findIndex(({ type, state }) => type === 'state' && state === 'wi-fi');
    assert.ok(events.slice(known).every(({ deviceId }) => deviceId === 'sn0123A1B2C3D4E5F601'));
    assert.deepEqual([events.at(-1)?.type, events.at(-1)?.['code']], ['exit', 0]);
    assert.equal(events.filter(({ type }) => type === 'exit').length, 1);
    assert.equal(events.filter(({ type }) => type === 'telemetry').length, 2);
    assert.deepEqual(
      events.flatMap(({ type, state }) => (type === 'state' ? [state] : [])),
      [
        ...['open-port', 'sync', 'root-cert', 'identity', 'wi-fi', 'clock', 'dps-connect', 'dps-register'],
        ...['dps-disconnect', 'hub-connect', 'hub-subscribe', 'twin', 'report-properties', 'telemetry'],
      ],
    );
    assertHidden(stdout);
    assertHidden(readFileSync(join(cwd, 'all.log'), 'utf8'));
  });

  test('what comes through the HTTP API shows as events; SIGTERM ends it with 143', async (t) => {
    const cli = startCli(t, [...SIMULATE, '--json']);
    // Standard input is no terminal, so there are no keys.
    cli.process.stdin?.end('\u001bAT+GMI\r\n\u0003');
    const { url, deviceId } = await cli.event('local-cloud');
    await cli.event('telemetry');
    const request = async (method: string, path: string, body: unknown) => {
      const response = await fetch(`${url}/api/devices/${deviceId}/${path}`, {
        method,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      const answer: unknown = await response.json();
      return [response.status, answer];
    };
    const [status] = await request('PATCH', 'properties', { telemetryInterval: 5, led_user: 99 });
    assert.ok(status === 200 || status === 202, String(status));
    const accepted = await cli.event('property', ({ name, version }) => name === 'telemetryInterval' && version !== 1);
    assert.deepEqual([accepted['value'], accepted['requested'], accepted['ac']], [5, 5, 200]);
    const refused = await cli.event('property', ({ name, ac }) => name === 'led_user' && ac !== 200);
    assert.deepEqual([refused['requested'], refused['ac']], [99, 400]);
    const [, answer] = await request('POST', 'commands/reboot', { request: { delay: 'PT5S' } });
    const response = { status: 'Success', delay: 5 };
    assert.deepEqual(answer, { ...asObject(answer), response, responseCode: 200 });
    const command = await cli.event('command');
    assert.deepEqual([command['name'], command['status'], command['response']], ['reboot', 200, response]);
    cli.kill('SIGTERM');
    assert.equal((await cli.ended).code, 143);
    assert.deepEqual([cli.events().at(-1)?.type, cli.events().at(-1)?.['code']], ['exit', 143]);
    assert.ok(!cli.events().some(({ line }) => line === 'AT+GMI'));
  });

  test('without TLS it says so; --verbose hides the passphrase; SIGINT says goodbye and ends it with 130', async (t) => {
    const plain = ['--mqtt-tls', '0', '--mqtt-port', '1883'];
    const cli = startCli(t, [...SIMULATE, ...plain, '--verbose', '--passphrase', PASSPHRASE]);
    await cli.text(/ telemetry \{/);
    cli.kill('SIGINT');
    const { code, stdout, stderr } = await cli.ended;
    assert.deepEqual([code, stderr], [130, '']);
    for (const line of ['Warning: TLS is off', 'AT+MQTTC=2,1883', 'AT+MQTTC=7,0'])
      assert.ok(stdout.includes(line), line);
    assert.match(stdout, /AT\+MQTTDISCONN\n(.*\n)+.*exit code 130/);
    assertHidden(stdout);
  });

  test('a second signal ends it at once', async (t) => {
    const cli = startCli(t, [...SIMULATE, '--json']);
    await cli.event('telemetry');
    cli.kill('SIGINT');
    cli.kill('SIGTERM');
    const { code } = await cli.ended;
    // Both may be waiting at once, and then the system chooses which comes first.
    assert.ok(code === 130 || code === 143, String(code));
    assert.ok(!cli.events().some(({ type }) => type === 'exit'));
  });

  test('it ends when nobody reads its output any more', async (t) => {
    const cli = startCli(t, SIMULATE);
    await cli.text(/Start Initialization/);
    cli.process.stdout?.destroy();
    assert.equal((await cli.ended).code, 0);
  });
});

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

describe('the cloud as a process', () => {
  test('it keeps its certificates, says where everything is, and ends with Ctrl-C', async (t) => {
    const cwd = emptyFolder();
    const args = [
      'cloud',
      '--mqtt-port',
      '0',
      '--http-port',
      '0',
      '--data',
      'state',
      '--enroll',
      'board-1',
      '--sntp',
      '0',
      '--models',
      'lamp.json',
    ];
    const lamp = { '@context': 'dtmi:dtdl:context;2', '@id': 'dtmi:test:Lamp;1', '@type': 'Interface' };
    writeFileSync(join(cwd, 'lamp.json'), JSON.stringify(lamp));
    const start = async () => {
      const cli = startCli(t, args, { cwd });
      const [, url = ''] = await cli.text(/^HTTP API: (\S+)$/m);
      await cli.text(/^SNTP is on UDP port \d+ and gives the true time/m);
      const response = await fetch(`${url}/api/enrollments/board-1`);
      assert.equal(response.status, 200);
      const template = parseEvent(await (await fetch(`${url}/api/deviceTemplates/dtmi:test:Lamp;1`)).text());
      assert.deepEqual(template['capabilityModel'], lamp);
      cli.kill('SIGINT');
      assert.equal((await cli.ended).code, 130);
      return ['ca.pem', 'board-1.cert.pem', 'board-1.key.pem'].map((name) =>
        readFileSync(join(cwd, 'state', name), 'utf8'),
      );
    };
    const first = await start();
    assert.ok(first.slice(0, 2).every((pem) => pem.startsWith('-----BEGIN CERTIFICATE-----')));
    assert.deepEqual(await start(), first);
  });

  test('the usual port of the HTTP API may be taken; the same one is exact when it is asked for', async (t) => {
    // Somebody else's server does as well.
    const server = createServer()
      .listen(7070, '127.0.0.1')
      .on('error', () => undefined);
    t.after(() => server.close());
    await Promise.race([once(server, 'listening'), once(server, 'error')]);
    const asked = await runMain(['--simulate', '--http-port', '7070'], emptyFolder());
    assert.equal(asked.code, 3);
    assert.match(asked.stderr, /^Error: Port 7070 is in use by another program\n/);
    const { code, stdout } = await runMain(
      ['--simulate', '--pace', 'instant', '--json', '--count', '1'],
      emptyFolder(),
    );
    const [cloud] = stdout.trimEnd().split('\n').map(parseEvent);
    assert.equal(cloud?.type, 'local-cloud');
    assert.notEqual(new URL(String(cloud['url'])).port, '7070');
    assert.equal(code, 0);
  });

  test('a port that is taken gets one sentence', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    try {
      const { code, stderr } = await runMain(['cloud', '--mqtt-port', port, '--http-port', '0'], emptyFolder());
      assert.equal(code, 3);
      assert.match(stderr, new RegExp(`^Error: Port ${port} is in use by another program\n  Hint: .*--mqtt-port`));
    } finally {
      server.close();
    }
  });
});
