import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../src/cli/seeded.ts';
import { buttonOf } from '../../src/device/button.ts';
import type { DeviceDefinition, TelemetrySource } from '../../src/device/define.ts';
import { playerOf } from '../../src/device/player/player.ts';
import { createDevice } from '../../src/device/runtime.ts';
import { wbz451 } from '../../src/device/wbz451.ts';
import type { Model } from '../../src/dtdl/model.ts';
import { ModelRepository, PACKAGED_MODELS } from '../../src/dtdl/repository.ts';
import { loadModel } from '../../src/dtdl/resolve.ts';
import { findViolation } from '../../src/dtdl/validate.ts';
import type { Json } from '../../src/events.ts';
import { dtdl, model } from '../dtdl/interfaces.ts';
import { ScriptedHost } from '../helpers/device-host.ts';
import { settle } from '../helpers/virtual-clock.ts';

const packaged = new ModelRepository([PACKAGED_MODELS]);
const sources = { random: seeded(1), wall: () => 0 };

async function started(definition: DeviceDefinition, played?: Model) {
  const host = new ScriptedHost();
  const device = createDevice(definition, { button: played ? buttonOf(played, sources) : null });
  await device.start(host);
  const press = async () => {
    const refusal = device.press();
    await settle();
    return refusal;
  };
  return { host, device, press };
}

const telemetry = (name: string, schema: Json): Json => ({ '@type': 'Telemetry', name, schema });
const modelOf = (contents: Json[], ...others: Json[]) => model(dtdl('dtmi:test:Board;1', { contents }), ...others);

test('every board of Microchip’s that has a button counts its presses, as its model says', async () => {
  let buttons = 0;
  for (const entry of packaged.list()) {
    assert.ok(!(entry instanceof Error));
    const played = loadModel(entry.id, packaged);
    const field = played.telemetry.find(({ name }) => /^button/.test(name));
    const { host, press } = await started(playerOf(played, sources), played);
    assert.equal((await press()) === null, field !== undefined, entry.id);
    if (!field) continue;
    buttons += 1;
    await press();
    assert.deepEqual(
      host.sent.map(({ body }) => body),
      [1, 2].map((count) => ({ [field.name]: { button_name: 'SW1', press_count: count } })),
      entry.id,
    );
    assert.equal(findViolation(field.schema, { button_name: 'SW1', press_count: 2 }), null);
  }
  assert.equal(buttons, 14);
});

test('the board of the walkthrough is pressed too, and says nothing of its button by itself', async () => {
  const { host, device, press } = await started(wbz451(), loadModel('dtmi:com:Microchip:WBZ451_Curiosity;1', packaged));
  device.beginTelemetry();
  await host.clock.advance(120_000);
  assert.ok(host.samples.length > 10 && host.samples.every(({ body }) => !('button_event' in Object(body))));
  assert.equal(await press(), null);
  assert.deepEqual(host.sent[0]?.body, { button_event: { button_name: 'SW1', press_count: 1 } });
});

test('presses are counted together with those that the player makes by itself', async () => {
  const played = loadModel('dtmi:com:Microchip:AVR128DB48_CNANO;1', packaged);
  const { host, device, press } = await started(playerOf(played, sources), played);
  device.beginTelemetry();
  await settle();
  await press();
  assert.deepEqual(host.sent[0]?.body, { buttonEvent: { button_name: 'SW1', press_count: 2 } });
});

test('a press is told in the form that the model has for it', () => {
  const pressed = (schema: Json, name = 'buttonPressed') => {
    const button = buttonOf(modelOf([telemetry('temperature', 'double'), telemetry(name, schema)]), sources);
    return button && [button.place, button.press(), button.press()];
  };
  assert.deepEqual(pressed('boolean'), [{ name: 'buttonPressed' }, true, true]);
  assert.deepEqual(pressed('integer', 'ButtonPress'), [{ name: 'ButtonPress' }, 1, 2]);
  assert.deepEqual(pressed('long', 'button_press'), [{ name: 'button_press' }, 1, 2]);
  assert.equal(pressed('integer', 'button_counter'), null, 'that is measured, not an event');
});

test('a component’s button is one, after the device’s own', async () => {
  const part = { '@type': 'Component', name: 'pad', schema: 'dtmi:test:Pad;1' };
  const pad = dtdl('dtmi:test:Pad;1', { contents: [telemetry('button_event', 'integer')] });
  const played = modelOf([part, telemetry('temperature', 'double')], pad);
  const { host, press } = await started({ telemetry: { temperature: () => 1 } }, played);
  await press();
  assert.deepEqual(
    host.sent.map(({ body, component }) => [body, component]),
    [[{ button_event: 1 }, 'pad']],
  );
  assert.deepEqual(buttonOf(modelOf([part, telemetry('buttonPress', 'integer')], pad), sources)?.place, {
    name: 'buttonPress',
  });
});

test('a device of a person’s own is asked itself, whatever its model says', async () => {
  const played = modelOf([telemetry('button_event', 'integer')]);
  let reads = 100;
  for (const source of [() => ++reads, { every: 3600, read: () => ++reads }] satisfies TelemetrySource[]) {
    const { host, press } = await started({ telemetry: { button_event: source } }, played);
    assert.equal(await press(), null);
    assert.deepEqual(host.sent[0]?.body, { button_event: reads });
  }
  const { host, press } = await started({
    telemetry: {
      button_event() {
        throw new Error('it is stuck');
      },
    },
  });
  assert.equal(await press(), null);
  assert.match(host.warnings.join(), /button_event.*it is stuck/);
  assert.deepEqual(host.sent, []);
});

test('a press that cannot be sent is said', async () => {
  const refused = Promise.reject(new Error('it is full'));
  refused.catch(() => undefined);
  for (const definition of [{ telemetry: { n: () => 1 } }, { telemetry: { button_event: () => 1 } }]) {
    const { host, press } = await started(definition, modelOf([telemetry('button_event', 'integer')]));
    host.taking = refused;
    await press();
    assert.match(host.warnings.join(), /was not sent: it is full/);
  }
});

test('a device without a button says so', async () => {
  const { press } = await started(
    { telemetry: { temperature: () => 1 } },
    modelOf([telemetry('temperature', 'double')]),
  );
  assert.match((await press()) ?? '', /has no button.*button_event/);
});

test('telemetry out of turn is everything that can be read but the button, and the rhythm stays', async () => {
  const reads = { fast: 0, slow: 0 };
  const { host, device } = await started({
    interval: 10,
    telemetry: {
      fast: () => ++reads.fast,
      slow: { every: 60, read: () => ++reads.slow },
      button_event: () => 1,
      'part.button_press': () => 1,
    },
  });
  device.sampleNow();
  await settle();
  assert.deepEqual(
    host.samples.map(({ body }) => body),
    [{ fast: 1, slow: 1 }],
    'also before telemetry has begun',
  );
  device.beginTelemetry();
  await host.clock.advance(4_000);
  host.samples.length = 0;
  device.sampleNow();
  await host.clock.advance(5_999);
  assert.deepEqual(
    host.samples.map(({ body }) => body),
    [{ fast: 3, slow: 3 }],
  );
  await host.clock.advance(1);
  assert.deepEqual(host.samples[1]?.body, { fast: 4, button_event: 1 });
});
