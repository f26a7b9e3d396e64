import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../../src/cli/seeded.ts';
import { schemaOfModel } from '../../../src/device/model-schema.ts';
import { playerOf } from '../../../src/device/player/player.ts';
import { createDevice } from '../../../src/device/runtime.ts';
import type { Model } from '../../../src/dtdl/model.ts';
import { ModelRepository, PACKAGED_MODELS } from '../../../src/dtdl/repository.ts';
import { loadModel } from '../../../src/dtdl/resolve.ts';
import type { Json } from '../../../src/events.ts';
import { dtdl, model } from '../../dtdl/interfaces.ts';
import { ScriptedHost } from '../../helpers/device-host.ts';

const packaged = new ModelRepository([PACKAGED_MODELS]);
const utf8 = new TextEncoder();

async function play(played: Model) {
  const host = new ScriptedHost();
  const sources = { random: seeded(1), wall: () => host.clock.wall() };
  const device = createDevice(playerOf(played, sources), { schema: schemaOfModel(played) });
  await device.start(host);
  const command = (name: string, request: Json) => device.command(name, utf8.encode(JSON.stringify(request)));
  const desire = async (patch: Record<string, Json>, version: number) => {
    const { answers } = await device.apply(patch, version);
    return answers.map(({ component, name, ack }) => {
      return [component === undefined ? name : `${component}.${name}`, ack.ac, ack.value, ack.ad];
    });
  };
  return { host, device, command, desire };
}

const AVR = loadModel('dtmi:com:Microchip:AVR128DB48_CNANO;1', packaged);

test('a board of another kind is played by its model', async () => {
  const { host, device, command, desire } = await play(AVR);
  assert.equal(device.modelId, 'dtmi:com:Microchip:AVR128DB48_CNANO;1');
  await device.reconcile({ desired: {}, desiredVersion: 1, reported: {} });
  await device.connected('192.168.1.7');
  await new Promise(setImmediate);
  assert.deepEqual(device.missing(), {
    LED0: { ac: 203, av: 0, ad: 'initialize', value: 3 },
    // The model's own initial value is one second, and so is the pace.
    reportRate: { ac: 203, av: 0, ad: 'initialize', value: 1 },
    ipAddress: '192.168.1.7',
  });
  device.beginTelemetry();
  await host.clock.advance(3000);
  const bodies = host.samples.map(({ body }) => body);
  assert.deepEqual(bodies.slice(0, 3), [
    { counter: 1 },
    { buttonEvent: { button_name: 'SW1', press_count: 1 } },
    { counter: 2 },
  ]);
  assert.deepEqual(await desire({ LED0: 2, reportRate: 5 }, 2), [
    ['LED0', 200, 2, 'LED0 set to: 2'],
    ['reportRate', 200, 5, 'reportRate set to: 5'],
  ]);
  assert.deepEqual(await desire({ LED0: 'On', reportRate: 0 }, 3), [
    ['LED0', 400, 2, 'LED0 must be 1 (On), 2 (Off) or 3 (Blink)'],
    ['reportRate', 400, 5, 'reportRate must be an integer from 1 to 86400'],
  ]);
  host.samples.length = 0;
  await host.clock.advance(20_000);
  assert.equal(host.samples.length, 4, 'the pace is five seconds now');
  assert.deepEqual(await command('echo', { echoString: 'hi' }), {
    request: { echoString: 'hi' },
    status: 200,
    response: { echoString: 'hi' },
  });
  assert.deepEqual(host.warnings, []);
});

