import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { AppError, type ReportedEvent, runSession, type SessionOptions } from '../../src/index.ts';
import { createVirtualModule, startLocalCloud } from '../../src/simulator/index.ts';

const PASSPHRASE = 'a "quoted" pass#phrase';

type Cloud = Awaited<ReturnType<typeof startLocalCloud>>;
type Board = Awaited<ReturnType<typeof createVirtualModule>>;

/** Nobody is at the other end. */
function silence(): Duplex {
  return new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
}

const GOOD: SessionOptions = {
  port: silence,
  wifi: { ssid: 'Workshop', passphrase: PASSPHRASE },
  idScope: '0ne00A1B2C3',
  device: { telemetry: { temperature: () => 20 } },
};

/** What a session is refused with. */
async function refusal(options: unknown): Promise<AppError> {
  try {
    // As a program in JavaScript may call it.
    await Reflect.apply(runSession, undefined, [options]);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('the session was not refused');
}

test('options that are missing or wrong are all named at once, in the sentence and in the facts', async () => {
  const error = await refusal({ ...GOOD, idScope: undefined, baud: 300, count: 0, tls: 'no', rootCert: 'root.pem' });
  assert.equal(error.code, 'E_SETTINGS');
  assert.deepEqual(error.facts['settings'], ['baud', 'idScope', 'tls', 'count', 'rootCert']);
  for (const name of ['baud', 'idScope', 'tls', 'count', 'rootCert']) assert.match(error.message, new RegExp(name));
});

describe('an option that is wrong is refused by its name:', () => {
  const table: [string, object][] = [
    ['port', { port: undefined }],
    ['port', { port: { path: 'COM5' } }],
    ['wifi.ssid', { wifi: { passphrase: PASSPHRASE } }],
    ['wifi.ssid', { wifi: { ssid: 'x'.repeat(33), passphrase: PASSPHRASE } }],
    ['wifi.ssid', { wifi: { ssid: 'a\r\nAT+RST', passphrase: PASSPHRASE } }],
    ['wifi.passphrase', { wifi: { ssid: 'Workshop' } }],
    ['wifi.security', { wifi: { ssid: 'Workshop', passphrase: PASSPHRASE, security: 'wep' } }],
    ['deviceId', { deviceId: 'x'.repeat(65) }],
    ['device', { device: undefined }],
    ['interval', { interval: 0.5 }],
    ['modem', { modem: 'winc' }],
    ['dpsHost', { dpsHost: 'https://dps' }],
    ['mqttPort', { mqttPort: 65_536 }],
    ['reconnect', { reconnect: 1 }],
    ['qos', { qos: 2 }],
    ['onReboot', { onReboot: 'ignore' }],
  ];
  for (const [name, change] of table) {
    test(`${name}: ${JSON.stringify(change)}`, async () => {
      const error = await refusal({ ...GOOD, ...change });
      assert.deepEqual([error.code, error.facts['settings']], ['E_SETTINGS', [name]]);
    });
  }
});

test('a passphrase that is wrong is not shown', async () => {
  const { message } = await refusal({ ...GOOD, wifi: { ssid: 'Workshop', passphrase: 'seven77' } });
  assert.match(message, /wifi\.passphrase/);
  assert.doesNotMatch(message, /seven77/);
});

test('what is no device, and a model that is not there, are refused before the port is opened', async () => {
  let opened = false;
  const port = () => {
    opened = true;
    return silence();
  };
  const table: [unknown, RegExp][] = [
    [{ telemtry: {} }, /telemtry/],
    [{}, /at least one of/],
    [{ model: 'dtmi:com:example:Nothing;1', telemetry: {} }, /dtmi:com:example:Nothing;1/],
    ['dtmi:com:example:Nothing;1', /dtmi:com:example:Nothing;1/],
    ['thermostat', /thermostat/],
    [17, /must be an object/],
  ];
  for (const [device, message] of table) {
    const error = await refusal({ ...GOOD, port, device });
    assert.deepEqual([error.code, message.test(error.message)], ['E_CONFIG', true], error.message);
  }
  assert.equal(opened, false);
});

test('a way that cannot be opened, or is no stream, is one error with its cause', async () => {
  const broken = new Error('the bridge is down');
  const error = await refusal({ ...GOOD, port: () => Promise.reject(broken) });
  assert.deepEqual([error.code, error.cause], ['E_PORT', broken]);
  assert.match(error.message, /the bridge is down/);
  assert.equal((await refusal({ ...GOOD, port: () => 'COM5' })).code, 'E_PORT');
  assert.equal((await refusal({ ...GOOD, port: '/dev/there-is-no-such-port' })).code, 'E_PORT_NOT_FOUND');
});

test('a session that is told to end before it begins opens nothing', async () => {
  const port = () => assert.fail('it was opened');
  await runSession({ ...GOOD, port, signal: AbortSignal.abort() });
});

describe('on a virtual module', () => {
  let cloud: Cloud;
  let board: Board;

  before(async () => {
    cloud = await startLocalCloud({ assigningAnswers: 0 });
    const wifi = { ssid: 'Workshop', passphrase: PASSPHRASE, security: 'wpa2' } as const;
    board = await createVirtualModule({ cloud, wifi });
  });
  after(async () => {
    board.close();
    await cloud.close();
  });

  const options = (more: Partial<SessionOptions>): SessionOptions => ({
    ...GOOD,
    port: () => board.connect(),
    wifi: board.wifi,
    idScope: cloud.idScope,
    interval: 1,
    ...more,
  });

  test('it ends after as many messages as were asked for, and tells what has happened, without the passphrase', async () => {
    const events: ReportedEvent[] = [];
    const device = { telemetry: { temperature: () => 21 } };
    await runSession(options({ device, count: 2, onEvent: (event) => events.push(event) }));
    const telemetry = events.filter(({ type }) => type === 'telemetry');
    assert.deepEqual(telemetry, [
      { deviceId: 'device-1', type: 'telemetry', body: { temperature: 21 } },
      { deviceId: 'device-1', type: 'telemetry', body: { temperature: 21 } },
    ]);
    assert.deepEqual(
      events.find(({ type }) => type === 'assigned'),
      {
        type: 'assigned',
        hub: cloud.host,
        deviceId: 'device-1',
      },
    );
    const joined = events.find((event) => event.type === 'at' && event.line.startsWith('AT+WSTAC=3,'));
    assert.deepEqual(joined, { deviceId: 'device-1', type: 'at', dir: 'tx', line: 'AT+WSTAC=3,"***"' });
    assert.doesNotMatch(JSON.stringify(events), /pass#phrase/);
    assert.equal(cloud.device('device-1').connected, false);
  });

  test('it plays a model that it is given the id of', async () => {
    const telemetry = cloud.nextEvent('telemetry');
    await runSession(options({ device: 'dtmi:com:Microchip:WBZ451_Curiosity;1', count: 1 }));
    assert.deepEqual(Object.keys(Object((await telemetry).body)), ['temperature']);
    assert.equal(cloud.device('device-1').template, 'dtmi:com:Microchip:WBZ451_Curiosity;1');
  });

  test('what a listener throws ends it, and is what the program gets; the board is left', async () => {
    const mine = new Error('my own');
    const disconnected = cloud.nextEvent('disconnect', { match: ({ service }) => service === 'hub' });
    const onEvent = ({ type }: ReportedEvent) => {
      if (type === 'telemetry') throw mine;
    };
    await assert.rejects(runSession(options({ onEvent })), mine);
    assert.equal((await disconnected).cleanly, true);
  });

  test('a stream that was closed is opened again, unless that is not wanted', async () => {
    const streams: Duplex[] = [];
    const stop = new AbortController();
    const port = () => {
      const stream = board.connect();
      streams.push(stream);
      return stream;
    };
    const onEvent = ({ type }: ReportedEvent) => {
      if (type === 'telemetry' && streams.length === 1) streams[0]?.destroy();
      else if (type === 'telemetry') stop.abort();
    };
    await runSession(options({ port, onEvent, signal: stop.signal }));
    assert.equal(streams.length, 2);
    streams.length = 0;
    const error = await refusal(options({ port, onEvent, reconnect: false }));
    assert.deepEqual([error.code, streams.length], ['E_PORT_LOST', 1]);
  });
});
