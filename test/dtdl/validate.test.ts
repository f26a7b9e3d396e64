import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findViolation, violationSentence } from '../../src/dtdl/validate.ts';
import type { Json } from '../../src/events.ts';
import { schemaOf } from './interfaces.ts';

const CASES: Record<string, { valid: Json[]; invalid: Json[] }> = {
  boolean: { valid: [true, false], invalid: [0, 'true', null] },
  integer: { valid: [0, -(2 ** 31), 2 ** 31 - 1, 5.0], invalid: [2 ** 31, -(2 ** 31) - 1, 1.5, '1', null] },
  long: { valid: [5, 2 ** 53, -(2 ** 63)], invalid: [2 ** 63, 0.5, '5', true] },
  float: { valid: [20, 0.1, -3.4e38], invalid: [3.5e38, '0.1', [1]] },
  double: { valid: [20, 0.1, -1.7e308], invalid: [Number.POSITIVE_INFINITY, '20', {}] },
  string: { valid: ['', 'x'], invalid: [1, null, ['x']] },
  date: {
    valid: ['2024-02-29', '2000-02-29', '0000-01-01', '1999-12-31'],
    invalid: ['2023-02-29', '1900-02-29', '2024-04-31', '2024-13-01', '2024-00-10', '2024-01-00', '24-1-1', 20240229],
  },
  time: {
    valid: ['00:00:00Z', '23:59:59.999+23:59', '12:00:00-01:30'],
    invalid: ['24:00:00Z', '12:60:00Z', '12:00:60Z', '12:00:00', '12:00Z', '12:00:00+24:00', '12:00:00+01:60'],
  },
  dateTime: {
    valid: ['2024-02-29T12:30:00Z', '2024-02-29T12:30:00.123456789+01:00'],
    invalid: [
      '2024-02-29',
      '2024-02-29 12:30:00Z',
      '2024-02-29T12:30:00',
      '2023-02-29T12:30:00Z',
      '2024-02-29T12:30:00z',
    ],
  },
  duration: {
    valid: ['PT5S', 'P1Y2M3DT4H5M6.7S', 'P1.5D', 'PT0.5H', 'P3M'],
    invalid: ['', 'P', 'PT', 'P1DT', '5', 'PT5', 'P1W', '-PT5S', 'PT1.5H2M', 'P1.5DT1H', 'PT5S\n', 'pt5s'],
  },
  geopoint: { valid: [{ lat: 1, lon: 2, alt: 3 }, { lat: 1 }], invalid: [{ lat: '1' }, { latitude: 1 }, [1, 2], null] },
  vector: { valid: [{ x: 1, y: 2, z: 3 }], invalid: [{ w: 1 }, 'x'] },
  point: {
    valid: [{ type: 'Point', coordinates: [11.5, 48.1] }],
    invalid: [
      { type: 'point', coordinates: [1, 2] },
      { type: 'Point', coordinates: [[1, 2]] },
    ],
  },
  multiPolygon: {
    valid: [{ type: 'MultiPolygon', coordinates: [[[[0, 0]]]] }],
    invalid: [
      { type: 'MultiPolygon', coordinates: [[[0, 0]]] },
      { type: 'Polygon', coordinates: [] },
    ],
  },
};

for (const [name, { valid, invalid }] of Object.entries(CASES)) {
  test(`values of the schema ${name} are told from others`, () => {
    const schema = schemaOf(name);
    for (const value of valid) assert.equal(findViolation(schema, value), null, JSON.stringify(value));
    for (const value of invalid) assert.ok(findViolation(schema, value), JSON.stringify(value));
  });
}

const SAMPLE = schemaOf({
  '@type': 'Object',
  fields: [
    { name: 'mode', schema: enumOf('string', ['fast', 'slow']) },
    { name: 'level', schema: enumOf('integer', [0, 100]) },
    { name: 'limits', schema: { '@type': 'Array', elementSchema: 'integer' } },
    {
      name: 'rooms',
      schema: {
        '@type': 'Map',
        mapKey: { name: 'room', schema: 'string' },
        mapValue: { name: 'warm', schema: 'double' },
      },
    },
  ],
});

function enumOf(valueSchema: string, values: (string | number)[]): Json {
  const enumValues = values.map((enumValue) => ({
    name: typeof enumValue === 'string' ? enumValue : `l${enumValue}`,
    enumValue,
  }));
  return { '@type': 'Enum', valueSchema, enumValues };
}

test('the first violation is told with its place', () => {
  const cases: [Json, string | null][] = [
    [{}, null],
    [{ mode: 'fast', level: 100, limits: [1, 2], rooms: { 'my room': 20.5 } }, null],
    [{ mode: 'Fast' }, 'request.mode must be fast or slow'],
    [{ level: '0' }, 'request.level must be 0 (l0) or 100 (l100)'],
    [{ limits: [1, 2.5] }, 'request.limits[1] must be an integer from -2147483648 to 2147483647'],
    [{ limits: { 0: 1 } }, 'request.limits must be an array'],
    [{ rooms: { 'my room': 'hot' } }, "request.rooms['my room'] must be a number"],
    [{ rooms: [20] }, 'request.rooms must be a JSON object'],
    [{ speed: 1 }, "request has no member 'speed' in the model"],
    [null, 'request must be a JSON object'],
  ];
  for (const [value, sentence] of cases) {
    const violation = findViolation(SAMPLE, value);
    assert.equal(violation && violationSentence('request', violation), sentence);
  }
});

test('an enum of many values is not read out', () => {
  const violation = findViolation(schemaOf(enumOf('integer', [...Array(300).keys()])), -1);
  assert.ok(violation && violation.problem.length < 150);
  assert.match(violation.problem, /7 \(l7\) or one of 292 more$/);
});

test('members that every object inherits are no members', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.ok(findViolation(SAMPLE, JSON.parse(`{"${name}": 1}`)), name);
  }
});

test('any JSON value gets an answer', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy: Json = JSON.parse(JSON.stringify(value));
      const violation = findViolation(SAMPLE, copy);
      assert.ok(violation === null || violation.path.startsWith('$'));
    }),
  );
});
