import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Sample } from '../../src/device/device.ts';
import type { Json } from '../../src/events.ts';
import { TelemetryBuffer } from '../../src/session/telemetry-buffer.ts';
import { DEVICE, Rig } from '../helpers/rig.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

/** A session that sends telemetry, with a device that has more to say; and what is published for it. */
async function sending() {
  const rig = new Rig();
  await rig.until((what) => what === 'telemetry {"n":1}');
  const { host } = rig.device;
  if (!host) throw new Error('the device was not started');
  const from = rig.log.length;
  const sample = (body: Json, component?: string): Sample => {
    return { body, takenAt: host.clock.wall(), ...(component !== undefined && { component }) };
  };
  const published = async () => {
    await rig.clock.advance(1_000);
    return rig.since(from).filter((what) => !what.startsWith('mqtt.isConnected'));
  };
  return { rig, host, sample, published };
}

const TOPIC = `mqtt.publish devices/${DEVICE}/messages/events/$.ct=application%2Fjson&$.ce=utf-8`;

test('readings that do not fit one command are sent in several messages, in order', async () => {
  const { rig, host, sample, published } = await sending();
  const body = { a: 'x'.repeat(300), b: 'y'.repeat(200), c: 1, d: 'z'.repeat(300) };
  host.sample(sample(body));
  const { a, b, c, d } = body;
  const parts = [{ a }, { b, c }, { d }].map((part) => JSON.stringify(part));
  const expected = parts.flatMap((json) => [`${TOPIC} ${json} q0`, `telemetry ${json}`]);
  assert.ok(isDeepStrictEqual(await published(), expected));
  await rig.stop();
});

test('a reading that does not fit even alone is named with both numbers, and the others are sent', async () => {
  const { rig, host, sample, published } = await sending();
  host.sample(sample({ small: 1, large: 'x'.repeat(500) }));
  const lines = await published();
  assert.match(
    lines[0] ?? '',
    /^warning: The telemetry large is too large and is not sent: its command has 5\d\d bytes; the module takes 510$/,
  );
  assert.equal(lines.at(-1), 'telemetry {"small":1}');
  await rig.stop();
});

test('a message that a person has put together is refused, never split', async () => {
  const { rig, host, sample, published } = await sending();
  const refused = assert.rejects(
    host.send(sample({ a: 'x'.repeat(300), b: 'y'.repeat(300) })),
    /^Error: The message is too large: its command has 6\d\d bytes; the module takes 510$/,
  );
  const taken = host.send(sample({ a: 1 }));
  const lines = await published();
  await refused;
  await taken;
  assert.deepEqual(
    lines.filter((what) => what.startsWith('telemetry')),
    ['telemetry {"a":1}'],
  );
  await rig.stop();
});

test('a device with components loses nothing while there is a connection', async () => {
  const { rig, host, sample, published } = await sending();
  for (const component of ['hall', 'attic', 'cellar']) host.sample(sample({ warm: 20.5 }, component));
  const lines = await published();
  assert.equal(lines.filter((what) => what === 'telemetry {"warm":20.5}').length, 3);
  assert.equal(
    lines.some((what) => what.startsWith('warning')),
    false,
  );
  await rig.stop();
});

test('of a time without a connection all samples of the latest moment stay with QoS 0', () => {
  const buffer = new TelemetryBuffer(new VirtualClock(), 0);
  for (const takenAt of [1, 2]) {
    for (const component of ['hall', 'attic']) buffer.add({ body: takenAt, takenAt, component });
  }
  assert.equal(buffer.takeLost(), 2);
  assert.deepEqual([buffer.next?.sample.takenAt, buffer.next?.sample.component], [2, 'hall']);
  buffer.accept();
  assert.deepEqual([buffer.next?.sample.takenAt, buffer.next?.sample.component], [2, 'attic']);
});
