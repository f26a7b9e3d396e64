import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, type TestContext, test } from 'node:test';
import common from 'azure-iot-common';
import type { Client, Twin } from 'azure-iot-device';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import type { TwinFault } from '../../src/simulator/cloud/faults.ts';
import { newDevice, nextEvent, type Simulation, startSimulation, watchPackets } from './cloud.ts';
import { Inbox } from './inbox.ts';
import { type HubClientOptions, hubClient, listenToDesired, report } from './sdk.ts';

const { ExponentialBackOffWithJitter } = common;

let simulation: Simulation;
before(async () => {
  simulation = await startSimulation();
});
after(() => simulation.cloud.close());

/** A connected device with its twin, closed when the test ends. */
async function twinOf(t: TestContext, id: string, options?: HubClientOptions): Promise<{ client: Client; twin: Twin }> {
  const client = await hubClient(simulation, await newDevice(simulation, id), options);
  t.after(() => client.close());
  await client.open();
  return { client, twin: await client.getTwin() };
}

/** What the SDK tells of desired properties: first all that is known, then every change. */
async function desiredOf(twin: Twin): Promise<Inbox<unknown>> {
  const inbox = new Inbox<unknown>();
  twin.on('properties.desired', (delta: unknown) => inbox.take(structuredClone(delta)));
  await listenToDesired(twin);
  return inbox;
}

/** What a back end sees reported, without versions and times. */
function reportedBy(id: string): JsonObject {
  const { properties } = simulation.cloud.twin(id);
  const reported = isJsonObject(properties ?? null) ? (properties as JsonObject)['reported'] : undefined;
  assert.ok(reported !== undefined && isJsonObject(reported));
  const { $metadata: _times, $version: _version, ...members } = reported;
  return members;
}

suite('reading', { concurrency: true, timeout: 30_000 }, () => {
  test('a new twin is empty, with both versions at 1', async (t) => {
    const { twin } = await twinOf(t, 'new');
    assert.deepEqual(twin.properties.desired, { $version: 1 });
    assert.equal(twin.properties.reported['$version'], 1);
  });

  test('what was desired before is there, and fires the listeners', async (t) => {
    const identity = await newDevice(simulation, 'prepared');
    const desired = { telemetryInterval: 5, nested: { list: [1, { a: 'ü' }], flag: false } };
    await simulation.cloud.patchDesired('prepared', desired);
    const client = await hubClient(simulation, identity);
    t.after(() => client.close());
    const twin = await client.getTwin();
    assert.deepEqual(twin.properties.desired, { ...desired, $version: 2 });
    const [interval] = (await once(twin, 'properties.desired.telemetryInterval')) as [number];
    assert.equal(interval, 5);
  });
});

suite('desired properties', { concurrency: true, timeout: 30_000 }, () => {
  test('changes arrive as they were given, merged and removed', async (t) => {
    const { twin } = await twinOf(t, 'directed');
    const deltas = await desiredOf(twin);
    await simulation.cloud.patchDesired('directed', { led_user: 1, nested: { a: 1, b: [1, 2] } });
    await simulation.cloud.patchDesired('directed', { nested: { b: null, c: 'ü' } });
    await simulation.cloud.patchDesired('directed', { led_user: null });
    assert.deepEqual(await deltas.arrived(4), [
      { $version: 1 },
      { led_user: 1, nested: { a: 1, b: [1, 2] }, $version: 2 },
      { nested: { b: null, c: 'ü' }, $version: 3 },
      { led_user: null, $version: 4 },
    ]);
    assert.deepEqual(twin.properties.desired, { nested: { a: 1, c: 'ü' }, $version: 4 });
  });

  test('a replacement removes what it does not name', async (t) => {
    const { twin } = await twinOf(t, 'replaced');
    const deltas = await desiredOf(twin);
    await simulation.cloud.replaceDesired('replaced', { a: 1, b: 2 });
    await simulation.cloud.replaceDesired('replaced', { b: 3 });
    await deltas.arrived(3);
    assert.deepEqual(twin.properties.desired, { b: 3, $version: 3 });
  });

  test('after a lost connection the subscription is remembered, though the SDK does not ask for it again', async (t) => {
    const { twin } = await twinOf(t, 'remembered', { retry: new ExponentialBackOffWithJitter() });
    twin.on('properties.desired', () => {});
    await listenToDesired(twin);
    const subscribes = watchPackets(simulation.cloud, 'in', ({ cmd, subscriptions }) => {
      return cmd === 'subscribe' && JSON.stringify(subscriptions).includes('remembered');
    });
    const back = nextEvent(simulation.cloud, 'connect', ({ deviceId }) => deviceId === 'remembered');
    await simulation.cloud.faults.inject({ type: 'kick', deviceId: 'remembered' });
    await back;
    const heard = once(twin, 'properties.desired.led_user');
    await simulation.cloud.patchDesired('remembered', { led_user: 2 });
    assert.deepEqual(await heard, [2]);
    assert.deepEqual(subscribes, []);
  });

  test('what changed while the device was away is read, not told', async (t) => {
    const { client, twin } = await twinOf(t, 'absent');
    await listenToDesired(twin);
    await client.close();
    await simulation.cloud.patchDesired('absent', { led_user: 1 });
    await client.open();
    const again = await client.getTwin();
    assert.deepEqual(again.properties.desired, { led_user: 1, $version: 2 });
  });
});

