import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isJsonObject } from '../../src/azure/json.ts';
import type { JsonObject } from '../../src/events.ts';
import { DEVICE, type VirtualSimulation, virtualSimulation } from '../helpers/simulation.ts';

const MINUTE = 60_000;

/** What costs the network, the cloud or the module something. */
const ATTEMPT = /^AT\+(?:RST|WSTA=1|MQTTCONN=1)/;

/** The most commands of a kind that were sent within one minute. */
async function mostPerMinute(bench: VirtualSimulation, command: RegExp, duration: number): Promise<number> {
  let most = 0;
  for (let minute = 0; minute * MINUTE < duration; minute++) {
    const before = bench.sent().length;
    await bench.clock.advance(MINUTE);
    most = Math.max(
      most,
      bench
        .sent()
        .slice(before)
        .filter((line) => command.test(line)).length,
    );
  }
  return most;
}

test('no outage turns into a storm, and each ends by itself', async (t) => {
  const outages: [string, (bench: VirtualSimulation) => unknown, (bench: VirtualSimulation) => unknown][] = [
    [
      'the network is gone',
      ({ module }) => {
        module.faults.wifiMode('fail');
        module.faults.wifiDrop();
      },
      ({ module }) => module.faults.wifiMode('ok'),
    ],
    [
      'the hub refuses',
      async ({ cloud }) => {
        await cloud.faults.inject({ type: 'disable', deviceId: DEVICE });
      },
      ({ cloud }) => cloud.faults.inject({ type: 'enable', deviceId: DEVICE }),
    ],
    [
      'DPS and hub throttle',
      async ({ cloud, module }) => {
        await cloud.faults.inject({ type: 'throttle', seconds: 20 * 60 });
        module.faults.reset();
      },
      () => undefined,
    ],
    [
      'the broker cannot be reached',
      ({ module }) => {
        module.faults.dial('refused');
        module.faults.mqttDrop();
      },
      ({ module }) => module.faults.dial(undefined),
    ],
  ];
  for (const [name, begin, end] of outages) {
    await t.test(name, async (t) => {
      const bench = await virtualSimulation();
      t.after(() => bench.stop());
      void bench.run();
      await bench.telemetry(8);
      await begin(bench);
      const attempts = await mostPerMinute(bench, ATTEMPT, 15 * MINUTE);
      assert.ok(attempts <= 24, `${attempts} attempts in one minute`);
      const settled = await mostPerMinute(bench, ATTEMPT, 5 * MINUTE);
      assert.ok(settled <= 6, `${settled} attempts in one minute, after a quarter of an hour`);
      await end(bench);
      const before = bench.of('telemetry').length;
      await bench.telemetry(before + 2, 10 * MINUTE);
    });
  }
});

test('a module that is stuck after every reset, or restarts again and again, ends the program before telemetry', async (t) => {
  const troubles: [string, (bench: VirtualSimulation) => void, number][] = [
    ['stuck', ({ module }) => module.faults.raw(Buffer.from('Failed to allocate Handle\r\n')), 5],
    ['restarting', ({ module }) => module.faults.reset(), 5],
  ];
  for (const [name, strike, code] of troubles) {
    await t.test(name, async () => {
      const bench: VirtualSimulation = await virtualSimulation({
        onEvent: (event) => {
          if (event.type === 'state' && event.state === 'dps-connect') bench.clock.after(5, () => strike(bench));
        },
        pace: 'real',
      });
      const ended = await bench.clock.until(bench.run().catch((error: unknown) => error));
      assert.ok(ended instanceof Error && 'exitCode' in ended);
      assert.equal(ended.exitCode, code);
      assert.ok(bench.sent().filter((line) => line === 'AT+MQTTCONN=1').length <= 3);
      await bench.stop();
    });
  }
});

test('a second client with the same id is suspected when every connection is short', async (t) => {
  const bench = await virtualSimulation();
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(1);
  for (let n = 0; n < 3; n++) {
    await bench.cloud.faults.inject({ type: 'kick', deviceId: DEVICE });
    await bench.clock.advance(8_000);
  }
  assert.ok(bench.of('event').some(({ message }) => message.includes('another client may be using this device id')));
});

test('T17: a session that only receives is not dropped, and little is sent for it', async (t) => {
  const bench = await virtualSimulation({ settings: { interval: 86_400 } });
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(1);
  await bench.clock.advance(MINUTE);
  const before = bench.sent().length;
  for (let n = 0; n < 30; n++) {
    await bench.cloud.patchDesired(DEVICE, { fan: n });
    await bench.clock.advance(40_000);
  }
  assert.ok(!bench.states().includes('await-reconnect'), bench.states().join(' '));
  const spent = bench.sent().slice(before);
  assert.ok(spent.length <= 31 && spent.every((line) => line.endsWith('"{}"')), spent.join('\n'));
});

