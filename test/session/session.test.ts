import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/events.ts';
import { DEVICE, type VirtualSimulation, virtualSimulation } from '../helpers/simulation.ts';

const HAPPY_PATH = [
  'open-port',
  'sync',
  'root-cert',
  'identity',
  'wi-fi',
  'clock',
  'dps-connect',
  'dps-register',
  'dps-disconnect',
  'hub-connect',
  'hub-subscribe',
  'twin',
  'report-properties',
  'telemetry',
];

/** The reported properties that the hub holds. */
function reported(bench: VirtualSimulation): JsonObject {
  const { properties } = bench.cloud.twin(DEVICE) as { properties: { reported: JsonObject } };
  return properties.reported;
}

test('the walkthrough happens, from the port to telemetry', async (t) => {
  const bench = await virtualSimulation();
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(3);
  assert.deepEqual(bench.states(), HAPPY_PATH);
  assert.deepEqual(
    bench.of('telemetry').map(({ body }) => body),
    [{ temperature: 15 }, { temperature: 15.25 }, { temperature: 15.5 }],
  );
  assert.deepEqual(bench.of('assigned'), [{ type: 'assigned', hub: 'local-hub.azure-devices.net', deviceId: DEVICE }]);
  assert.deepEqual(
    bench.cloud.telemetryHistory(DEVICE, 'temperature').map(({ value }) => value),
    [15, 15.25, 15.5],
  );
  assert.deepEqual(bench.sent().slice(0, 12), [
    'ATE1',
    'ATV5',
    'AT+READCERT=1',
    'AT+WSTA',
    'AT+WSTAC=1,"AnyCloud-Demo"',
    'AT+WSTAC=2,3',
    'AT+WSTAC=3,"correct horse"',
    'AT+WSTAC=4,255',
    'AT+WSTAC=12,"pool.ntp.org"',
    'AT+WSTAC=13,1',
    'AT+WSTA=1,20000',
    'AT+MQTTCONN',
  ]);
});

test('a second run takes over what the first left connected, as the normal case', async (t) => {
  const bench = await virtualSimulation();
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(1);
  // The program is killed: the module knows nothing of it, and stays connected to the hub.
  const second = bench.again();
  t.after(() => second.stop());
  void second.run();
  await second.telemetry(1);
  assert.deepEqual(second.states(), HAPPY_PATH);
  const sent = second.sent();
  assert.ok(!sent.some((line) => line.startsWith('AT+WSTAC=1,') || line.startsWith('AT+WSTA=')), sent.join('\n'));
  assert.deepEqual(sent.slice(3, 11), [
    'AT+WSTA',
    'AT+WSTAC=13',
    'AT+WSTAC=14',
    'AT+WSTAC=12',
    'AT+WSTAC=6',
    'AT+TIME=1',
    'AT+MQTTCONN',
    'AT+MQTTDISCONN',
  ]);
  assert.equal(second.of('twin').length, 1);
});

test('another network is left first', async (t) => {
  const bench = await virtualSimulation({
    module: {
      accessPoints: [
        { ssid: 'Other', passphrase: '', security: 'open', bssid: '02:AA:BB:CC:DD:01', channel: 1, rssi: -40 },
        {
          ssid: 'AnyCloud-Demo',
          passphrase: 'correct horse',
          security: 'wpa2',
          bssid: '02:AA:BB:CC:DD:02',
          channel: 6,
          rssi: -50,
        },
      ],
    },
  });
  t.after(() => bench.stop());
  const wire = bench.module.connect();
  wire.resume();
  wire.write('AT+WSTAC=1,"Other"\r\nAT+WSTA=1,9000\r\n');
  await bench.clock.advance(3_000);
  void bench.run();
  await bench.telemetry(1);
  const sent = bench.sent();
  assert.ok(sent.indexOf('AT+WSTA=0') > 0 && sent.indexOf('AT+WSTA=0') < sent.indexOf('AT+WSTAC=1,"AnyCloud-Demo"'));
});

test('the twin decides: the interval is adopted, open wishes are answered once, the rest is reported', async (t) => {
  const bench = await virtualSimulation({
    cloud: { desired: { [DEVICE]: { telemetryInterval: 5, led_user: 1, rgb_led_red: 2, fan: 1 } } },
  });
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(2);
  assert.deepEqual(
    bench.of('property').map(({ name, value, requested, ac }) => [name, value, requested, ac]),
    [
      ['rgb_led_red', 0, 2, 400],
      ['led_user', 1, 1, 200],
      ['telemetryInterval', 5, 5, 200],
    ],
  );
  const twin = reported(bench);
  assert.deepEqual(twin['telemetryInterval'], { ac: 200, av: 1, ad: 'telemetryInterval set to: 5', value: 5 });
  assert.deepEqual(twin['rgb_led_blue'], { ac: 203, av: 0, ad: 'initialize', value: 0 });
  assert.equal(twin['ipAddress'], '192.168.1.50');
  assert.ok(bench.of('event').some(({ level, message }) => level === 'warning' && message.includes('"fan"')));
  const [first, second] = bench.cloud.telemetryHistory(DEVICE, 'temperature');
  assert.equal(Date.parse(second?.timestamp ?? '') - Date.parse(first?.timestamp ?? ''), 5_000);
  // Four PATCHes would do for six names only if they were not packed.
  const patches = bench.sent().filter((line) => line.includes('/properties/reported/'));
  assert.ok(patches.length <= 2 && patches.every((line) => line.length <= 510), patches.join('\n'));
});

