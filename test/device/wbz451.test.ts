import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asciiJson } from '../../src/azure/json.ts';
import { mergeMembers } from '../../src/device/place.ts';
import { createDevice } from '../../src/device/runtime.ts';
import { wbz451 } from '../../src/device/wbz451.ts';
import type { Json, JsonObject } from '../../src/events.ts';
import { anyText } from '../helpers/any-text.ts';
import { BOARD_MODEL, BOARD_SCHEMA } from '../helpers/board-model.ts';
import { ScriptedHost } from '../helpers/device-host.ts';

async function board(interval = 10) {
  const host = new ScriptedHost();
  const device = createDevice(wbz451(), { interval, schema: BOARD_SCHEMA });
  await device.start(host);
  return { host, device };
}

const WALKTHROUGH = { telemetryInterval: 5, rgb_led_blue: 0, rgb_led_green: 0, rgb_led_red: 0, led_user: 3 };

test('the first connect of the walkthrough, as it goes over the wire', async () => {
  const { host, device } = await board();
  assert.equal(device.modelId, 'dtmi:com:Microchip:WBZ451_Curiosity;1');
  const { answers, notes, unknown } = await device.reconcile({
    desired: WALKTHROUGH,
    desiredVersion: 101,
    reported: { telemetryInterval: { ac: 200, av: 101, value: 5 }, ipAddress: '192.168.1.9' },
  });
  assert.deepEqual(notes, ['telemetryInterval set to 5 based on Device Twin State']);
  assert.deepEqual(unknown, []);
  device.connected('192.168.1.7');
  const members = mergeMembers(device.toReported(answers), device.missing());
  assert.equal(
    JSON.stringify(members),
    '{"rgb_led_blue":{"ac":200,"av":101,"ad":"rgb_led_blue set to: 0","value":0},' +
      '"rgb_led_green":{"ac":200,"av":101,"ad":"rgb_led_green set to: 0","value":0},' +
      '"rgb_led_red":{"ac":200,"av":101,"ad":"rgb_led_red set to: 0","value":0},' +
      '"led_user":{"ac":200,"av":101,"ad":"led_user set to: 3","value":3},"ipAddress":"192.168.1.7"}',
  );
  assert.deepEqual([host.notes, host.warnings, host.reports], [[], [], []]);
});

test('an empty twin gets the defaults, in the order of the model, then the address', async () => {
  const { device } = await board(30);
  await device.reconcile({ desired: {}, desiredVersion: 1, reported: {} });
  device.connected('192.168.1.7');
  const members = device.missing();
  const initial = (value: number) => ({ ac: 203, av: 0, ad: 'initialize', value });
  const expected: JsonObject = {
    rgb_led_blue: initial(0),
    rgb_led_green: initial(0),
    rgb_led_red: initial(0),
    led_user: initial(3),
    telemetryInterval: initial(30),
    ipAddress: '192.168.1.7',
  };
  assert.equal(JSON.stringify(members), JSON.stringify(expected));
  const { answers, notes } = await device.reconcile({ desired: {}, desiredVersion: 1, reported: members });
  device.connected('192.168.1.7');
  assert.deepEqual([answers, notes, device.missing()], [[], [], {}], 'a reconnect finds all of it there');
});

test('the twin is adopted after every connect, and an update is put in force while the board runs', async () => {
  const { host, device } = await board();
  const twin = { desired: {}, desiredVersion: 1, reported: {} };
  const { notes } = await device.reconcile(twin);
  assert.deepEqual(notes, [], 'the cloud desires nothing');
  device.beginTelemetry();
  const update = async (value: Json, version: number) => {
    const { answers, notes: said } = await device.apply({ telemetryInterval: value }, version);
    return [answers.map(({ ack }) => [ack.ac, ack.value, ack.ad]), said];
  };
  const updating = 'Temperature sensor telemetry updating at the new telemetry interval\nCheck Raw Data tab to verify';
  const range = 'telemetryInterval must be an integer from 1 to 86400';
  assert.deepEqual(await update(2, 2), [[[200, 2, 'telemetryInterval set to: 2']], [updating]]);
  assert.deepEqual(await update(2, 3), [[[200, 2, 'telemetryInterval set to: 2']], []], 'it is in force already');
  for (const [index, wrong] of [0, 86_401, 5.5, '5', true].entries()) {
    assert.deepEqual(await update(wrong, 4 + index), [[[400, 2, range]], []]);
  }
  await host.clock.advance(3_900);
  assert.equal(host.samples.length, 2);
  assert.deepEqual(await update(null, 10), [[[200, 10, 'telemetryInterval set to: 10']], [updating]]);
  await host.clock.advance(8_000);
  assert.equal(host.samples.length, 2);

  const desired = { telemetryInterval: 5 };
  for (const reported of [{}, { telemetryInterval: { ac: 200, av: 11, value: 5 } }]) {
    const { notes: said } = await device.reconcile({ desired, desiredVersion: 11, reported });
    assert.deepEqual(said, ['telemetryInterval set to 5 based on Device Twin State']);
  }
  const { answers } = await device.apply({ led_user: 0, rgb_led_red: 1 }, 12);
  assert.deepEqual(
    answers.map(({ ack }) => ack.ad),
    ['led_user must be 1 (On), 2 (Off) or 3 (Blink)', 'rgb_led_red must be 0 (duty_000) or 100 (duty_100)'],
  );
  assert.deepEqual((await device.apply({ ipAddress: 1, temperature: 1 }, 13)).unknown, ['ipAddress', 'temperature']);
});

