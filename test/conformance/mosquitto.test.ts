import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { newDevice, nextEvent, SCOPE, type Simulation, type SimulationDevice, startSimulation } from './cloud.ts';

const CLIENTS = ['mosquitto_pub', 'mosquitto_sub'] as const;
const missing = CLIENTS.filter((name) => spawnSync(name, ['--help']).error !== undefined);
const skip =
  missing.length > 0 && `not installed: ${missing.join(', ')} (the package is usually called mosquitto-clients)`;

const TWIN_ANSWERS = '$iothub/twin/res/#';
const DESIRED = '$iothub/twin/PATCH/properties/desired/#';
const METHODS = '$iothub/methods/POST/#';

interface Outcome {
  code: number | null;
  output: string;
}

let simulation: Simulation;
let folder: string;
before(async () => {
  if (skip) return;
  simulation = await startSimulation();
  folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  await writeFile(join(folder, 'ca.pem'), simulation.pki.ca);
});
after(async () => {
  if (skip) return;
  await simulation.cloud.close();
  await rm(folder, { recursive: true });
});

function run(client: (typeof CLIENTS)[number], args: string[], input = ''): Promise<Outcome> {
  const child = spawn(client, ['-V', 'mqttv311', ...args], { timeout: 10_000 });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  child.stdin.on('error', () => {}); // most of what is run here does not read it
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

const userAtHub = (id: string) => `localhost/${id}/?api-version=2021-04-12`;

/** How the clients connect: over TLS with the certificate of this device, or over the plain port. */
async function overTls({ id, certificate, key }: SimulationDevice, clientId: string, user: string): Promise<string[]> {
  const [cert, keyFile] = [join(folder, `${id}.pem`), join(folder, `${id}.key`)];
  await writeFile(cert, certificate);
  await writeFile(keyFile, key, { mode: 0o600 });
  const tls = ['--cafile', join(folder, 'ca.pem'), '--cert', cert, '--key', keyFile];
  return ['-h', 'localhost', '-p', `${simulation.mqttPort}`, ...tls, '-i', clientId, '-u', user];
}

const overPlain = (id: string) => ['-h', '127.0.0.1', '-p', `${simulation.plainPort}`, '-i', id, '-u', userAtHub(id)];

/**
 * The topic of the hub's answer to a request. mosquitto_pub stays until its last line is acknowledged: so the request is
 * sent twice, and the first answer comes before the second acknowledgement.
 */
async function answerTo(id: string, topic: string, body: string): Promise<string | undefined> {
  const args = [...overPlain(id), '-c', '-d', '-l', '-q', '1', '-t', topic];
  const { output } = await run('mosquitto_pub', args, `${body}\n${body}\n`);
  return /received PUBLISH \(.*, '([^']+)', /.exec(output)?.[1];
}

/** What a device may subscribe to for messages. */
const messagesOf = (id: string) => `devices/${id}/messages/devicebound/#`;

suite('mosquitto over TLS', { skip, timeout: 50_000 }, () => {
  test('subscribes to what DPS answers, and to nothing else there', async () => {
    const id = 'mosquitto-dps';
    const identity = await newDevice(simulation, id);
    const dps = await overTls(identity, id, `${SCOPE}/registrations/${id}/api-version=2019-03-31`);
    const { output } = await run('mosquitto_sub', [...dps, '-d', '-E', '-q', '1', '-t', '$dps/registrations/res/#']);
    assert.match(output, /Subscribed \(mid: 1\): 1\n/);
    const gone = nextEvent(simulation.cloud, 'disconnect', ({ deviceId }) => deviceId === id);
    await run('mosquitto_sub', [...dps, '-W', '1', '-t', '$dps/registrations/#']);
    assert.equal((await gone).cleanly, false);
  });

  test('sends telemetry', async () => {
    const id = 'mosquitto-tls';
    const hub = await overTls(await newDevice(simulation, id), id, userAtHub(id));
    const topic = `devices/${id}/messages/events/%24.ct=application%2Fjson&alert=yes`;
    const arrived = nextEvent(simulation.cloud, 'telemetry', ({ deviceId }) => deviceId === id);
    const sent = await run('mosquitto_pub', [...hub, '-q', '1', '-t', topic, '-m', '{"temperature":4}']);
    assert.deepEqual(sent, { code: 0, output: '' });
    const { body, properties } = await arrived;
    assert.deepEqual(body, { temperature: 4 });
    assert.deepEqual(properties, { '$.ct': 'application/json', alert: 'yes' });
  });

  test('is refused with the certificate of another device', async () => {
    await newDevice(simulation, 'victim');
    const args = await overTls(await newDevice(simulation, 'thief'), 'victim', userAtHub('victim'));
    const { code, output } = await run('mosquitto_pub', [...args, '-t', 'devices/victim/messages/events/', '-n']);
    assert.equal(code, 5);
    assert.match(output, /not authorised/i);
  });
});

