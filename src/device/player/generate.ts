import type { EnumValue, Field, Primitive, StandardObject } from '../../dtdl/model.ts';
import type { Json } from '../../events.ts';
import { count, type Random, wander, wanderDouble, wanderInteger } from './numbers.ts';
import { rangeOf } from './ranges.ts';
import { textsFor } from './texts.ts';

/** Where the values that are not in the model come from. */
export interface Sources {
  /** Numbers in [0, 1). */
  readonly random: Random;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly wall: () => number;
}

/** Gives a value of a schema at each call, the next of a series that moves slowly. */
export type Generator = () => Json;

const INT32 = 2 ** 31 - 1;
/** How often a state or a switch changes. */
const CHANGES = 0.15;
const COUNTER = /count(?:er)?$|^sequence/i;
const SECONDS = [5, 60] as const;
const MOST_ITEMS = 3;
const KEYS = [1, 2];
/** Where a device without a place is: the maker's town, as far as a demo is concerned. */
const PLACE = { lon: [-111.9, -111.8], lat: [33.3, 33.4] } as const;

/** What a field is generated from; its name and its kind tell what is plausible, its schema what is valid. */
export function generatorFor(field: Field, sources: Sources): Generator {
  const { schema } = field;
  switch (schema.kind) {
    case 'enum':
      return states(schema.values, sources.random);
    case 'array': {
      const length = 1 + Math.floor(sources.random() * MOST_ITEMS);
      const items = Array.from({ length }, () => generatorFor({ ...field, schema: schema.element }, sources));
      return () => items.map((next) => next());
    }
    case 'map': {
      const values = KEYS.map((key): [string, Generator] => {
        return [`${schema.keyName}${key}`, generatorFor(schema.value, sources)];
      });
      return () => Object.fromEntries(values.map(([key, next]) => [key, next()]));
    }
    case 'object':
      return schema.standard ? standard(schema.standard, field, sources) : members(schema.fields, sources);
    default:
      return primitive(schema.kind, field, sources);
  }
}

function members(fields: readonly Field[], sources: Sources): Generator {
  const generators = fields.map((field): [string, Generator] => [field.name, generatorFor(field, sources)]);
  return () => Object.fromEntries(generators.map(([name, next]) => [name, next()]));
}

function primitive(kind: Primitive, field: Field, { random, wall }: Sources): Generator {
  const timeStamp = () => `${new Date(wall()).toISOString().slice(0, 19)}Z`;
  switch (kind) {
    case 'boolean':
      return states([{ value: false }, { value: true }], random);
    case 'integer':
    case 'long':
      if (COUNTER.test(field.name)) return count(Math.floor(Math.max(1, Math.min(field.max ?? INT32, INT32))));
      return wanderInteger(clamped(field), random);
    case 'float':
    case 'double':
      return wanderDouble(clamped(field), random);
    case 'string':
      return textsFor(field.name, random);
    case 'duration': {
      const seconds = wanderInteger(SECONDS, random);
      return () => `PT${seconds()}S`;
    }
    case 'dateTime':
      return timeStamp;
    case 'date':
      return () => timeStamp().slice(0, 10);
    case 'time':
      return () => timeStamp().slice(11);
  }
}

/** A number's range, inside what the smallest kind of number holds: a model may expect anything. */
function clamped(field: Field): readonly [number, number] {
  const [low, high] = rangeOf(field);
  const clamp = (value: number) => Math.min(INT32, Math.max(-INT32, value));
  return [clamp(low), clamp(high)];
}

/** One of a few values, which changes now and then. */
function states(values: readonly Pick<EnumValue | { value: boolean }, 'value'>[], random: Random): Generator {
  const pick = () => Math.floor(random() * values.length);
  let index = pick();
  return () => {
    const now = values[index]?.value ?? null;
    if (random() < CHANGES) index = pick();
    return now;
  };
}

function standard(kind: StandardObject, field: Field, sources: Sources): Generator {
  switch (kind) {
    case 'vector': {
      const [x, y, z] = [1, 2, 3].map(() => wanderDouble(clamped(field), sources.random));
      return () => ({ x: x?.() ?? 0, y: y?.() ?? 0, z: z?.() ?? 0 });
    }
    case 'geopoint': {
      const [lon, lat] = [wanderDouble(PLACE.lon, sources.random), wanderDouble(PLACE.lat, sources.random)];
      const alt = wanderDouble([360, 380], sources.random);
      return () => ({ lat: lat(), lon: lon(), alt: alt() });
    }
    default:
      return shape(kind, sources.random);
  }
}

/** A shape of GeoJSON around a place that moves; positions are longitude and latitude (RFC 7946, 3.1). */
function shape(kind: Exclude<StandardObject, 'vector' | 'geopoint'>, random: Random): Generator {
  const [lon, lat] = [wander(PLACE.lon, random), wander(PLACE.lat, random)];
  const decimals = (value: number) => Number(value.toFixed(5)) + 0.000001;
  return () => {
    const [x, y] = [lon(), lat()];
    const at = (east: number, north: number): Json =>
      [decimals(x + east), decimals(y + north)].map((v) => Number(v.toFixed(6)));
    const line: Json = [at(0, 0), at(0.01, 0), at(0.01, 0.01)];
    // A ring ends where it begins (RFC 7946, 3.1.6).
    const ring: Json = [...line, at(0, 0.01), at(0, 0)];
    switch (kind) {
      case 'point':
        return { type: 'Point', coordinates: at(0, 0) };
      case 'multiPoint':
        return { type: 'MultiPoint', coordinates: line };
      case 'lineString':
        return { type: 'LineString', coordinates: line };
      case 'multiLineString':
        return { type: 'MultiLineString', coordinates: [line] };
      case 'polygon':
        return { type: 'Polygon', coordinates: [ring] };
      case 'multiPolygon':
        return { type: 'MultiPolygon', coordinates: [[ring]] };
    }
  };
}
