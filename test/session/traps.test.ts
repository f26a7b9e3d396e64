import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionEvent } from '../../src/events.ts';
import { DEVICE, type VirtualSimulation, virtualSimulation } from '../helpers/simulation.ts';

// What a host must never do to this module, checked on everything that sessions in trouble have sent (AT protocol 9).
// The traps of the wire itself (T27–T31, T33, T35–T43, T49, T52) are tested where it is read, in test/at and test/anycloud.

interface Run {
  name: string;
  sent: string[];
  events: SessionEvent[];
}

async function record(name: string, settings: object, trouble: (bench: VirtualSimulation) => unknown): Promise<Run> {
  const bench = await virtualSimulation({ settings: { interval: 2, ...settings } });
  void bench.run();
  await bench.telemetry(1);
  await trouble(bench);
  const before = bench.of('telemetry').length;
  await bench.telemetry(before + 3, 600_000);
  await bench.stop();
  return { name, sent: bench.sent(), events: bench.events };
}

const runs = await Promise.all([
  record('no trouble', {}, () => undefined),
  record('QoS 1 and property writes', { qos: 1 }, async ({ cloud, clock }) => {
    for (let n = 0; n < 5; n++) {
      await cloud.patchDesired(DEVICE, { telemetryInterval: n, led_user: n, rgb_led_red: 100, note: 'ü"\\' });
      await clock.advance(700);
    }
  }),
  record('commands', {}, ({ cloud, clock }) =>
    clock.until(
      Promise.all(['reboot', 'sendMsg', 'x'].map((name) => cloud.invokeMethod(DEVICE, name, { delay: 'PT1S' }))),
    ),
  ),
  record('dropped connections', {}, async ({ module, clock }) => {
    module.faults.mqttDrop();
    await clock.advance(5_000);
    module.faults.mqttReset();
  }),
  record('a lost network', {}, ({ module }) => module.faults.wifiDrop()),
  record('a reset', {}, ({ module }) => module.faults.reset()),
  record('lost acknowledgements', { qos: 1 }, async ({ module, clock }) => {
    module.faults.omit('puback');
    await clock.advance(20_000);
    module.faults.omit(undefined);
  }),
  record('a refusing hub', {}, async ({ cloud, clock }) => {
    await cloud.faults.inject({ type: 'disable', deviceId: DEVICE });
    await clock.advance(60_000);
    await cloud.faults.inject({ type: 'enable', deviceId: DEVICE });
  }),
]);

/** Every command of every run must pass `rule`. */
function always(rule: (line: string) => boolean): void {
  for (const { name, sent } of runs) {
    for (const line of sent) assert.ok(rule(line), `${name}: ${line}`);
  }
}

const published = /^AT\+MQTTPUB=0,(\d),0,"((?:[^"\\]|\\.)*)",/;

test('T1, T3: AT+MQTTCONN=1 only when the module owns no connection: after a boot, or after a close of ours', () => {
  for (const { name, events } of runs) {
    let owned = false;
    for (const event of events) {
      if (event.type !== 'at') continue;
      if (event.dir === 'tx' && event.line === 'AT+MQTTCONN=1') {
        assert.equal(owned, false, name);
        owned = true;
      }
      if (event.dir === 'tx' && event.line === 'AT+MQTTDISCONN') owned = false;
      if (event.dir === 'rx' && event.kind === 'text' && event.line === 'OK') owned = false;
    }
  }
});

test('T2: after a drop the module reconnects by itself, and is subscribed and read anew', () => {
  const { sent, events } = runs.find(({ name }) => name === 'dropped connections') ?? { sent: [], events: [] };
  assert.equal(sent.filter((line) => line === 'AT+MQTTCONN=1').length, 2);
  assert.equal(sent.filter((line) => line.startsWith('AT+MQTTSUB="$iothub/methods')).length, 3);
  assert.equal(events.filter(({ type }) => type === 'twin').length, 3);
});

test('T5, T50: nothing connects before the module has the time', () => {
  for (const { name, events } of runs) {
    const told = events.findIndex((event) => event.type === 'at' && event.line.startsWith('+TIME:'));
    const asked = events.findIndex((event) => event.type === 'at' && event.line === 'AT+MQTTCONN=1');
    assert.ok(told >= 0 && told < asked, name);
  }
});

test('T6: no command is longer than 510 bytes', () => always((line) => line.length <= 510));

test('T7: no MQTT command comes while an acknowledgement is due', () => {
  for (const { name, events } of runs.filter(({ name }) => !/hub|network|drop|reset|lost/.test(name))) {
    const refused = events.filter((event) => event.type === 'at' && event.line.startsWith('ERROR:47'));
    assert.deepEqual(refused, [], name);
  }
});

