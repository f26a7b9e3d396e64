import type { Field, Primitive, Schema, StandardObject } from './model.ts';
import { PRIMITIVES } from './model.ts';

/** What a DTMI of a built-in schema looks like; the number is the version of DTDL, or of the context. */
const BUILT_IN = /^dtmi:(?:dtdl:instance:Schema|standard:schema:geospatial|iotcentral:schema):([A-Za-z]+);[23]$/;

const DOUBLE: Schema = { kind: 'double' };
/** Longitude, latitude and perhaps altitude. */
const POSITION = listOf(DOUBLE);
const LINE = listOf(POSITION);
const POLYGON = listOf(LINE);

const OBJECTS: Record<StandardObject, Schema> = {
  point: geoJson('point', POSITION),
  multiPoint: geoJson('multiPoint', listOf(POSITION)),
  lineString: geoJson('lineString', LINE),
  multiLineString: geoJson('multiLineString', listOf(LINE)),
  polygon: geoJson('polygon', POLYGON),
  multiPolygon: geoJson('multiPolygon', listOf(POLYGON)),
  geopoint: { kind: 'object', standard: 'geopoint', fields: ['lat', 'lon', 'alt'].map((name) => field(name, DOUBLE)) },
  vector: { kind: 'object', standard: 'vector', fields: ['x', 'y', 'z'].map((name) => field(name, DOUBLE)) },
};

/** The built-in schema of this name (`double`, `point`, `geopoint`, …) or of this DTMI. */
export function standardSchema(name: string): Schema | undefined {
  const term = BUILT_IN.exec(name)?.[1] ?? name;
  if (isPrimitive(term)) return { kind: term };
  return isStandardObject(term) ? OBJECTS[term] : undefined;
}

function isPrimitive(term: string): term is Primitive {
  return (PRIMITIVES as readonly string[]).includes(term);
}

function isStandardObject(term: string): term is StandardObject {
  return Object.hasOwn(OBJECTS, term);
}

function listOf(element: Schema): Schema {
  return { kind: 'array', element };
}

/** GeoJSON's name of a shape is the term's with a capital (RFC 7946, 1.4). */
function geoJson(standard: StandardObject, coordinates: Schema): Schema {
  const type = standard.charAt(0).toUpperCase() + standard.slice(1);
  const value = { name: standard, value: type, displayName: {}, description: {} };
  const fields = [
    field('type', { kind: 'enum', valueKind: 'string', values: [value] }),
    field('coordinates', coordinates),
  ];
  return { kind: 'object', standard, fields };
}

function field(name: string, schema: Schema): Field {
  return { name, schema, displayName: {}, description: {}, semanticTypes: [] };
}