test('the temperature goes in quarters from 15 to 25 and starts again', async () => {
  const { host, device } = await board(1);
  device.beginTelemetry();
  await host.clock.advance(82_500);
  const ramp = Array.from({ length: 41 }, (_, index) => ({ temperature: (60 + index) / 4 }));
  assert.deepEqual(
    host.samples.map(({ body }) => body),
    [...ramp, ...ramp, { temperature: 15 }],
  );
  assert.deepEqual(ramp.at(-1), { temperature: 25 });
});

test('commands are answered', async () => {
  const ok = (delay: number) => ({ status: 200, response: { status: 'Success', delay } });
  const bad = (sentence: string) => ({ status: 400, response: { status: sentence } });
  const noDelay = bad('The request must hold a delay, an ISO 8601 duration such as PT5S');
  const noText = bad('The request must hold sendMsgString, a string');
  const form = 'it is not an ISO 8601 duration such as PT5S';
  const done = { status: 200, response: { status: 'Success' } };
  const rebooting = (seconds: number) => ({ notes: [`execute reboot(${seconds})`], restarts: [seconds] });
  const message = (text: string) => ({ notes: [`message from IoT Central: ${text}`] });
  const table: [string, string, Json, object, { notes?: string[]; restarts?: number[] }?][] = [
    ['reboot', '{"delay":"PT5S"}', { delay: 'PT5S' }, ok(5), rebooting(5)],
    ['reboot', '{"delay":"PT1M30S","more":1}', { delay: 'PT1M30S', more: 1 }, ok(90), rebooting(90)],
    ['reboot', '{"delay":"PT0.5S"}', { delay: 'PT0.5S' }, ok(1), rebooting(1)],
    ['reboot', '{"delay":"PT0S"}', { delay: 'PT0S' }, ok(0), rebooting(0)],
    ['reboot', '{"delay":"P7D"}', { delay: 'P7D' }, ok(604_800), rebooting(604_800)],
    ['reboot', '{"delay":"P8D"}', { delay: 'P8D' }, bad("The delay 'P8D' cannot be used: it is longer than 7 days")],
    ['reboot', '{"delay":"5\\"s"}', { delay: '5"s' }, bad(`The delay cannot be used: ${form}`)],
    ['reboot', `{"delay":"${'P'.repeat(41)}"}`, { delay: 'P'.repeat(41) }, bad(`The delay cannot be used: ${form}`)],
    ['reboot', '{"delay":5}', { delay: 5 }, noDelay],
    ['reboot', '', null, noDelay],
    ['reboot', '["PT5S"]', ['PT5S'], noDelay],
    ['sendMsg', '{"sendMsgString":"Grüße"}', { sendMsgString: 'Grüße' }, done, message('Grüße')],
    ['sendMsg', '{"sendMsgString":""}', { sendMsgString: '' }, done, message('')],
    ['sendMsg', '{"sendMsgString":null}', { sendMsgString: null }, noText],
    ['sendMsg', '[]', [], noText],
  ];
  for (const [name, payload, request, expected, { notes = [], restarts = [] } = {}] of table) {
    const { host, device } = await board();
    assert.deepEqual(await device.command(name, Buffer.from(payload)), { request, ...expected }, payload);
    assert.deepEqual([host.notes, host.restarts, host.warnings], [notes, restarts, []], payload);
  }
});

test('whatever is asked of a command, the answer is short', async () => {
  const { device } = await board();
  const name = fc.oneof(fc.constantFrom('reboot', 'sendMsg'), anyText());
  const request = fc.oneof(
    fc.json(),
    anyText(),
    fc.record({ delay: anyText() }).map((value) => JSON.stringify(value)),
  );
  await fc.assert(
    fc.asyncProperty(name, request, async (command, text) => {
      const { status, response } = await device.command(command, Buffer.from(text));
      assert.ok([200, 400, 404].includes(status));
      assert.ok(asciiJson(response).length <= 300);
    }),
    { numRuns: 300 },
  );
});

test('the board has what its model has, and nothing else', () => {
  const { properties, commands } = BOARD_MODEL;
  const definition = wbz451();
  assert.equal(definition.model, BOARD_MODEL.id);
  assert.deepEqual(
    Object.keys(definition.properties ?? {}),
    properties.map(({ name }) => name),
  );
  assert.deepEqual(
    Object.keys(definition.commands ?? {}),
    commands.map(({ name }) => name),
  );
});
