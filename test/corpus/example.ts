import type { Json } from '../../src/events.ts';
import type { References } from './checker.ts';
import { isObject } from './interfaces.ts';

const EXAMPLES: Record<string, Json> = {
  boolean: true,
  date: '2024-02-29',
  dateTime: '2024-02-29T12:00:00Z',
  double: 21.5,
  duration: 'PT5S',
  float: 21.5,
  integer: 21,
  long: 21,
  string: 'text',
  time: '12:00:00Z',
  geopoint: { lat: 33.3, lon: -111.8, alt: 360.5 },
  vector: { x: 0.1, y: 0.2, z: 0.3 },
  point: { type: 'Point', coordinates: [-111.8, 33.3] },
  lineString: { type: 'LineString', coordinates: [[-111.8, 33.3]] },
};

/** A value of a schema as a model has it: what a cloud would send. */
export function exampleOf(schema: Json | undefined, references: References): Json {
  if (Array.isArray(schema)) return exampleOf(schema[0], references);
  if (typeof schema === 'string') {
    const shared = references.get(schema);
    if (shared) return exampleOf({ ...shared }, references);
    return EXAMPLES[schema] ?? unknown(schema);
  }
  if (!isObject(schema)) return unknown(schema);
  const kinds = [schema['@type']].flat();
  if (kinds.includes('Enum')) return memberOf([schema['enumValues']].flat().at(-1), 'enumValue') ?? unknown(schema);
  if (kinds.includes('Array')) return [exampleOf(schema['elementSchema'], references)];
  if (kinds.includes('Map')) return { key: exampleOf(memberOf(schema['mapValue'], 'schema'), references) };
  const fields = [schema['fields'] ?? []].flat();
  return Object.fromEntries(
    fields.map((field) => [String(memberOf(field, 'name')), exampleOf(memberOf(field, 'schema'), references)]),
  );
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) ? value[name] : undefined;
}

function unknown(schema: Json | undefined): never {
  throw new Error(`there is no example of ${JSON.stringify(schema)}`);
}
