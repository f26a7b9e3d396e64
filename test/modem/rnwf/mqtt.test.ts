import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BrokerSettings } from '../../../src/modem/modem.ts';
import { RNWF11 } from '../../../src/modem/rnwf/product.ts';
import { settle } from '../../helpers/virtual-clock.ts';
import { event, MQTT_ERROR, type Scripted, scripted } from './scripted.ts';

const BROKER: BrokerSettings = { host: 'h.example', port: 1883, clientId: 'd', userName: 'u', tls: false };
const SETTINGS = [
  'AT+MQTTC=1,"h.example"',
  'AT+MQTTC=2,1883',
  'AT+MQTTC=3,"d"',
  'AT+MQTTC=4,"u"',
  'AT+MQTTC=5,""',
  'AT+MQTTC=6,60',
  'AT+MQTTC=7,0',
  'AT+MQTTC=8,3',
  'AT+MQTTC=9,700',
];
const ACCEPTED = event('+MQTTCONNACK:0,0');
const UP = event('+MQTTCONN:1');
const DOWN = event('+MQTTCONN:0');
const BANNER = event('+BOOT:"RNWF02 - RNWF - AT Command Interface (c) Microchip"');

async function configured(): Promise<Scripted> {
  const s = await scripted();
  s.accepts(...SETTINGS);
  await s.run((modem) => modem.mqtt.configure(BROKER, s.signal));
  return s;
}

async function connected(): Promise<Scripted> {
  const s = await configured();
  s.wire.command('AT+MQTTCONN=1', 'OK', [200, ACCEPTED], [210, UP]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.connect(s.signal)), ['connected', 210]);
  s.events.length = 0;
  return s;
}

test('RNWF11 is told not to register by itself', async () => {
  const s = await scripted(RNWF11, '78de24c4 [09:48:06 Nov  2 2023]');
  s.accepts(...SETTINGS, 'AT+MQTTC=10,0');
  await s.run((modem) => modem.mqtt.configure(BROKER, s.signal));
});

test('what the module could not hold is refused before anything is sent, at the limit of its firmware', async () => {
  const table: [firmware: string, name: 'host' | 'clientId' | 'userName', limit: number][] = [
    ['3.1.0 1 58a15dc2', 'host', 64],
    ['3.1.0 1 58a15dc2', 'clientId', 48],
    ['3.1.0 1 58a15dc2', 'userName', 128],
    ['3.2.0 0 0', 'host', 256],
    ['3.2.0 0 0', 'clientId', 64],
    ['unheard of', 'clientId', 48],
  ];
  for (const [firmware, name, limit] of table) {
    const s = await scripted(undefined, firmware);
    const settings = { ...BROKER, [name]: 'x'.repeat(limit + 1) };
    await assert.rejects(s.modem.mqtt.configure(settings, s.signal), { failure: 'limit' }, `${firmware} ${name}`);
    s.wire.done();
    const id = { host: 1, clientId: 3, userName: 4 }[name];
    const value = 'x'.repeat(limit);
    s.accepts(...SETTINGS.map((each) => (each.startsWith(`AT+MQTTC=${id},`) ? `AT+MQTTC=${id},"${value}"` : each)));
    await s.run((modem) => modem.mqtt.configure({ ...BROKER, [name]: value }, s.signal));
  }
});

test('a publish command fits up to its limit, counted as it is sent', async () => {
  const { modem } = await scripted();
  const head = 'AT+MQTTPUB=0,0,0,"a/b",""'.length;
  assert.equal(modem.mqtt.excess('a/b', 'x'.repeat(1_024 - head), 0), null);
  assert.deepEqual(modem.mqtt.excess('a/b', 'x'.repeat(1_025 - head), 0), {
    what: 'command',
    bytes: 1_025,
    limit: 1_024,
  });
  assert.deepEqual(modem.mqtt.excess('a/b', `${'x'.repeat(1_023 - head)}"`, 0), {
    what: 'command',
    bytes: 1_025,
    limit: 1_024,
  });
  assert.deepEqual(modem.mqtt.excess('t'.repeat(256), '', 0), { what: 'topic', bytes: 256, limit: 255 });
});

