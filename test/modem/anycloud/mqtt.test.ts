import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModemError } from '../../../src/modem/modem.ts';
import { settle } from '../../helpers/virtual-clock.ts';
import { event, MQTT_ERROR, type Scripted, scripted } from './scripted.ts';

const BROKER = { host: 'hub.example', port: 8883, clientId: 'device', userName: 'hub.example/device', tls: true };
const UP = event('+MQTTCONN:1');
const DOWN = event('+MQTTCONN:0');
const BANNER = '\r\nOK\r\n>';
const TLS_FAILED = 'SSL Connection Negotiation Failed - Aborting\r\n';
const CONNECTED = '+MQTTCONN:1\r\nOK';
const NOT_CONNECTED = '+MQTTCONN:0\r\nOK';

/** A modem that is configured and connected. */
async function connected(): Promise<Scripted> {
  const s = await scripted();
  configuration(s);
  await s.run((modem) => modem.mqtt.configure(BROKER, s.signal));
  s.wire.command('AT+MQTTCONN=1', 'OK', [200, event('+MQTTCONNACK:0,0')], [200, UP]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.connect(s.signal)), ['connected', 200]);
  s.events.length = 0;
  return s;
}

function configuration({ wire }: Scripted): void {
  wire
    .command('AT+MQTTC=1,"hub.example"')
    .command('AT+MQTTC=2,8883')
    .command('AT+MQTTC=3,"device"')
    .command('AT+MQTTC=4,"hub.example/device"')
    .command('AT+MQTTC=7,1');
}

test('the broker is set up in order, without TLS where it is not wanted', async () => {
  const s = await scripted();
  configuration(s);
  await s.run((modem) => modem.mqtt.configure(BROKER, s.signal));
  for (const [id, value] of Object.entries({ 1: '"h"', 2: '1883', 3: '"c"', 4: '"u"', 7: '0' })) {
    s.wire.command(`AT+MQTTC=${id},${value}`);
  }
  const plain = { host: 'h', port: 1883, clientId: 'c', userName: 'u', tls: false };
  await s.run((modem) => modem.mqtt.configure(plain, s.signal));
});

test('what the module could not hold is refused before anything is sent, at exactly its limit', async () => {
  for (const [name, limit] of [
    ['host', 63],
    ['clientId', 23],
    ['userName', 127],
  ] as const) {
    for (const length of [0, limit, limit + 1]) {
      const s = await scripted();
      const value = 'x'.repeat(length);
      const settings = { host: 'h', port: 1, clientId: 'c', userName: 'u', tls: true, [name]: value };
      if (length === limit) {
        const { host, port, clientId, userName } = settings;
        s.wire.command(`AT+MQTTC=1,"${host}"`).command(`AT+MQTTC=2,${port}`).command(`AT+MQTTC=3,"${clientId}"`);
        s.wire.command(`AT+MQTTC=4,"${userName}"`).command('AT+MQTTC=7,1');
        await s.run((modem) => modem.mqtt.configure(settings, s.signal));
        continue;
      }
      const error = await s.modem.mqtt.configure(settings, s.signal).catch((reason: unknown) => reason);
      assert.ok(error instanceof ModemError && error.failure === 'limit', name);
      if (length > 0) assert.match(error.message, new RegExp(`${length} bytes.*1 to ${limit}`));
      s.wire.done();
    }
  }
});

test('a topic and a publish command fit up to their limits, and both numbers are told', async () => {
  const { modem } = await scripted();
  const topic = 'a/b';
  const head = `AT+MQTTPUB=0,0,0,"${topic}",""`.length;
  assert.equal(modem.mqtt.excess(topic, 'x'.repeat(510 - head), 0), null);
  assert.deepEqual(modem.mqtt.excess(topic, 'x'.repeat(511 - head), 0), { what: 'command', bytes: 511, limit: 510 });
  // Each quote costs two bytes.
  assert.deepEqual(modem.mqtt.excess(topic, `${'x'.repeat(509 - head)}"`, 0), {
    what: 'command',
    bytes: 511,
    limit: 510,
  });
  assert.equal(modem.mqtt.excess('t'.repeat(127), '', 1), null);
  assert.deepEqual(modem.mqtt.excess('t'.repeat(128), '', 1), { what: 'topic', bytes: 128, limit: 127 });
  assert.throws(() => modem.mqtt.subscribe('t'.repeat(128), 0, new AbortController().signal), {
    code: 'E_MODULE_LIMIT',
  });
  assert.throws(() => modem.mqtt.publish('t'.repeat(128), '', 0, new AbortController().signal), {
    code: 'E_MODULE_LIMIT',
  });
});