test('a property write is applied and acknowledged, and changes the pace at once', async (t) => {
  const bench = await virtualSimulation();
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(1);
  const written = bench.clock.monotonic();
  const version = await bench.cloud.patchDesired(DEVICE, { telemetryInterval: 2 });
  await bench.telemetry(2);
  assert.ok(bench.clock.monotonic() - written <= 2_100, `${bench.clock.monotonic() - written} ms`);
  assert.deepEqual(bench.of('property').at(-1), {
    type: 'property',
    deviceId: DEVICE,
    name: 'telemetryInterval',
    value: 2,
    requested: 2,
    version,
    ac: 200,
    ad: 'telemetryInterval set to: 2',
  });
  assert.deepEqual(reported(bench)['telemetryInterval'], {
    ac: 200,
    av: version,
    ad: 'telemetryInterval set to: 2',
    value: 2,
  });
});

test('what the model forbids is refused with the value in force, and unknown names are told and ignored', async (t) => {
  const bench = await virtualSimulation();
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(1);
  for (const value of [0, 86_401, 5.5, '5', true, [5], { value: 5 }]) {
    const count = bench.of('property').length;
    await bench.cloud.patchDesired(DEVICE, { telemetryInterval: value });
    await bench.until(() => bench.of('property').length > count, 5_000);
    const event = bench.of('property').at(-1);
    assert.deepEqual([event?.ac, event?.value, event?.requested], [400, 10, value]);
  }
  const answered = bench.of('property').length;
  await bench.cloud.patchDesired(DEVICE, { nonsense: 1, led_user: 2 });
  await bench.until(() => bench.of('property').length > answered, 5_000);
  assert.equal(bench.of('property').length, answered + 1);
  assert.equal(reported(bench)['nonsense'], undefined);
});

test('commands are answered: reboot with any duration, sendMsg, unknown ones and bad payloads', async (t) => {
  const bench = await virtualSimulation();
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(1);
  const invoke = (name: string, request: JsonObject | string) =>
    bench.clock.until(bench.cloud.invokeMethod(DEVICE, name, request));
  const table: [string, JsonObject | string, number, number?][] = [
    ['reboot', { delay: 'PT5S' }, 200, 5],
    ['reboot', { delay: 'PT1M30S' }, 200, 90],
    ['reboot', { delay: 'P1D' }, 200, 86_400],
    ['reboot', { delay: 'PT0.5S' }, 200, 1],
    ['reboot', { delay: 'P1Y' }, 400],
    ['reboot', { delay: '5' }, 400],
    ['reboot', {}, 400],
    ['reboot', 'PT5S', 400],
    ['sendMsg', { sendMsgString: 'hello' }, 200],
    ['sendMsg', { sendMsgString: 5 }, 400],
    ['selfDestruct', {}, 404],
  ];
  for (const [name, request, status, delay] of table) {
    const result = await invoke(name, request);
    assert.equal(result.status, status, `${name} ${JSON.stringify(request)}`);
    const payload = result.response as JsonObject;
    assert.equal(typeof payload['status'], 'string');
    if (delay !== undefined) assert.deepEqual(payload, { status: 'Success', delay });
  }
  assert.ok(bench.of('event').some(({ message }) => message === 'execute reboot(90)'));
  assert.deepEqual(bench.states(), HAPPY_PATH);
});

test('--on-reboot restart restarts the session after the delay, as a board would', async (t) => {
  const bench = await virtualSimulation({ settings: { onReboot: 'restart' } });
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(1);
  await bench.clock.until(bench.cloud.invokeMethod(DEVICE, 'reboot', { delay: 'PT5S' }));
  const asked = bench.clock.monotonic();
  await bench.until(() => bench.states().includes('reset'));
  assert.ok(Math.abs(bench.clock.monotonic() - asked - 5_000) < 200);
  await bench.telemetry(3);
  assert.deepEqual(bench.states(), [...HAPPY_PATH, 'reset', ...HAPPY_PATH.slice(1)]);
});

test('--count ends the session after so many messages, and the broker is left', async () => {
  for (const qos of [0, 1] as const) {
    const bench = await virtualSimulation({ settings: { count: 3, qos } });
    await bench.clock.until(bench.run());
    assert.equal(bench.of('telemetry').length, 3);
    assert.equal(bench.sent().at(-1), 'AT+MQTTDISCONN');
    assert.equal(bench.cloud.device(DEVICE).connected, false);
    await bench.stop();
  }
});

test('typed lines go to the module; those that the link relies on do not', async (t) => {
  const bench = await virtualSimulation();
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(1);
  await bench.clock.until(bench.session.type('AT+GMR'));
  const lines = bench.of('at').map(({ line }) => line);
  assert.ok(lines.includes('+GMR="0.3.2"'));
  for (const line of ['AT+LOADCERT=5,"x"', 'AT+IPR=9600', 'ATV0', 'ATE0V0']) await bench.session.type(line);
  assert.equal(bench.of('event').filter(({ level }) => level === 'warning').length, 4);
  await bench.clock.until(bench.session.type('ATE0'));
  const accepted = bench.of('telemetry').length;
  await bench.telemetry(accepted + 2);
  await bench.clock.until(bench.session.type('AT+NOPE'));
  assert.deepEqual(bench.states(), HAPPY_PATH);
});