test('T11: no client id is longer than 23 bytes', () => always((line) => !/^AT\+MQTTC=3,"[^"]{24,}"/.test(line)));

test('T12: what the module cannot print is never read back', () =>
  always((line) => !/^AT\+(?:MQTTC(?:=[45])?|WSTAC(?:=3|=12)?)$/.test(line)));

test('T13: no topic is longer than 127 bytes', () =>
  always((line) => (published.exec(line)?.[2] ?? '').length <= 127 && !/^AT\+MQTTSUB="[^"]{128,}"/.test(line)));

test('T14: four subscriptions at most, and none twice on a connection', () => {
  for (const { name, events } of runs) {
    let filters: string[] = [];
    for (const event of events) {
      if (event.type !== 'at') continue;
      if (event.dir === 'rx' && event.line === '+MQTTCONN:1') filters = [];
      if (event.dir === 'tx' && event.line.startsWith('AT+MQTTSUB=')) filters.push(event.line);
      assert.ok(new Set(filters).size === filters.length && filters.length <= 4, `${name}: ${filters.join(' ')}`);
    }
  }
});

test('T15: no empty string is written', () =>
  always((line) => !/^AT\+(?:WSTAC|MQTTC|CFG)=\d+,(?:""|\[\])?$/.test(line)));

test('T16: no MQTT password is set', () => always((line) => !line.startsWith('AT+MQTTC=5')));

test('T21: QoS 0 and 1 only', () =>
  always((line) => !published.test(line) || /^[01]$/.test(published.exec(line)?.[1] ?? '')));

test('T24: AT+MQTTCONN takes no other value than 1', () => always((line) => !/^AT\+MQTTCONN=(?!1$)/.test(line)));

test('T22: a reconnect loop that leads nowhere is ended by a reset, and by nothing else', () => {
  const { sent } = runs.find(({ name }) => name === 'a refusing hub') ?? { sent: [] as string[] };
  assert.ok(sent.includes('AT+RST'));
});

test('T32: no number begins with 0', () => always((line) => !/[=,]0\d/.test(line.replace(/"(?:[^"\\]|\\.)*"/g, '""'))));

test('T34: strings are strings, and there are never more than 32 parameters', () => {
  always((line) => !/^AT\+MQTT(?:SUB|UNSUB)=\d/.test(line) && !/^AT\+MQTTPUB=\d,\d,\d,(?!["[])/.test(line));
  always((line) => line.replace(/"(?:[^"\\]|\\.)*"/g, '""').split(',').length <= 32);
});

test('T41, T56: after a banner nobody asked for, everything is set anew', () => {
  const { sent } = runs.find(({ name }) => name === 'a reset') ?? { sent: [] };
  assert.equal(sent.filter((line) => line.startsWith('AT+WSTAC=1,')).length, 2);
  assert.equal(sent.filter((line) => line.startsWith('AT+MQTTC=1,')).length, 4);
});

test('T45: a network is always joined with a time-out', () => always((line) => !/^AT\+WSTA=[12]$/.test(line)));

test('T46: joining is not asked for again while it is under way', () => {
  for (const { name, events } of runs) {
    let joining = false;
    for (const event of events) {
      if (event.type !== 'at') continue;
      if (event.dir === 'tx' && event.line.startsWith('AT+WSTA=1')) {
        assert.equal(joining, false, name);
        joining = true;
      }
      if (event.dir === 'rx' && /^\+WSTA(?:LU|LD|:ERROR)|^OK$/.test(event.line) && event.kind !== 'status')
        joining = false;
    }
  }
});

test('T48: a lost network is joined again', () => {
  const { sent } = runs.find(({ name }) => name === 'a lost network') ?? { sent: [] };
  assert.equal(sent.filter((line) => line.startsWith('AT+WSTA=1,')).length, 2);
});

test('T42, T51: the baud rate and the clock of the module are left alone', () =>
  always((line) => !/^AT\+(?:IPR|TIME=\d,)/.test(line)));

test('T4: TLS that fails again and again ends the program, and says why', async () => {
  const bench = await virtualSimulation({ module: { expiredRoot: true } });
  const ended = await bench.clock.until(bench.run().catch((error: unknown) => error));
  assert.ok(ended instanceof Error && 'code' in ended && 'hint' in ended);
  assert.equal(ended.code, 'E_DPS_TLS');
  assert.match(String(ended.hint), /DigiCert Global Root G2.*Baltimore/s);
  await bench.stop();
});

test('T10: a refusal that the module does not tell is told', async () => {
  const bench = await virtualSimulation();
  await bench.cloud.faults.inject({ type: 'connect', service: 'dps', answer: 'code', code: 5, count: 999 });
  const ended = await bench.clock.until(bench.run().catch((error: unknown) => error));
  assert.ok(ended instanceof Error && 'exitCode' in ended);
  assert.equal(ended.exitCode, 7);
  assert.match(ended.message, /refuses this device/);
  await bench.stop();
});

test('T18: a twin that is larger than a packet of the module is said to be', async () => {
  const bench = await virtualSimulation();
  await bench.cloud.faults.inject({ type: 'twin', answer: 'oversize', on: 'get', count: 9 });
  void bench.run();
  await bench.telemetry(2);
  assert.ok(bench.of('event').some(({ level, message }) => level === 'warning' && message.includes('1500 bytes')));
  assert.equal(bench.sent().filter((line) => line.includes('/twin/GET/')).length, 1);
  await bench.stop();
});

test('T44: joined means joined, not what AT+WSTA says', async () => {
  const bench = await virtualSimulation();
  bench.module.faults.wifiMode('fail');
  const wire = bench.module.connect();
  wire.resume();
  wire.write('AT+WSTAC=1,"AnyCloud-Demo"\r\nAT+WSTA=1\r\n');
  await bench.clock.advance(5_000);
  bench.module.faults.wifiMode('ok');
  void bench.run();
  await bench.telemetry(1);
  assert.ok(bench.sent().includes('AT+WSTAC=6'));
  assert.ok(bench.sent().some((line) => line.startsWith('AT+WSTA=1,')));
  await bench.stop();
});