test('an outage of nine seconds is no refusal, one that lasts is', async () => {
  const table: [name: string, each: string, every: number, until: number, result: string, ms: number][] = [
    // 30 refusals in 9 s, then the broker is back.
    ['refused for 9 s', DOWN, 300, 9_000, 'connected', 9_100],
    ['TLS fails for 9 s', TLS_FAILED + DOWN, 300, 9_000, 'connected', 9_100],
    // The first one counts from 300 ms on.
    ['refused', DOWN, 300, 60_000, 'refused', 15_300],
    ['TLS fails', TLS_FAILED + DOWN, 300, 60_000, 'tls-failed', 15_300],
    // Fifteen seconds are not enough, ten refusals it must be.
    ['refused slowly', DOWN, 5_000, 60_000, 'refused', 50_000],
    ['TLS fails slowly', TLS_FAILED + DOWN, 10_000, 60_000, 'tls-failed', 30_000],
  ];
  for (const [name, each, every, until, result, ms] of table) {
    const s = await scripted();
    const failures: [number, string][] = [];
    for (let at = every; at <= until; at += every) failures.push([at, each]);
    s.wire.command('AT+MQTTCONN=1', 'OK', ...failures, [until + 100, UP]);
    const found = await s.run((modem) => modem.mqtt.connect(s.signal));
    assert.deepEqual(found, [result, ms], name);
  }
});

test('a client that is stuck is told at once', async () => {
  for (const text of ['Failed to allocate Handle\r\n', 'TCPIP Socket Open FAILED\r\n']) {
    const s = await scripted();
    s.wire.command('AT+MQTTCONN=1', 'OK', [10, text]);
    assert.deepEqual(await s.run((modem) => modem.mqtt.connect(s.signal)), ['stuck', 10]);
    assert.deepEqual(s.events, [{ type: 'stuck' }]);
  }
});

test('silence after a connect is asked about every 15 s, and given up after a minute', async () => {
  const s = await scripted();
  s.wire.command('AT+MQTTCONN=1');
  for (let n = 0; n < 4; n++) s.wire.command('AT+MQTTCONN', NOT_CONNECTED);
  const [result, ms] = await s.run((modem) => modem.mqtt.connect(s.signal));
  assert.deepEqual([result, ms], ['timed-out', 60_000]);
});

test('a connection whose event was lost is found by asking', async () => {
  const s = await scripted();
  s.wire.command('AT+MQTTCONN=1').command('AT+MQTTCONN', CONNECTED);
  assert.deepEqual(await s.run((modem) => modem.mqtt.connect(s.signal)), ['connected', 15_000]);
  assert.deepEqual(s.events, [{ type: 'broker', connected: true }]);
});

test('a connection that an earlier run has left is told when it is found, once', async () => {
  const s = await scripted();
  s.wire.command('AT+MQTTCONN', CONNECTED).command('AT+MQTTCONN', CONNECTED);
  assert.deepEqual(
    await s.run((modem) => modem.mqtt.isConnected(s.signal).then(() => modem.mqtt.isConnected(s.signal))),
    [true, 0],
  );
  assert.deepEqual(s.events, [{ type: 'broker', connected: true }]);
});

test('a connection that is closed rests before the next one', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTDISCONN', 'OK', [40, DOWN]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.close(s.signal)), [true, 290]);
  assert.deepEqual(s.events, [{ type: 'broker', connected: false }]);
});

