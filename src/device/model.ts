import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../events.ts';

const MODEL = new URL('../../model/dtmi/com/microchip/wbz451_curiosity-1.json', import.meta.url);

export interface EnumValue {
  value: number;
  name: string;
}

/** What values a property may have. */
export type Schema = 'integer' | 'double' | 'string' | 'boolean' | { enum: EnumValue[] };

export interface ModelProperty {
  name: string;
  /** Whether the cloud may desire a value. */
  writable: boolean;
  schema: Schema;
  /** The value until another is desired; a property may have none. */
  initial?: Json;
  unit?: string;
}

/** What a device can do, as far as this program plays it. */
export interface DeviceModel {
  /** The model's DTMI. */
  id: string;
  properties: Map<string, ModelProperty>;
  /** Names of what the device measures. */
  telemetry: Set<string>;
  /** Names of what the device can be told to do. */
  commands: Set<string>;
}

/** The model of the WBZ451 Curiosity board, which comes with the program. */
export function loadModel(): DeviceModel {
  return readModel(JSON.parse(readFileSync(MODEL, 'utf8')));
}

/**
 * Reads an interface written in DTDL 2: schema references are resolved, `@type` may be a list (Azure 4.2).
 * @throws for a document that is no such interface, or a property whose schema this program does not know
 */
export function readModel(document: Json): DeviceModel {
  const dtdl = object(document);
  const schemas = new Map(list(dtdl['schemas'] ?? []).map((schema) => [object(schema)['@id'], schema]));
  const model: DeviceModel = {
    id: string(dtdl['@id']),
    properties: new Map(),
    telemetry: new Set(),
    commands: new Set(),
  };
  for (const content of list(dtdl['contents']).map(object)) {
    const types = [content['@type']].flat();
    const name = string(content['name']);
    if (types.includes('Telemetry')) model.telemetry.add(name);
    if (types.includes('Command')) model.commands.add(name);
    if (types.includes('Property')) model.properties.set(name, readProperty(name, content, schemas));
  }
  return model;
}

function readProperty(name: string, content: JsonObject, schemas: Map<Json | undefined, Json>): ModelProperty {
  const { schema, writable, initialValue, unit } = content;
  return {
    name,
    writable: writable === true,
    schema: readSchema(schemas.get(schema) ?? schema),
    ...(initialValue !== undefined && { initial: initialValue }),
    ...(unit !== undefined && { unit: string(unit) }),
  };
}

function readSchema(schema: Json | undefined): Schema {
  if (schema === 'integer' || schema === 'double' || schema === 'string' || schema === 'boolean') return schema;
  const { '@type': type, valueSchema, enumValues } = object(schema);
  if (type !== 'Enum' || valueSchema !== 'integer') throw unknown(schema);
  return { enum: list(enumValues).map(object).map(readEnumValue) };
}

function readEnumValue({ enumValue, name }: JsonObject): EnumValue {
  if (typeof enumValue !== 'number') throw unknown(enumValue);
  return { value: enumValue, name: string(name) };
}

function object(value: Json | undefined): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unknown(value);
  return value;
}

function list(value: Json | undefined): Json[] {
  if (!Array.isArray(value)) throw unknown(value);
  return value;
}

function string(value: Json | undefined): string {
  if (typeof value !== 'string') throw unknown(value);
  return value;
}

function unknown(value: Json | undefined): Error {
  return new Error(`the device model cannot be read at ${JSON.stringify(value)?.slice(0, 80)}`);
}