test('a connection is made when it is reported, not when it is accepted', async () => {
  const s = await configured();
  const quiet = event('+MQTTPROPRX:33');
  s.wire.command('AT+MQTTCONN=1', 'OK', [100, quiet], [120, event('+MQTTPROPRX:19')], [200, ACCEPTED], [900, UP]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.connect(s.signal)), ['connected', 900]);
});

test('a refusal is tried again for some seconds, with pauses that grow', async () => {
  const failures: [string, string][] = [
    [event('+MQTTCONN:0'), 'refused'],
    [event('+MQTTCONN:ERROR:8.0,"MQTT Error"'), 'refused'],
    [event('+MQTTCONNACK:0,135'), 'refused'],
    [event('+DNSERR:5.4,"DNS Non-Existent Domain",1,"h.example"'), 'refused'],
    [event('+TLSERR:1,17.1'), 'tls-failed'],
  ];
  for (const [line, outcome] of failures) {
    const s = await configured();
    for (let attempt = 0; attempt < 4; attempt++) s.wire.command('AT+MQTTCONN=1', 'OK', [100, line]);
    // 4 × 100 ms, and pauses of 1, 2 and 4 s; the next one would end too late.
    assert.deepEqual(await s.run((modem) => modem.mqtt.connect(s.signal)), [outcome, 7_400], line);
  }
  const s = await configured();
  s.wire.command('AT+MQTTCONN=1', 'OK', [100, DOWN]).command('AT+MQTTCONN=1', 'OK', [100, ACCEPTED], [110, UP]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.connect(s.signal)), ['connected', 1_210]);
});

test('a connection that is in the way is closed first', async () => {
  const s = await configured();
  s.wire.command('AT+MQTTCONN=1', MQTT_ERROR).command('AT+MQTTDISCONN=0', 'OK', [20, DOWN]);
  s.wire.command('AT+MQTTCONN=1', 'OK', [200, ACCEPTED], [210, UP]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.connect(s.signal)), ['connected', 230]);
});

test('silence after a connect is asked about, and given up after a minute', async () => {
  const s = await configured();
  s.wire.command('AT+MQTTCONN=1');
  for (let n = 0; n < 4; n++) {
    s.wire.command('AT+MQTTCONN', '+MQTTCONN:0\r\nOK').command('AT+MQTTC=1', '+MQTTC:1,"h.example"\r\nOK');
  }
  assert.deepEqual(await s.run((modem) => modem.mqtt.connect(s.signal)), ['timed-out', 60_000]);
  const lost = await configured();
  lost.wire.command('AT+MQTTCONN=1', 'OK', [100, ACCEPTED]).command('AT+MQTTCONN', '+MQTTCONN:1\r\nOK');
  const [result, ms] = await lost.run((modem) => modem.mqtt.connect(lost.signal));
  assert.equal(result, 'connected');
  assert.ok(ms <= 15_100, String(ms));
  assert.deepEqual(lost.events, [{ type: 'broker', connected: true }]);
});

test('a restart whose banner was lost is found where the broker should stand', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTCONN', '+MQTTCONN:0\r\nOK').command('AT+MQTTC=1', '+MQTTC:1,[]\r\nOK');
  assert.deepEqual((await s.run((modem) => modem.mqtt.isConnected(s.signal)))[0], false);
  assert.deepEqual(s.events, [{ type: 'restarted' }]);
});

test('a connection is closed when that is reported, or there is none', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTDISCONN=0', 'OK', [40, DOWN]);
  assert.deepEqual(await s.run((modem) => modem.mqtt.close(s.signal)), [true, 40]);
  s.wire.command('AT+MQTTDISCONN=0', MQTT_ERROR).command('AT+MQTTCONN', '+MQTTCONN:0\r\nOK');
  s.wire.command('AT+MQTTC=1', '+MQTTC:1,"h.example"\r\nOK');
  assert.deepEqual(await s.run((modem) => modem.mqtt.close(s.signal)), [true, 0]);
});