test('a connection that does not close is told, and a lost event is no such thing', async () => {
  const refused = await connected();
  refused.wire.command('AT+MQTTDISCONN', MQTT_ERROR);
  assert.deepEqual(await refused.run((modem) => modem.mqtt.close(refused.signal)), [false, 0]);
  const mute = await connected();
  mute.wire.command('AT+MQTTDISCONN').command('AT+MQTTCONN', CONNECTED);
  assert.deepEqual(await mute.run((modem) => modem.mqtt.close(mute.signal)), [false, 5_000]);
  const unseen = await connected();
  unseen.wire.command('AT+MQTTDISCONN').command('AT+MQTTCONN', NOT_CONNECTED);
  unseen.wire.command('AT+MQTTC=1', '+MQTTC:1,"hub.example"\r\nOK');
  assert.deepEqual(await unseen.run((modem) => modem.mqtt.close(unseen.signal)), [true, 5_250]);
  assert.deepEqual(unseen.events, [{ type: 'broker', connected: false }]);
});

test('a subscription is made when it is acknowledged, and belongs to its connection', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTSUB="a/#",1', 'OK', [300, event('+MQTTSUB:0')]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.subscribe('a/#', 1, s.signal)), [true, 300]);
  s.wire.command('AT+MQTTSUB="b",0', 'OK', [1, event('+MQTTSUB:0')]);
  await s.run((modem) => modem.mqtt.subscribe('b', 0, s.signal));
  assert.deepEqual([...s.modem.mqtt.subscriptions], ['a/#', 'b']);
  for (const printed of [DOWN, UP, BANNER]) {
    const other = await connected();
    other.wire.command('AT+MQTTSUB="b",0', 'OK', [1, event('+MQTTSUB:0')]);
    await other.run((modem) => modem.mqtt.subscribe('b', 0, other.signal));
    other.wire.print(printed);
    await settle();
    assert.deepEqual([...other.modem.mqtt.subscriptions], [], printed);
    // The module holds none, so none is in the way.
    other.wire.command('AT+MQTTSUB="b",0', 'OK', [1, event('+MQTTSUB:0')]);
    assert.deepEqual(await other.run((modem) => modem.mqtt.subscribe('b', 0, other.signal)), [true, 1], printed);
  }
});

test('a subscription that fails is not made', async () => {
  for (const printed of [
    event('+MQTTSUB:1'),
    DOWN,
    UP,
    BANNER,
    'MQTTSubscribe() Failed (3)\r\n',
    'Failed: Max Topics already subscribed\r\n',
  ]) {
    const s = await connected();
    s.wire.command('AT+MQTTSUB="a",0', 'OK', [100, printed]);
    assert.deepEqual(await s.run((modem) => modem.mqtt.subscribe('a', 0, s.signal)), [false, 100], printed);
    assert.equal(s.modem.mqtt.subscriptions.size, 0);
  }
  const silent = await connected();
  silent.wire.command('AT+MQTTSUB="a",0').command('AT+MQTTCONN', CONNECTED);
  assert.deepEqual(await silent.run((modem) => modem.mqtt.subscribe('a', 0, silent.signal)), [false, 8_000]);
});

test('a subscription that is made again gives up its place first (T14)', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTSUB="a",1', 'OK', [10, event('+MQTTSUB:0')]);
  await s.run((modem) => modem.mqtt.subscribe('a', 1, s.signal));
  s.modem.mqtt.forgetSubscriptions();
  assert.equal(s.modem.mqtt.subscriptions.size, 0);
  s.wire.command('AT+MQTTUNSUB="a"', 'OK', [10, event('+MQTTUNSUB:1')]);
  s.wire.command('AT+MQTTSUB="a",1', 'OK', [10, event('+MQTTSUB:0')]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.subscribe('a', 1, s.signal)), [true, 20]);
  assert.deepEqual([...s.modem.mqtt.subscriptions], ['a']);
  // The acknowledgement of another one was lost, so it is not known whether the module holds it.
  s.wire.command('AT+MQTTSUB="b",1').command('AT+MQTTCONN', CONNECTED);
  await s.run((modem) => modem.mqtt.subscribe('b', 1, s.signal));
  s.wire.command('AT+MQTTUNSUB="b"', 'OK', [10, 'Topic (b) to Unsubscribe not in List\r\n']);
  s.wire.command('AT+MQTTSUB="b",1', 'OK', [10, event('+MQTTSUB:0')]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.subscribe('b', 1, s.signal)), [true, 20]);
  // What was given up and could not be made again is not there.
  s.wire.command('AT+MQTTUNSUB="b"', 'OK', [10, event('+MQTTUNSUB:1')]);
  s.wire.command('AT+MQTTSUB="b",1', 'OK', [10, event('+MQTTSUB:1')]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.subscribe('b', 1, s.signal)), [false, 20]);
  assert.deepEqual([...s.modem.mqtt.subscriptions], ['a']);
  s.modem.mqtt.forgetSubscriptions();
  s.wire.command('AT+MQTTUNSUB="a"', 'OK', [10, event('+MQTTUNSUB:0')]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.subscribe('a', 1, s.signal)), [false, 10]);
});

