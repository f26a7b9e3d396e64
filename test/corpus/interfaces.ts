import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../src/events.ts';
import { type References, referencesIn } from './checker.ts';

// Reads a corpus as it is written, for checks that must not rely on the program's own reading.

/** A telemetry, property or command of an interface, as it is written. */
export interface Content {
  readonly kind: 'Telemetry' | 'Property' | 'Command';
  readonly name: string;
  /** The component that it is one of. */
  readonly component?: string;
  readonly element: JsonObject;
  readonly references: References;
}

/** The ids of the interfaces in a folder of models, one for each file. */
export function interfacesIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true }).map(String);
  return files
    .filter((file) => file.endsWith('.json') && !file.endsWith('.expanded.json'))
    .sort()
    .map((file) => parse(join(folder, file)))
    .filter((document) => [document['@type']].flat().includes('Interface'))
    .map((document) => String(document['@id']));
}

/** What an interface has, by itself, from those that it extends, and in its components. */
export function contentsOf(folder: string, id: string): Content[] {
  const path = `${id.toLowerCase().replaceAll(':', '/').replace(';', '-')}.json`;
  return contentsIn(folder, parse(join(folder, path)));
}

function contentsIn(folder: string, document: JsonObject): Content[] {
  const references = referencesIn(document);
  const inherited = list(document['extends']).flatMap((base) => inner(folder, base));
  const own = list(document['contents'])
    .filter(isObject)
    .flatMap((element): Content[] => {
      const name = String(element['name']);
      const types = [element['@type']].flat();
      if (types.includes('Component')) {
        const [schema = null] = list(element['schema']);
        return inner(folder, schema).map((content) => ({ ...content, component: name }));
      }
      const kind = (['Telemetry', 'Property', 'Command'] as const).find((one) => types.includes(one));
      return kind ? [{ kind, name, element, references }] : [];
    });
  return [...inherited, ...own];
}

/** Of an interface that is written in place, or referred to. */
function inner(folder: string, place: Json): Content[] {
  return isObject(place) ? contentsIn(folder, place) : contentsOf(folder, String(place));
}

function parse(file: string): JsonObject {
  const document: Json = JSON.parse(readFileSync(file, 'utf8'));
  return isObject(document) ? document : {};
}

function list(value: Json | undefined): Json[] {
  return value === undefined ? [] : [value].flat();
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
