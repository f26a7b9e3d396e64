import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../src/cli/seeded.ts';
import type { DeviceDefinition } from '../../src/device/define.ts';
import { commandExample, propertyExample } from '../../src/device/examples.ts';
import { schemaOfModel } from '../../src/device/model-schema.ts';
import { playerOf } from '../../src/device/player/player.ts';
import { createDevice } from '../../src/device/runtime.ts';
import { WBZ451, wbz451 } from '../../src/device/wbz451.ts';
import type { Model } from '../../src/dtdl/model.ts';
import { ModelRepository, PACKAGED_MODELS } from '../../src/dtdl/repository.ts';
import { loadModel } from '../../src/dtdl/resolve.ts';
import type { Json } from '../../src/events.ts';
import { dtdl, model } from '../dtdl/interfaces.ts';
import { ScriptedHost } from '../helpers/device-host.ts';

const packaged = new ModelRepository([PACKAGED_MODELS]);
const property = (name: string, schema: Json, more = {}): Json => {
  return { '@type': 'Property', name, schema, writable: true, ...more };
};
const modelOf = (contents: Json[], ...others: Json[]) => model(dtdl('dtmi:test:Board;1', { contents }), ...others);

/** A device takes what its example says, and is not left as it was. */
async function tryOut(definition: DeviceDefinition, played: Model | null) {
  const host = new ScriptedHost();
  const device = createDevice(definition, { schema: played && schemaOfModel(played) });
  await device.start(host);
  await device.reconcile({ desired: {}, desiredVersion: 1, reported: {} });
  const before = device.missing();
  const example = { definition, model: played, interval: definition.interval ?? 10 };
  const [desired, command] = [propertyExample(example), commandExample(example)];
  if (desired) {
    const { answers } = await device.apply(desired.desired, 2);
    assert.deepEqual(
      answers.map(({ ack }) => ack.ac),
      [200],
      JSON.stringify([desired, answers]),
    );
    for (const { name, component, ack } of answers) {
      const shown = component === undefined ? before[name] : Object(before[component])[name];
      assert.notDeepEqual(Object(shown)['value'], ack.value, `${name} has another value than before`);
    }
  }
  if (command) {
    const request = new TextEncoder().encode(JSON.stringify(command.request ?? null));
    const { status } = await device.command(command.name, request);
    assert.equal(status, 200, command.name);
  }
  await device.stop();
  return [desired, command];
}

test('what is told to be tried with a board of Microchip’s works, and changes something', async () => {
  for (const entry of packaged.list()) {
    assert.ok(!(entry instanceof Error));
    const played = loadModel(entry.id, packaged);
    const sources = { random: seeded(1), wall: () => 0 };
    const [desired, command] = await tryOut(playerOf(played, sources), played);
    assert.ok(desired && command, entry.id);
  }
});

test('the walkthrough’s board: its interval, and a reboot', async () => {
  const played = loadModel(WBZ451, packaged);
  for (const [interval, another] of [
    [10, 5],
    [5, 10],
    [77, 10],
  ] as const) {
    const example = { definition: wbz451(), model: played, interval };
    assert.deepEqual(propertyExample(example), {
      title: 'Change the telemetry interval',
      desired: { telemetryInterval: another },
    });
    assert.deepEqual(commandExample(example), {
      title: 'Reboot the device',
      name: 'reboot',
      request: { delay: 'PT5S' },
    });
  }
});

test('a model without a pace: the first property that can have another value, a component’s too', async () => {
  const single = { '@type': 'Enum', valueSchema: 'integer', enumValues: [{ name: 'only', enumValue: 1 }] };
  const pad = dtdl('dtmi:test:Pad;1', {
    contents: [
      property('colour', 'string', { displayName: 'Colour' }),
      { '@type': 'Command', name: 'blink', displayName: 'Blink' },
    ],
  });
  const part = { '@type': 'Component', name: 'pad', schema: 'dtmi:test:Pad;1' };
  const played = modelOf([property('one', single), property('shown', 'string', { writable: false }), part], pad);
  const sources = { random: seeded(1), wall: () => 0 };
  const [desired, command] = await tryOut(playerOf(played, sources), played);
  assert.match(JSON.stringify(desired), /^\{"title":"Change Colour","desired":\{"pad":\{"colour":"/);
  assert.deepEqual(command, { title: 'Call Blink', name: 'pad*blink' });
});

test('a device of a person’s own: names and values that it has, with a model and without', async () => {
  const cases: [DeviceDefinition['properties'], unknown][] = [
    [undefined, null],
    [{ serial: { initial: 'x' } }, null],
    [{ handler: { set: (value) => value } }, null],
    [{ on: { writable: true, initial: false } }, { on: true }],
    [{ level: { writable: true, initial: 5 } }, { level: 6 }],
    [{ level: { writable: true, initial: 5, minimum: 1, maximum: 5 } }, { level: 4 }],
    [{ level: { writable: true, initial: () => 3, minimum: 1, maximum: 5 } }, { level: 1 }],
    [
      { fixed: { writable: true, initial: 5, minimum: 5, maximum: 5 }, next: { set: () => 1, initial: 'a' } },
      { next: 'a 2' },
    ],
    [{ 'lamp.on': { writable: true, initial: true } }, { lamp: { on: false } }],
  ];
  for (const [properties, desired] of cases) {
    const definition: DeviceDefinition = { telemetry: { n: () => 1 }, ...(properties && { properties }) };
    const example = propertyExample({ definition, model: null, interval: 10 });
    assert.deepEqual(example?.desired ?? null, desired, JSON.stringify(properties));
  }
  const definition: DeviceDefinition = {
    properties: { second: { initial: 1, set: (value) => value } },
    commands: { go: () => 1, restart: () => 1 },
  };
  const played = modelOf([property('first', 'integer'), property('second', 'integer')]);
  const [desired, command] = await tryOut(definition, played);
  assert.match(
    JSON.stringify(desired),
    /^\{"title":"Change second","desired":\{"second":/,
    'what it does not have is left out',
  );
  assert.deepEqual(command, { title: 'Reboot the device', name: 'restart' });
  assert.deepEqual(commandExample({ definition: { commands: { go: () => 1 } }, model: null, interval: 1 }), {
    title: 'Call go',
    name: 'go',
  });
});
