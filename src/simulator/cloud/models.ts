import { readFileSync } from 'node:fs';
import { isJsonObject, type Json, type JsonObject, own, parseJson } from './json.ts';

/** The names that a device model declares. */
export interface Model {
  id: string;
  telemetry: Set<string>;
  properties: Set<string>;
  commands: Set<string>;
}

const MODELS = new URL('../../../model/', import.meta.url);
const DTMI = /^dtmi:(?:[A-Za-z0-9_]+:)*([A-Za-z0-9_]+);(\d{1,9})$/;

/** An element is of a kind when its `@type` is that, or a list that holds it. */
function isOf(kind: string, element: JsonObject): boolean {
  const type = own(element, '@type') ?? null;
  return Array.isArray(type) ? type.includes(kind) : type === kind;
}

function namesOf(kind: string, contents: Json | undefined): Set<string> {
  const elements = Array.isArray(contents) ? contents.filter(isJsonObject) : [];
  const names = elements.filter((element) => isOf(kind, element)).map((element) => own(element, 'name'));
  return new Set(names.filter((name) => typeof name === 'string'));
}

function readModel(id: string): Model | undefined {
  const [, name, version] = DTMI.exec(id) ?? [];
  if (!name || !version) return undefined;
  try {
    const source = parseJson(readFileSync(new URL(`${name.toLowerCase()}-${version}.json`, MODELS)));
    if (!isJsonObject(source) || own(source, '@id') !== id) return undefined;
    const contents = own(source, 'contents');
    return {
      id,
      telemetry: namesOf('Telemetry', contents),
      properties: namesOf('Property', contents),
      commands: namesOf('Command', contents),
    };
  } catch {
    return undefined;
  }
}

const models = new Map<string, Model>();

/** The model of this id, when it is one of those that come with the program. */
export function findModel(id: string | null): Model | undefined {
  if (id === null) return undefined;
  const known = models.get(id) ?? readModel(id);
  if (known) models.set(id, known);
  return known;
}