test('telemetry taken while offline is sent after the reconnect with QoS 1, in order, with its time', async (t) => {
  const bench = await virtualSimulation({ settings: { qos: 1, interval: 5 } });
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(3);
  bench.module.faults.dial('refused');
  bench.module.faults.mqttDrop();
  await bench.clock.advance(40_000);
  bench.module.faults.dial(undefined);
  await bench.telemetry(15, 5 * MINUTE);
  const values = bench.of('telemetry').map(({ body }) => isJsonObject(body) && body['temperature']);
  assert.deepEqual(
    values,
    values.map((_, index) => 15 + 0.25 * index),
  );
  const late = bench.sent().filter((line) => line.includes('iothub-creation-time-utc'));
  assert.ok(late.length >= 5, late.join('\n'));
  const history = bench.cloud.telemetryHistory(DEVICE, 'temperature').map(({ value }) => value);
  assert.deepEqual([...new Set(history)], values.slice(0, new Set(history).size));
});

test('with QoS 0 what was lost is counted and said', async (t) => {
  const bench = await virtualSimulation({ settings: { interval: 5 } });
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(2);
  bench.module.faults.dial('refused');
  bench.module.faults.mqttDrop();
  await bench.clock.advance(60_000);
  bench.module.faults.dial(undefined);
  await bench.telemetry(4, 5 * MINUTE);
  const warning = bench.of('event').find(({ message }) => message.includes('fell due without a connection'));
  assert.match(warning?.message ?? '', /^\d+ telemetry samples/);
});

test('every wish is answered, the last of those made while offline, and none twice', async (t) => {
  const bench = await virtualSimulation();
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(1);
  let version = 0;
  for (let round = 0; round < 6; round++) {
    version = await bench.cloud.patchDesired(DEVICE, { telemetryInterval: 2 + round, led_user: 1 + (round % 3) });
    await bench.clock.advance(300);
    if (round % 2 === 0) bench.module.faults.mqttDrop();
    version = await bench.cloud.patchDesired(DEVICE, { rgb_led_red: round % 2 ? 100 : 0 });
    version = await bench.cloud.patchDesired(DEVICE, { telemetryInterval: 10 + round });
    await bench.clock.advance(20_000);
  }
  const { properties } = bench.cloud.twin(DEVICE) as { properties: { reported: JsonObject; desired: JsonObject } };
  assert.deepEqual(properties.reported['telemetryInterval'], {
    ac: 200,
    av: version,
    ad: 'telemetryInterval set to: 15',
    value: 15,
  });
  for (const name of ['led_user', 'rgb_led_red']) {
    const ack = properties.reported[name] as JsonObject;
    assert.equal(ack['value'], properties.desired[name], name);
  }
  const answers = bench.of('property').map(({ name, version }) => `${name} ${version}`);
  assert.equal(new Set(answers).size, answers.length, answers.join(', '));
});

test('after the network was lost and the connection has survived, the cloud is still answered', async (t) => {
  const bench = await virtualSimulation();
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(1);
  bench.module.faults.wifiDrop();
  await bench.until(() => bench.states().includes('rejoin'));
  const before = bench.of('telemetry').length;
  await bench.telemetry(before + 1);
  await bench.cloud.patchDesired(DEVICE, { led_user: 2 });
  await bench.until(() => bench.of('property').at(-1)?.value === 2, 5_000);
  const { status } = await bench.clock.until(bench.cloud.invokeMethod(DEVICE, 'reboot', { delay: 'PT1S' }));
  assert.equal(status, 200);
});

test('a property write that arrives in pieces is found in the twin, and answered', async (t) => {
  const bench = await virtualSimulation();
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(1);
  bench.module.faults.dropTransmitted(30);
  await bench.cloud.patchDesired(DEVICE, { led_user: 2 });
  await bench.until(() => bench.of('property').at(-1)?.value === 2, 20_000);
  assert.ok(!bench.states().includes('await-reconnect'));
});

test('typed commands that change the state of the module are recovered from', async (t) => {
  for (const line of ['AT+RST', 'AT+MQTTDISCONN', 'AT+WSTA=0', 'ATE0', 'AT+MQTTCONN=1']) {
    await t.test(line, async (t) => {
      const bench = await virtualSimulation();
      t.after(() => bench.stop());
      void bench.run();
      await bench.telemetry(2);
      await bench.clock.until(bench.session.type(line));
      const before = bench.of('telemetry').length;
      await bench.telemetry(before + 3, 5 * MINUTE);
    });
  }
});

test('many commands at once get one answer each, while telemetry goes on', async (t) => {
  const bench = await virtualSimulation({ pace: 'real' });
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(1);
  const results = await bench.clock.until(
    Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        bench.cloud.invokeMethod(DEVICE, n % 2 ? 'sendMsg' : 'nonsense', { sendMsgString: `${n}` }),
      ),
    ),
  );
  assert.deepEqual(
    results.map(({ status }) => status),
    results.map((_, n) => (n % 2 ? 200 : 404)),
  );
  await bench.until(() => bench.of('command').length === 10, 5_000);
});