test('a subscription is made when it is granted, and belongs to its connection', async () => {
  for (const [printed, made] of [
    [event('+MQTTSUB:0'), true],
    [event('+MQTTSUB:1'), true],
    [event('+MQTTSUB:128'), false],
    [event('+MQTTSUB:ERROR:8.0'), false],
    [DOWN, false],
    [BANNER, false],
  ] as const) {
    const s = await connected();
    s.wire.command('AT+MQTTSUB="$dps/registrations/res/#",1', 'OK', [70, printed]);
    const work = s.run((modem) => modem.mqtt.subscribe('$dps/registrations/res/#', 1, s.signal));
    assert.deepEqual(await work, [made, 70], printed);
    assert.equal(s.modem.mqtt.subscriptions.size, made ? 1 : 0);
    s.wire.print(DOWN);
    await settle();
    assert.equal(s.modem.mqtt.subscriptions.size, 0);
  }
});

test('the next command waits for the acknowledgement that is due', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTSUB="a",0', 'OK', [300, event('+MQTTSUB:0')]);
  s.wire.command('AT+MQTTPUB=0,1,0,"t","1"', '+MQTTPUB:7\r\nOK', [100, event('+MQTTPUBACK:7')]);
  s.wire.command('AT+MQTTPUB=0,0,0,"t","2"', '+MQTTPUB\r\nOK');
  const work = Promise.all([
    s.modem.mqtt.subscribe('a', 0, s.signal),
    s.modem.mqtt.publish('t', '1', 1, s.signal),
    s.modem.mqtt.publish('t', '2', 0, s.signal),
  ]);
  assert.deepEqual(await s.clock.until(work), [true, true, true]);
  s.wire.done();
});

test('the answer to a method is sent as in the printed session (RNWF 12)', async () => {
  const s = await connected();
  const command = 'AT+MQTTPUB=0,0,0,"$iothub/methods/res/200/?$rid=1","{\\"status\\" : \\"Success\\"}"';
  s.wire.command(command, '+MQTTPUB\r\nOK');
  const [topic, payload] = ['$iothub/methods/res/200/?$rid=1', '{"status" : "Success"}'];
  assert.deepEqual(await s.run((modem) => modem.mqtt.publish(topic, payload, 0, s.signal)), [true, 0]);
});

test('with QoS 1 only its own acknowledgement counts', async () => {
  const table: [events: [number, string][], accepted: boolean, ms: number][] = [
    [
      [
        [50, event('+MQTTPUBACK:6')],
        [70, event('+MQTTPUBACK:7')],
      ],
      true,
      70,
    ],
    [[[70, event('+MQTTPUBCOMP:7')]], true, 70],
    [
      [
        [50, event('+MQTTPUBACK:6')],
        [70, event('+MQTTPUBERR:7')],
      ],
      false,
      70,
    ],
    [[[70, event('+MQTTPUB:ERROR:8.0')]], false, 70],
    [[[70, DOWN]], false, 70],
    [[[70, BANNER]], false, 70],
  ];
  for (const [events, accepted, ms] of table) {
    const s = await connected();
    s.wire.command('AT+MQTTPUB=0,1,0,"t","x"', '+MQTTPUB:7\r\nOK', ...events);
    const work = s.run((modem) => modem.mqtt.publish('t', 'x', 1, s.signal));
    assert.deepEqual(await work, [accepted, ms], JSON.stringify(events));
  }
});

