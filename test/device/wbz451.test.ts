import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadModel } from '../../src/device/model.ts';
import { mergeMembers } from '../../src/device/place.ts';
import { createDevice } from '../../src/device/runtime.ts';
import { schemaOf } from '../../src/device/schema.ts';
import { wbz451 } from '../../src/device/wbz451.ts';
import type { JsonObject } from '../../src/events.ts';
import { ScriptedHost } from '../helpers/device-host.ts';

async function board(interval = 10) {
  const host = new ScriptedHost();
  const device = createDevice(wbz451(), { interval, schema: schemaOf(loadModel()) });
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
