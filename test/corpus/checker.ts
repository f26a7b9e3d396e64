import type { Json } from '../../src/events.ts';

// A second reading of DTDL's schemas, straight from the text of a model. It shares nothing with the program's own: what
// the player makes up is judged by it.

type Members = { readonly [name: string]: Json };

/** The elements of an interface, by `@id`. */
export type References = ReadonlyMap<string, Members>;

/** What is wrong with a value of a schema as a model has it; null for nothing. */
export function complaint(schema: Json | undefined, value: Json, references: References = new Map()): string | null {
  if (Array.isArray(schema)) return complaint(schema[0], value, references);
  if (typeof schema === 'string') {
    const shared = references.get(schema);
    if (shared) return complaint(shared, value, references);
    const term = schema.startsWith('dtmi:') ? (schema.split(/[:;]/).at(-2) ?? '') : schema;
    return builtIn(term, value) ? null : `${JSON.stringify(value)} is no ${term}`;
  }
  if (!isMembers(schema)) return 'there is no schema';
  const kinds = [schema['@type']].flat();
  if (kinds.includes('Enum')) {
    const values = items(schema['enumValues']).map((choice) => choice['enumValue']);
    return values.includes(value) ? null : `${JSON.stringify(value)} is none of ${JSON.stringify(values)}`;
  }
  if (kinds.includes('Array')) {
    if (!Array.isArray(value)) return `${JSON.stringify(value)} is no array`;
    return firstOf(value.map((item) => complaint(schema['elementSchema'], item, references)));
  }
  if (!isMembers(value)) return `${JSON.stringify(value)} is no object`;
  if (kinds.includes('Map')) {
    const [inner] = items(schema['mapValue']);
    return firstOf(Object.values(value).map((item) => complaint(inner?.['schema'], item, references)));
  }
  const fields = items(schema['fields']).map((field): [Json | undefined, Json | undefined] => [
    field['name'],
    field['schema'],
  ]);
  const schemas = new Map(fields);
  return firstOf(
    Object.entries(value).map(([name, member]) => {
      return schemas.has(name) ? complaint(schemas.get(name), member, references) : `${name} is no field`;
    }),
  );
}

/** All elements of a document that have an `@id`. */
export function referencesIn(document: Json): References {
  const found = new Map<string, Members>();
  const walk = (value: Json): void => {
    if (Array.isArray(value)) for (const item of value) walk(item);
    if (!isMembers(value)) return;
    const id = value['@id'];
    if (typeof id === 'string' && !found.has(id)) found.set(id, value);
    for (const member of Object.values(value)) walk(member);
  };
  walk(document);
  return found;
}

function builtIn(term: string, value: Json): boolean {
  switch (term) {
    case 'boolean':
      return value === true || value === false;
    case 'integer':
      return typeof value === 'number' && (value | 0) === value;
    case 'long':
      return typeof value === 'number' && Math.trunc(value) === value && Math.abs(value) < 2 ** 63;
    case 'float':
      return typeof value === 'number' && Math.abs(value) < 3.5e38;
    case 'double':
      return typeof value === 'number' && value - value === 0;
    case 'string':
      return typeof value === 'string';
    case 'dateTime':
      return isMoment(value);
    case 'date':
      return typeof value === 'string' && value.length === 10 && isMoment(`${value}T00:00:00Z`);
    case 'time':
      return typeof value === 'string' && value.length >= 9 && isMoment(`2024-01-01T${value}`);
    case 'duration':
      return typeof value === 'string' && /^P(\d+[YMD])*(T(\d+(\.\d+)?[HMS])+)?$/.test(value) && value.length > 2;
    case 'geopoint':
      return areNumbers(value, ['lat', 'lon', 'alt']);
    case 'vector':
      return areNumbers(value, ['x', 'y', 'z']);
    default:
      return isShape(term, value);
  }
}

function isMoment(value: Json): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value))
    return false;
  const time = Date.parse(`${value.slice(0, 19)}Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value.slice(0, 19));
}

function areNumbers(value: Json, names: string[]): boolean {
  return (
    isMembers(value) && Object.entries(value).every(([name, one]) => names.includes(name) && builtIn('double', one))
  );
}

const DEPTHS: Record<string, number> = {
  point: 1,
  multiPoint: 2,
  lineString: 2,
  multiLineString: 3,
  polygon: 3,
  multiPolygon: 4,
};

/** A shape of GeoJSON: its type, and positions nested as deep as the type wants; the rings of polygons are closed. */
function isShape(term: string, value: Json): boolean {
  const depth = DEPTHS[term];
  if (depth === undefined || !isMembers(value) || Object.keys(value).length !== 2) return false;
  const { type = '', coordinates = null } = value;
  if (String(type).toLowerCase() !== term.toLowerCase() || type === term) return false;
  return isNested(coordinates, depth) && (!/polygon/i.test(term) || ringsOf(coordinates, depth).every(isClosed));
}

function isNested(value: Json, depth: number): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  if (depth > 1) return value.every((item) => isNested(item, depth - 1));
  const [longitude, latitude] = value;
  return (
    value.every((one) => builtIn('double', one)) &&
    Math.abs(Number(longitude)) <= 180 &&
    Math.abs(Number(latitude)) <= 90
  );
}

function ringsOf(value: Json, depth: number): Json[] {
  if (!Array.isArray(value)) return [];
  return depth === 3 ? value : value.flatMap((item) => ringsOf(item, depth - 1));
}

function isClosed(ring: Json): boolean {
  return Array.isArray(ring) && ring.length >= 4 && JSON.stringify(ring[0]) === JSON.stringify(ring.at(-1));
}

function isMembers(value: Json | undefined): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function items(value: Json | undefined): Members[] {
  return [value ?? []].flat().filter(isMembers);
}

function firstOf(complaints: (string | null)[]): string | null {
  return complaints.find((one) => one !== null) ?? null;
}
