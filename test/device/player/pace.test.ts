import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paceOf } from '../../../src/device/player/pace.ts';
import type { Property } from '../../../src/dtdl/model.ts';
import type { Json } from '../../../src/events.ts';
import { schemaOf } from '../../dtdl/interfaces.ts';

function pace(name: string, schema: Json = 'integer', more: Partial<Property> = {}) {
  const texts = { displayName: {}, description: {} };
  return paceOf({ name, ...texts, semanticTypes: [], writable: true, schema: schemaOf(schema), ...more });
}

test('the properties of published models that set a pace are told from others', () => {
  const paces = [
    ...['telemetryInterval', 'telemetry_interval', 'TelemetryInterval', 'reportRate', 'reportInterval'],
    ...[
      'ReportingPeriod',
      'telemetryFrequencySecs',
      'telemetrySendFrequency',
      'telemetryPostInterval',
      'telemetryPeriod',
    ],
    ...['DesiredSampleRateInSeconds', 'sensorSamplingInterval', 'sensorPollPeriod', 'reportingIntervalSeconds'],
  ];
  for (const name of paces) assert.ok(pace(name), name);
  for (const name of ['BaudRate', 'blinkRateProperty', 'HeartbeatInterval', 'telemetry', 'period', 'refreshColor']) {
    assert.equal(pace(name), undefined, name);
  }
});

test('only what can be written, and holds a time, sets a pace', () => {
  assert.equal(pace('telemetryInterval', 'integer', { writable: false }), undefined);
  for (const schema of ['string', 'boolean', 'vector', 'dateTime'])
    assert.equal(pace('telemetryInterval', schema), undefined);
  assert.equal(pace('reportRate', 'double', { unit: 'hertz' }), undefined);
});

const CASES: [name: string, schema: string, unit: string | undefined, value: Json, seconds: number | undefined][] = [
  ['telemetryInterval', 'integer', 'second', 5, 5],
  ['telemetryInterval', 'double', undefined, 2.5, 2.5],
  ['telemetryInterval', 'integer', 'millisecond', 2500, 2.5],
  ['telemetryIntervalMs', 'long', undefined, 3000, 3],
  ['telemetryInterval', 'integer', 'minute', 2, 120],
  ['reportIntervalMinutes', 'integer', undefined, 2, 120],
  ['telemetryInterval', 'duration', undefined, 'PT1M', 60],
  ['telemetryInterval', 'duration', undefined, 'PT2.5S', 2.5],
  ['telemetryInterval', 'duration', undefined, 'P8D', undefined],
  ['telemetryInterval', 'integer', 'second', 0, undefined],
  ['telemetryInterval', 'integer', 'second', 86_401, undefined],
];

for (const [name, schema, unit, value, seconds] of CASES) {
  test(`${JSON.stringify(value)} ${unit ?? 'of no unit'} in ${name}, ${schema}, is a pace of ${seconds} s`, () => {
    const found = pace(name, schema, unit === undefined ? {} : { unit });
    assert.equal(found?.toSeconds(value), seconds);
    if (seconds !== undefined) assert.equal(found?.toSeconds(found.fromSeconds(seconds)), seconds);
  });
}

test('a pace has its range in its own unit', () => {
  assert.deepEqual(pace('telemetryInterval')?.range, { minimum: 1, maximum: 86_400 });
  assert.deepEqual(pace('telemetryIntervalMs')?.range, { minimum: 1000, maximum: 86_400_000 });
  assert.deepEqual(pace('telemetryInterval', 'integer', { unit: 'minute' })?.range, { minimum: 1, maximum: 1440 });
  assert.equal(pace('telemetryInterval', 'duration')?.range, undefined);
});