suite('mosquitto over the plain port', { skip, concurrency: true, timeout: 50_000 }, () => {
  test('reads and writes its twin', async () => {
    await newDevice(simulation, 'twin');
    // mosquitto_pub cannot subscribe; but the hub remembers what mosquitto_sub has subscribed to.
    await run('mosquitto_sub', [...overPlain('twin'), '-c', '-E', '-t', TWIN_ANSWERS]);
    const report = '$iothub/twin/PATCH/properties/reported/?$rid=';
    assert.equal(await answerTo('twin', `${report}1`, '{"led_user":1}'), '$iothub/twin/res/204/?$rid=1&$version=2');
    assert.equal(await answerTo('twin', `${report}2`, '{'), '$iothub/twin/res/400/?$rid=2');
    assert.equal(await answerTo('twin', '$iothub/twin/GET/?$rid=3', ' '), '$iothub/twin/res/200/?$rid=3');
  });

  test('hears of desired changes', async () => {
    await newDevice(simulation, 'desired');
    const subscribed = nextEvent(
      simulation.cloud,
      'mqtt',
      ({ packet }) => packet['cmd'] === 'subscribe' && JSON.stringify(packet).includes(DESIRED),
    );
    const listening = run('mosquitto_sub', [...overPlain('desired'), '-v', '-C', '1', '-t', DESIRED]);
    await subscribed;
    await simulation.cloud.patchDesired('desired', { led_user: 2 });
    const topic = '$iothub/twin/PATCH/properties/desired/?$version=2';
    assert.equal((await listening).output, `${topic} {"led_user":2,"$version":2}\n`);
  });

  test('hears method calls, and the caller that it left', async () => {
    await newDevice(simulation, 'methods');
    const listening = run('mosquitto_sub', [...overPlain('methods'), '-v', '-C', '1', '-t', METHODS]);
    const call = simulation.cloud.invokeMethod('methods', 'reboot', { delay: 'PT5S' }, { connect: 10 });
    await assert.rejects(call, { code: 404104 });
    assert.equal((await listening).output, '$iothub/methods/POST/reboot/?$rid=1 {"delay":"PT5S"}\n');
  });

  test('gets the messages that were sent while it was away, in a session that is kept', async () => {
    await newDevice(simulation, 'messages');
    const kept = [...overPlain('messages'), '-c', '-q', '1', '-t', messagesOf('messages')];
    await run('mosquitto_sub', [...kept, '-E']);
    await simulation.cloud.sendC2d('messages', Buffer.from('one'), new Map([['k', 'v']]));
    await simulation.cloud.sendC2d('messages', Buffer.from('two'));
    const { output } = await run('mosquitto_sub', [...kept, '-v', '-C', '2']);
    const to = 'devices/messages/messages/devicebound/%24.to=%2Fdevices%2Fmessages%2Fmessages%2Fdevicebound';
    assert.equal(output, `${to}&k=v one\n${to} two\n`);
  });

  test('is granted 1 when it asks for 2', async () => {
    await newDevice(simulation, 'granted');
    const { output } = await run('mosquitto_sub', [...overPlain('granted'), '-d', '-E', '-q', '2', '-t', METHODS]);
    assert.match(output, /Subscribed \(mid: 1\): 1\n/);
  });

  test('leaves its will as telemetry', async () => {
    await newDevice(simulation, 'will');
    const will = ['--will-topic', 'devices/will/messages/events/', '--will-payload', '"gone"'];
    const connected = nextEvent(simulation.cloud, 'connect', ({ deviceId }) => deviceId === 'will');
    const arrived = nextEvent(simulation.cloud, 'telemetry', ({ deviceId }) => deviceId === 'will');
    const listening = run('mosquitto_sub', [...overPlain('will'), ...will, '-W', '1', '-t', METHODS]);
    await connected;
    await simulation.cloud.faults.inject({ type: 'kick', deviceId: 'will' });
    const { body, properties } = await arrived;
    assert.equal(body, 'gone');
    assert.deepEqual(properties, { 'iothub-MessageType': 'Will' });
    await listening;
  });

  const closing: [name: string, id: string, args: string[]][] = [
    ['a message with quality of service 2', 'qos2', ['-q', '2', '-t', 'devices/qos2/messages/events/', '-m', '1']],
    ['the topic of another device', 'foreign', ['-q', '1', '-t', 'devices/granted/messages/events/', '-m', '1']],
    ['a topic that Azure does not have', 'elsewhere', ['-q', '1', '-t', 'a/topic', '-m', '1']],
    ['a property bag that is not encoded', 'bag', ['-q', '1', '-t', 'devices/bag/messages/events/a=%zz', '-m', '1']],
  ];
  for (const [name, id, args] of closing) {
    test(`is closed for ${name}`, async () => {
      await newDevice(simulation, id);
      const gone = nextEvent(simulation.cloud, 'disconnect', ({ deviceId }) => deviceId === id);
      const { code, output } = await run('mosquitto_pub', [...overPlain(id), ...args]);
      assert.notEqual(code, 0);
      assert.match(output, /connection was lost/);
      assert.equal((await gone).cleanly, false);
    });
  }

  test('is refused where the user name does not say which device it is', async () => {
    await newDevice(simulation, 'nameless');
    const args = [...overPlain('nameless'), '-u', 'localhost'];
    const { code, output } = await run('mosquitto_pub', [...args, '-t', 'devices/nameless/messages/events/', '-n']);
    assert.equal(code, 4);
    assert.match(output, /bad user name or password/i);
  });
});