suite('reported properties', { concurrency: true, timeout: 30_000 }, () => {
  test('are merged; null removes', async (t) => {
    const { client, twin } = await twinOf(t, 'reporter');
    const patches = [
      { ipAddress: '192.168.1.7', nested: { a: 1, b: { c: 'ü' } }, list: [1, [2]] },
      { nested: { a: null, d: true }, list: null, ratio: 0.25 },
      {},
    ];
    for (const patch of patches) await report(twin, patch);
    const expected = { ipAddress: '192.168.1.7', nested: { b: { c: 'ü' }, d: true }, ratio: 0.25 };
    assert.deepEqual(reportedBy('reporter'), expected);
    const { $version, update: _update, ...members } = (await client.getTwin()).properties.reported;
    assert.deepEqual(members, expected);
    assert.equal($version, 4);
  });

  test('acknowledge desired ones', async (t) => {
    const { twin } = await twinOf(t, 'obedient');
    const version = await simulation.cloud.patchDesired('obedient', { telemetryInterval: 9 });
    await report(twin, { telemetryInterval: { value: 9, ac: 200, av: version, ad: 'done' } });
    const { $metadata } = simulation.cloud.properties('obedient');
    assert.ok($metadata !== undefined && isJsonObject($metadata));
    const { telemetryInterval } = $metadata;
    assert.ok(telemetryInterval !== undefined && isJsonObject(telemetryInterval));
    assert.equal(telemetryInterval['state'], 'accepted');
  });

  const tooDeep = [...Array(11)].reduce<JsonObject>((inner) => ({ a: inner }), { end: 1 });
  const refused: [name: string, patch: object, message: RegExp][] = [
    ['a blank in a name', { 'a b': 1 }, /name 'a b' is not allowed/],
    ['a dollar in a name', { nested: { $x: 1 } }, /name '\$x' is not allowed/],
    ['$version', { $version: 7 }, /not allowed/],
    ['a string of more than 4 KB', { long: 'x'.repeat(4097) }, /longer than 4 KB/],
    ['more than 10 levels', tooDeep, /deeper than 10 levels/],
    ['a number of more than 52 bits', { n: 2 ** 53 }, /An integer must be from/],
    [
      'more than 32 KB',
      Object.fromEntries([...Array(9)].map((_, n) => [`p${n}`, 'x'.repeat(4000)])),
      /larger than 32 KB/,
    ],
    ['no object', [1], /not a JSON object/],
  ];
  for (const [index, [name, patch, message]] of refused.entries()) {
    test(`${name} is refused, and nothing of it kept`, async (t) => {
      const { twin } = await twinOf(t, `refused-${index}`);
      await assert.rejects(report(twin, patch), { name: 'Error', message });
      assert.deepEqual(reportedBy(`refused-${index}`), {});
    });
  }
});

suite('when the hub is in trouble', { concurrency: true, timeout: 30_000 }, () => {
  const troubles: Omit<TwinFault, 'type'>[] = [
    { answer: 'status', status: 400, message: 'bad' },
    { answer: 'status', status: 429, message: 'too many', retryAfter: 5 },
    { answer: 'status', status: 500, message: 'our fault' },
    { answer: 'status', status: 503, message: 'busy' },
  ];
  for (const trouble of troubles) {
    test(`${trouble.status} is shown with its message, and passes`, async (t) => {
      const id = `trouble-${trouble.status}`;
      const { client, twin } = await twinOf(t, id);
      await simulation.cloud.faults.inject({ type: 'twin', deviceId: id, on: 'patch', ...trouble });
      await assert.rejects(report(twin, { a: 1 }), { name: 'Error', message: trouble.message });
      await report(twin, { a: 2 });
      assert.deepEqual(reportedBy(id), { a: 2 });
      await simulation.cloud.faults.inject({ type: 'twin', deviceId: id, on: 'get', ...trouble });
      await assert.rejects(client.getTwin(), { name: 'Error', message: trouble.message });
      assert.equal((await client.getTwin()).properties.reported['a'], 2);
    });
  }

  test('a late answer finds its request', async (t) => {
    const { twin } = await twinOf(t, 'late');
    await simulation.cloud.faults.inject({ type: 'twin', deviceId: 'late', on: 'patch', answer: 'delay', delay: 200 });
    await Promise.all([report(twin, { first: 1 }), report(twin, { second: 2 })]);
    assert.deepEqual(reportedBy('late'), { first: 1, second: 2 });
  });
});