test('error 8.0 is waited out while there is a connection', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTPUB=0,0,0,"t","x"', MQTT_ERROR).command('AT+MQTTCONN', '+MQTTCONN:1\r\nOK');
  s.wire.command('AT+MQTTPUB=0,0,0,"t","x"', '+MQTTPUB\r\nOK');
  assert.deepEqual(await s.run((modem) => modem.mqtt.publish('t', 'x', 0, s.signal)), [true, 1_000]);
  s.wire.command('AT+MQTTPUB=0,0,0,"t","x"', MQTT_ERROR).command('AT+MQTTCONN', '+MQTTCONN:0\r\nOK');
  s.wire.command('AT+MQTTC=1', '+MQTTC:1,"h.example"\r\nOK');
  await assert.rejects(s.clock.until(s.modem.mqtt.publish('t', 'x', 0, s.signal)), { failure: 'not-connected' });
  s.wire.done();
});

test('a long message is read when it is announced, one after the other', async () => {
  const s = await connected();
  const topic = '$iothub/twin/res/200/?$rid=getTwin';
  const table: [answer: string, length: number, payload: string | null][] = [
    ['+MQTTSUBRD:0,12,"{\\"a\\":\\"bcd\\"}"', 11, '{"a":"bcd"}'],
    // One number, as in the example of the reference.
    ['+MQTTSUBRD:11,"ExampleText"', 11, 'ExampleText'],
    ['+MQTTSUBRD:0,4,[C3A9C3A9]', 4, 'éé'],
    ['+MQTTSUBRD:0,11,"short"', 11, null],
  ];
  for (const [answer, length, payload] of table) {
    s.events.length = 0;
    s.wire.command(`AT+MQTTSUBRD="${topic}",0,${length}`, `${answer}\r\nOK`);
    s.wire.print(event(`+MQTTSUBRX:0,0,0,"${topic}",0,${length}`));
    await settle();
    s.wire.done();
    const expected =
      payload === null ? { type: 'lost-message' } : { type: 'message', topic, payload: Buffer.from(payload) };
    assert.deepEqual(s.events, [expected], answer);
  }
  s.events.length = 0;
  s.wire.command('AT+MQTTSUBRD="a",1,3', '+MQTTSUBRD:1,3,"one"\r\nOK');
  s.wire.command('AT+MQTTSUBRD="b",2,3', '+MQTTSUBRD:2,3,"two"\r\nOK');
  s.wire.print(event('+MQTTSUBRX:0,1,0,"a",1,3') + event('+MQTTSUBRX:0,1,0,"b",2,3'));
  await settle();
  s.wire.done();
  assert.deepEqual(
    s.events.map((seen) => seen.type === 'message' && String(seen.payload)),
    ['one', 'two'],
  );
});

test('a message that is not to be had is lost, and one that is too long is told with its length', async () => {
  const s = await connected();
  s.wire.command('AT+MQTTSUBRD="a",1,3', MQTT_ERROR);
  s.wire.command('AT+MQTTSUBRD="a",2,3501', `+MQTTSUBRD:2,3501,"${'x'.repeat(3_501)}"\r\nOK`);
  s.wire.print(event('+MQTTSUBRX:0,1,0,"a",1,3') + event('+MQTTSUBRX:0,1,0,"a",2,3501'));
  await settle();
  s.wire.done();
  assert.deepEqual(s.events, [{ type: 'lost-message' }, { type: 'overflow', bytes: 3_501 }]);
});

test('a read whose answer has no status behind it, as in the printed session, brings its message all the same', async () => {
  const s = await connected();
  for (const [id, answer, text] of [
    [1, '+MQTTSUBRD:11,"ExampleText1"\r\n', 'ExampleText1'],
    [2, '', null],
  ] as const) {
    s.events.length = 0;
    const command = `AT+MQTTSUBRD="Topic/name",${id},12\r\n`;
    s.wire.expect(command, command + answer);
    s.wire.print(event(`+MQTTSUBRX:0,1,0,"Topic/name",${id},12`));
    await s.clock.advance(11_000);
    s.wire.done();
    const message = { type: 'message' as const, topic: 'Topic/name', payload: Buffer.from(text ?? '') };
    assert.deepEqual(s.events, [text === null ? { type: 'lost-message' } : message]);
  }
});
