import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../../src/cli/seeded.ts';
import { generatorFor } from '../../../src/device/player/generate.ts';
import type { Field } from '../../../src/dtdl/model.ts';
import type { Json } from '../../../src/events.ts';
import { complaint } from '../../corpus/checker.ts';
import { schema } from '../../dtdl/arbitraries.ts';
import { schemaOf } from '../../dtdl/interfaces.ts';

const NOON = Date.parse('2024-02-29T12:00:00.123Z');

function field(written: Json, more: Partial<Field> = {}): Field {
  return { name: 'value', displayName: {}, description: {}, semanticTypes: [], ...more, schema: schemaOf(written) };
}

function series(one: Field, length = 200, seed = 1): Json[] {
  const next = generatorFor(one, { random: seeded(seed), wall: () => NOON });
  return Array.from({ length }, next);
}

const hints = fc.record(
  {
    name: fc.constantFrom('value', 'temperature', 'press_count', 'ipAddress', 'status', 'lat', 'Batt'),
    unit: fc.constantFrom('degreeCelsius', 'pascal', 'Degrees C', 'constructor'),
    min: fc.double({ noNaN: true }),
    max: fc.double({ noNaN: true }),
    semanticTypes: fc.subarray(['Temperature', 'Count', 'Location', 'sem: gX']),
  },
  { requiredKeys: ['name', 'semanticTypes'] },
);

test('whatever the schema and what is said about it, every value is valid', () => {
  fc.assert(
    fc.property(schema(), hints, fc.nat(), (written, about, seed) => {
      for (const value of series(field(written, about), 20, seed)) assert.equal(complaint(written, value), null);
    }),
    { numRuns: 500 },
  );
});

test('a seed repeats a series, another seed gives another', () => {
  const schemas = ['double', 'integer', 'boolean', 'geopoint', 'polygon', 'duration', 'string'];
  const written = { '@type': 'Object', fields: schemas.map((name) => ({ name, schema: name })) };
  assert.deepEqual(series(field(written)), series(field(written)));
  assert.notDeepEqual(series(field(written)), series(field(written), 200, 2));
});

const NUMBERS: [string, Partial<Field>, low: number, high: number][] = [
  ['double', { semanticTypes: ['Temperature'], unit: 'degreeCelsius' }, 20, 30],
  ['double', { semanticTypes: ['Temperature'], unit: 'degreeFahrenheit' }, 68, 86],
  ['double', { semanticTypes: ['Temperature'] }, 20, 30],
  ['integer', { semanticTypes: ['Temperature'], unit: 'kelvin' }, 293, 303],
  ['double', { semanticTypes: ['RelativeHumidity'], unit: 'percent' }, 30, 60],
  ['double', { semanticTypes: ['Pressure'], unit: 'pascal' }, 99_000, 103_000],
  ['double', { name: 'humidity' }, 30, 60],
  ['integer', { name: 'battery', unit: 'percent' }, 60, 90],
  ['double', { name: 'ambientTemperature', min: 40, max: 90 }, 40, 50],
  ['double', { name: 'temperature', min: -20, max: 22 }, 20, 22],
  ['long', { name: 'anything' }, 0, 100],
  ['integer', { name: 'anything', min: 5, max: 5 }, 5, 5],
];

for (const [kind, about, low, high] of NUMBERS) {
  test(`${kind} ${JSON.stringify(about)} moves slowly from ${low} to ${high}`, () => {
    const values = series(field(kind, about), 2000).map(Number);
    const span = high - low;
    assert.ok(values.every((value) => value >= low && value <= high));
    const steps = values.slice(1).map((value, index) => Math.abs(value - (values[index] ?? 0)));
    assert.ok(Math.max(...steps) <= 0.06 * span + (kind === 'double' ? 0 : 1), `${Math.max(...steps)}`);
    assert.ok(Math.max(...values) - Math.min(...values) > 0.6 * span || span === 0, 'it comes about');
  });
}

test('a double has decimals, also where a whole number comes up, and not too many', () => {
  for (const about of [{ unit: 'degreeCelsius' }, { unit: 'pascal' }, { min: 0, max: 1 }, { unit: 'tesla' }]) {
    for (const value of series(field('double', about), 3000)) {
      assert.ok(!Number.isInteger(value) && String(value).length <= 10, `${JSON.stringify(about)} ${value}`);
    }
  }
});

test('counters count, times are the time, texts say what their names promise', () => {
  assert.deepEqual(series(field('integer', { name: 'press_count' }), 3), [1, 2, 3]);
  assert.deepEqual(series(field('integer', { name: 'counter', max: 2 }), 4), [1, 2, 1, 2]);
  assert.deepEqual(series(field('dateTime'), 1), ['2024-02-29T12:00:00Z']);
  assert.deepEqual(series(field('date'), 1), ['2024-02-29']);
  assert.deepEqual(series(field('time'), 1), ['12:00:00Z']);
  assert.deepEqual(series(field('string', { name: 'status' }), 1), ['Success']);
  assert.deepEqual(series(field('string', { name: 'button_name' }), 1), ['SW1']);
  assert.match(String(series(field('string', { name: 'macAddress' }), 1)[0]), /^02:00:5E(:[0-9A-F]{2}){3}$/);
  const messages = new Set(series(field('string', { name: 'messageEvent' })));
  assert.ok(messages.has('messageEvent 1') && messages.has('messageEvent 2') && messages.size < 60);
});

test('states stay for a while, and each comes up', () => {
  const enumValues = [1, 2, 3].map((enumValue) => ({ name: `s${enumValue}`, enumValue }));
  const values = series(field({ '@type': 'Enum', valueSchema: 'integer', enumValues }));
  const changes = values.filter((value, index) => index > 0 && value !== values[index - 1]).length;
  assert.deepEqual([...new Set(values)].sort(), [1, 2, 3]);
  assert.ok(changes > 5 && changes < 60, `${changes} changes`);
});