test('a message is accepted with its status, with QoS 1 with its acknowledgement', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTPUB=0,0,0,"t","{\\"a\\":1}"');
  const before = s.clock.monotonic();
  await s.clock.advance(7);
  assert.deepEqual(await s.run((modem) => modem.mqtt.publish('t', '{"a":1}', 0, s.signal)), [true, 0]);
  assert.equal(s.modem.mqtt.lastSent, before + 7);
  s.wire.command('AT+MQTTPUB=0,1,0,"t","x"', 'OK', [70, event('+MQTTPUBACC')]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.publish('t', 'x', 1, s.signal)), [true, 70]);
  for (const printed of [event('+MQTTPUBERR'), DOWN, UP, BANNER, 'MQTTPublish() Failed (3)\r\n']) {
    const other = await connected();
    other.wire.command('AT+MQTTPUB=0,1,0,"t","x"', 'OK', [70, printed]);
    assert.deepEqual(await other.run((modem) => modem.mqtt.publish('t', 'x', 1, other.signal)), [false, 70]);
  }
});

test('a send that fails although its command answers OK is told (T8)', async () => {
  for (const text of ['MQTTPublish() Failed (3)', 'sendPacket() failed (-1)']) {
    const s = await connected();
    s.wire.expect('AT+MQTTPUB=0,0,0,"t","x"\r\n', `AT+MQTTPUB=0,0,0,"t","x"\r\n${text}\r\nOK\r\n>`);
    assert.deepEqual(await s.run((modem) => modem.mqtt.publish('t', 'x', 0, s.signal)), [false, 0], text);
  }
});

test('commands wait for an acknowledgement that is due (T7)', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTPUB=0,1,0,"t","1"', 'OK', [400, event('+MQTTPUBACC')]);
  s.wire.command('AT+MQTTSUB="a",0', 'OK', [300, event('+MQTTSUB:0')]);
  s.wire.command('AT+MQTTPUB=0,0,0,"t","2"');
  const start = s.clock.monotonic();
  const work = Promise.all([
    s.modem.mqtt.publish('t', '1', 1, s.signal),
    s.modem.mqtt.subscribe('a', 0, s.signal),
    s.modem.mqtt.publish('t', '2', 0, s.signal),
  ]);
  assert.deepEqual(await s.clock.until(work), [true, true, true]);
  s.wire.done();
  const at = s.wire.written.slice(-3).map((each) => each.at);
  const [first = 0] = at;
  assert.deepEqual(
    at.map((each) => each - first),
    [0, 400, 700],
  );
  assert.equal(s.clock.monotonic() - start, 700);
});

test('one that fails does not keep the next from its turn', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTPUB=0,0,0,"t","1"', 'ERROR:4,"Invalid Parameter"').command('AT+MQTTPUB=0,0,0,"t","2"');
  const first = s.modem.mqtt.publish('t', '1', 0, s.signal);
  const second = s.modem.mqtt.publish('t', '2', 0, s.signal);
  await assert.rejects(s.clock.until(first), { code: 'E_MODULE_REFUSED' });
  assert.equal(await s.clock.until(second), true);
  s.wire.done();
});

test('error 47 is waited out while there is a connection, and the command sent once more', async () => {
  for (const settling of ['+MQTTPUBACC', '+MQTTPUBERR', '+MQTTSUB:0', '+MQTTUNSUB:1']) {
    const s = await connected();
    // A typed command is awaiting its acknowledgement, which this link knows nothing of.
    s.wire.command('AT+MQTTPUB=0,0,0,"t","x"', MQTT_ERROR);
    s.wire.command('AT+MQTTCONN', CONNECTED, [900, event(settling)]);
    s.wire.command('AT+MQTTPUB=0,0,0,"t","x"');
    assert.deepEqual(await s.run((modem) => modem.mqtt.publish('t', 'x', 0, s.signal)), [true, 900], settling);
  }
  const silent = await connected();
  silent.wire.command('AT+MQTTPUB=0,0,0,"t","x"', MQTT_ERROR).command('AT+MQTTCONN', CONNECTED);
  silent.wire.command('AT+MQTTPUB=0,0,0,"t","x"');
  assert.deepEqual(await silent.run((modem) => modem.mqtt.publish('t', 'x', 0, silent.signal)), [true, 8_000]);
});