const REBOOTS: [id: string, request: Json, status: number, response: Json, restarts: number[]][] = [
  ['AVR128DB48_CNANO;1', { delay: 'PT1M30S' }, 200, { status: 'Success', delay: 90 }, [90]],
  ['CryptoAuthTrustPlatform_HR9;1', 'PT5S', 200, { status: 'Success', delay: 5 }, [5]],
  [
    'CryptoAuthTrustPlatform_HR9;1',
    { delay: 'PT5S' },
    400,
    { status: 'request must be an ISO 8601 duration such as PT5S' },
    [],
  ],
  ['AVR128DB48_CNANO;1', 'PT5S', 400, { status: 'request must be a JSON object' }, []],
  ['AVR128DB48_CNANO;1', { delay: 5 }, 400, { status: 'request.delay must be an ISO 8601 duration such as PT5S' }, []],
  [
    'AVR128DB48_CNANO;1',
    { delay: 'P1Y' },
    400,
    { status: 'The delay cannot be used: years and months are not supported' },
    [],
  ],
];

for (const [id, request, status, response, restarts] of REBOOTS) {
  test(`${id} is told to reboot with ${JSON.stringify(request)}`, async () => {
    const { host, command } = await play(loadModel(`dtmi:com:Microchip:${id}`, packaged));
    assert.deepEqual(await command('reboot', request), { request, status, response });
    assert.deepEqual(host.restarts, restarts);
  });
}

const THERMOSTAT = dtdl('dtmi:test:thermostat;1', {
  contents: [
    { '@type': ['Telemetry', 'Temperature'], name: 'temperature', schema: 'double', unit: 'degreeCelsius' },
    { '@type': 'Property', name: 'target', schema: 'double', writable: true },
    { '@type': 'Property', name: 'serialNumber', schema: 'string' },
    {
      '@type': 'Command',
      name: 'report',
      request: { name: 'since', schema: 'dateTime' },
      response: { name: 'since', schema: 'dateTime' },
    },
  ],
});
const HOUSE = model(
  dtdl('dtmi:test:house;1', {
    contents: [
      { '@type': 'Property', name: 'telemetryInterval', schema: 'duration', writable: true },
      { '@type': 'Component', name: 'hall', schema: 'dtmi:test:thermostat;1' },
      { '@type': 'Component', name: 'attic', schema: 'dtmi:test:thermostat;1' },
    ],
  }),
  THERMOSTAT,
);

test('components have telemetry, properties and commands of their own', async () => {
  const { host, device, command, desire } = await play(HOUSE);
  await device.reconcile({ desired: {}, desiredVersion: 1, reported: {} });
  const { telemetryInterval, hall, attic } = device.missing();
  assert.deepEqual(telemetryInterval, { ac: 203, av: 0, ad: 'initialize', value: 'PT10S' });
  for (const component of [hall, attic]) {
    assert.match(
      JSON.stringify(component),
      /^\{"__t":"c","target":\{"ac":203,"av":0,"ad":"initialize","value":[\d.]+\},"serialNumber":"SN[0-9A-F]{6}"\}$/,
    );
  }
  assert.notDeepEqual(hall, attic);
  device.beginTelemetry();
  await host.clock.advance(0);
  assert.deepEqual(
    host.samples.map(({ component }) => component),
    ['hall', 'attic'],
  );
  assert.deepEqual(await desire({ attic: { __t: 'c', target: 'warm' }, telemetryInterval: 'PT2S' }, 2), [
    ['attic.target', 400, JSON.parse(JSON.stringify(attic)).target.value, 'target must be a number'],
    ['telemetryInterval', 200, 'PT2S', 'telemetryInterval set to: "PT2S"'],
  ]);
  assert.deepEqual((await desire({ telemetryInterval: 'PT0.1S' }, 3))[0]?.slice(1, 3), [400, 'PT2S']);
  const since = '2024-02-29T12:00:00Z';
  assert.deepEqual(await command('hall*report', since), { request: since, status: 200, response: since });
  assert.equal((await command('hall*report', 'yesterday')).status, 400);
  assert.equal((await command('report', since)).status, 404);
});

test('a device that has only events sends them at the usual pace', async () => {
  const contents = [{ '@type': 'Telemetry', name: 'button_event', schema: 'integer' }];
  const { host, device } = await play(model(dtdl('dtmi:test:button;1', { contents })));
  device.beginTelemetry();
  await host.clock.advance(30_000);
  assert.equal(host.samples.length, 4);
});
