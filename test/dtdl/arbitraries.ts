import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/events.ts';

const TERMS = [
  ...['boolean', 'date', 'dateTime', 'double', 'duration', 'float', 'integer', 'long', 'string', 'time'],
  ...['point', 'multiPoint', 'lineString', 'multiLineString', 'polygon', 'multiPolygon', 'geopoint', 'vector'],
];

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,5}$/);
const term = fc.constantFrom(...TERMS);
const choice = fc.uniqueArray(fc.record({ name, value: fc.oneof(fc.integer(), fc.string({ maxLength: 5 })) }), {
  minLength: 1,
  maxLength: 4,
  selector: ({ value }) => String(value),
});

function enumOf(choices: { name: string; value: number | string }[], kind: 'integer' | 'string'): Json {
  const enumValues = choices.map(({ name, value }, index) => {
    return { name: `${name}${index}`, enumValue: kind === 'string' ? `v${value}` : index };
  });
  return { '@type': 'Enum', valueSchema: kind, enumValues };
}

/** A schema of DTDL, as it is written, of at most `depth` levels. */
export function schema(depth = 4): fc.Arbitrary<Json> {
  const leaf = fc.oneof(
    term,
    fc.tuple(choice, fc.constantFrom('integer', 'string')).map(([c, kind]) => enumOf(c, kind)),
  );
  if (depth === 0) return leaf;
  const inner = schema(depth - 1);
  const field = fc.record({ name, schema: inner });
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc
        .uniqueArray(field, { minLength: 1, maxLength: 4, selector: (one) => one.name })
        .map((fields): Json => ({ '@type': 'Object', fields })),
    },
    { weight: 1, arbitrary: inner.map((elementSchema): Json => ({ '@type': 'Array', elementSchema })) },
    {
      weight: 1,
      arbitrary: field.map(
        (mapValue): Json => ({ '@type': 'Map', mapKey: { name: 'key', schema: 'string' }, mapValue }),
      ),
    },
  );
}

const two = (limit: number) => fc.nat({ max: limit }).map((number) => String(number).padStart(2, '0'));
const dateText = fc
  .tuple(fc.constantFrom('0000', '1900', '2000', '2023', '2024'), two(13), two(32))
  .map((d) => d.join('-'));
const offset = fc.oneof(
  fc.constant('Z'),
  fc.tuple(fc.constantFrom('+', '-'), two(24), two(60)).map(([s, h, m]) => `${s}${h}:${m}`),
);
const timeText = fc
  .tuple(two(24), two(60), two(60), fc.constantFrom('', '.5', '.123456789'), offset)
  .map(([h, m, s, fraction, zone]) => `${h}:${m}:${s}${fraction}${zone}`);
const amount = fc.tuple(
  fc.constantFrom('', '0', '1', '25', '0.5', '.5', '1.'),
  fc.constantFrom('Y', 'M', 'W', 'D', 'H', 'S'),
);
const durationText = fc
  .tuple(fc.array(amount, { maxLength: 3 }), fc.constantFrom('', 'T', 'T'), fc.array(amount, { maxLength: 3 }))
  .map(([days, t, times]) => `P${days.flat().join('')}${t}${times.flat().join('')}`);
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.constantFrom(2 ** 31, -(2 ** 31), 2 ** 63, 3.5e38),
);

/** Values of all the primitive schemas, and near misses of them. */
const scalar: fc.Arbitrary<Json> = fc.oneof(
  number,
  fc.boolean(),
  fc.constant(null),
  dateText,
  timeText,
  fc.tuple(dateText, timeText).map(([date, time]) => `${date}T${time}`),
  durationText,
  fc.string({ maxLength: 5 }),
);

/** Any JSON value; how often it is one of the schema is up to chance. */
const anything: fc.Arbitrary<Json> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('lat', 'x', 'type', 'coordinates', '__proto__'), scalar, { maxKeys: 3 }),
);

/** A value that is made for a schema, with something else in a place now and then. */
export function valueFor(schema: Json): fc.Arbitrary<Json> {
  return fc.oneof({ weight: 9, arbitrary: close(schema) }, { weight: 1, arbitrary: anything });
}

function close(schema: Json): fc.Arbitrary<Json> {
  if (typeof schema === 'string') return fc.oneof(CLOSE[schema] ?? anything, scalar);
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) throw new Error('no schema');
  const { fields, elementSchema, mapValue, enumValues } = schema;
  if (Array.isArray(enumValues)) return fc.constantFrom(...enumValues.map((one) => member(one, 'enumValue')), 'v', 0);
  if (elementSchema !== undefined) return fc.array(valueFor(elementSchema), { maxLength: 3 });
  if (mapValue !== undefined) return fc.dictionary(fc.string(), valueFor(member(mapValue, 'schema')), { maxKeys: 3 });
  if (!Array.isArray(fields)) throw new Error('no object');
  return some(Object.fromEntries(fields.map((one) => [member(one, 'name'), valueFor(member(one, 'schema'))])));
}

/** An object with some of the members, now and then with none. */
function some(members: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<Json> {
  const present = Object.entries(members).map(([name, value]) => {
    return fc
      .option(value, { freq: 4, nil: undefined })
      .map((chosen) => (chosen === undefined ? [] : [{ name, chosen }]));
  });
  return fc.tuple(...present).map((all) => Object.fromEntries(all.flat().map(({ name, chosen }) => [name, chosen])));
}

function member(value: Json, name: string): Json {
  const object: JsonObject = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  return object[name] ?? null;
}

const position = fc.array(number, { maxLength: 3 });
const line = fc.array(position, { maxLength: 2 });
const polygon = fc.array(line, { maxLength: 2 });

function shape(type: string, coordinates: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return some({ type: fc.constantFrom(type, type.toLowerCase()), coordinates });
}

const CLOSE: Record<string, fc.Arbitrary<Json>> = {
  boolean: fc.boolean(),
  date: dateText,
  dateTime: fc.tuple(dateText, timeText).map(([date, time]) => `${date}T${time}`),
  double: number,
  duration: durationText,
  float: number,
  integer: fc.oneof(number, fc.integer()),
  long: fc.oneof(number, fc.maxSafeInteger()),
  string: fc.string({ maxLength: 5 }),
  time: timeText,
  point: shape('Point', position),
  multiPoint: shape('MultiPoint', line),
  lineString: shape('LineString', line),
  multiLineString: shape('MultiLineString', polygon),
  polygon: shape('Polygon', polygon),
  multiPolygon: shape('MultiPolygon', fc.array(polygon, { maxLength: 2 })),
  geopoint: some({ lat: number, lon: number, alt: number }),
  vector: some({ x: number, y: number, z: number }),
};