/** How a publish fails, and how long it takes. */
async function publishFailure(s: Scripted) {
  const start = s.clock.monotonic();
  const error = await s.clock.until(s.modem.mqtt.publish('t', 'x', 0, s.signal)).catch((reason: unknown) => reason);
  s.wire.done();
  assert.ok(error instanceof ModemError, String(error));
  return [error.failure, s.clock.monotonic() - start];
}

test('error 47 without a connection is no refusal, and the drop is told where it was not seen', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTPUB=0,0,0,"t","x"', MQTT_ERROR).command('AT+MQTTCONN', NOT_CONNECTED);
  s.wire.command('AT+MQTTC=1', '+MQTTC:1,"hub.example"\r\nOK');
  assert.deepEqual(await publishFailure(s), ['not-connected', 0]);
  assert.deepEqual(s.events, [{ type: 'broker', connected: false }]);
  const seen = await connected();
  seen.wire.print(DOWN);
  await settle();
  seen.wire.command('AT+MQTTPUB=0,0,0,"t","x"', MQTT_ERROR).command('AT+MQTTCONN', NOT_CONNECTED);
  seen.wire.command('AT+MQTTC=1', '+MQTTC:1,"hub.example"\r\nOK');
  assert.deepEqual(await publishFailure(seen), ['not-connected', 0]);
  assert.deepEqual(seen.events, [{ type: 'broker', connected: false }]);
  const twice = await connected();
  twice.wire.command('AT+MQTTPUB=0,0,0,"t","x"', MQTT_ERROR).command('AT+MQTTCONN', CONNECTED, [10, DOWN]);
  twice.wire.command('AT+MQTTPUB=0,0,0,"t","x"', MQTT_ERROR);
  assert.deepEqual(await publishFailure(twice), ['not-connected', 10]);
});

test('a module that has forgotten its broker has restarted', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTPUB=0,0,0,"t","x"', MQTT_ERROR).command('AT+MQTTCONN', NOT_CONNECTED);
  s.wire.command('AT+MQTTC=1', '+MQTTC:1,[]\r\nOK');
  assert.deepEqual(await publishFailure(s), ['not-connected', 0]);
  assert.deepEqual(s.events, [{ type: 'restarted' }]);
  // It is known now, and not asked again.
  s.wire.command('AT+MQTTCONN', NOT_CONNECTED);
  await s.run((modem) => modem.mqtt.isConnected(s.signal));
  assert.equal(s.events.length, 1);
  // A damaged line is no proof of it.
  const damaged = await connected();
  damaged.wire.command('AT+MQTTCONN', NOT_CONNECTED).command('AT+MQTTC=1', '+MQTTC:1,"hub\r\nOK');
  assert.deepEqual(await damaged.run((modem) => modem.mqtt.isConnected(damaged.signal)), [false, 0]);
  assert.deepEqual(damaged.events, [{ type: 'broker', connected: false }]);
  // Before it was given one it has none.
  const early = await scripted();
  early.wire.command('AT+MQTTCONN', NOT_CONNECTED);
  assert.deepEqual(await early.run((modem) => modem.mqtt.isConnected(early.signal)), [false, 0]);
  assert.deepEqual(early.events, []);
});

test('a module that restarts while it connects is noticed after 15 s', async () => {
  const s = await scripted();
  configuration(s);
  await s.run((modem) => modem.mqtt.configure(BROKER, s.signal));
  s.wire.command('AT+MQTTCONN=1').command('AT+MQTTCONN', NOT_CONNECTED).command('AT+MQTTC=1', '+MQTTC:1,[]\r\nOK');
  await assert.rejects(s.clock.until(s.modem.mqtt.connect(s.signal)), { code: 'E_MODULE_RESET' });
  s.wire.done();
  assert.deepEqual(s.events, [{ type: 'restarted' }]);
});
