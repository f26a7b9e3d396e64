import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

type Schema = boolean | { readonly [keyword: string]: unknown };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const TYPES: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  object: isObject,
  array: Array.isArray,
};

const asSchema = (value: unknown): Schema => {
  assert.ok(typeof value === 'boolean' || isObject(value), 'a schema is an object, true or false');
  return value;
};
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** Reads a JSON Schema with the keywords that this project's own use; any other keyword is an error. */
export class JsonSchema {
  readonly #root: Record<string, unknown>;

  constructor(url: URL) {
    const root: unknown = JSON.parse(readFileSync(url, 'utf8'));
    assert.ok(isObject(root));
    this.#root = root;
  }

  /** True for a value that the part of the schema at `pointer`, such as `#/$defs/x`, accepts. */
  accepts(pointer: string, value: unknown): boolean {
    return this.#isValid({ $ref: pointer }, value);
  }

  #at(pointer: string): Schema {
    let found: unknown = this.#root;
    for (const step of pointer.split('/').slice(1)) found = isObject(found) ? found[step] : undefined;
    return asSchema(found);
  }

  #isValid(schema: Schema, value: unknown): boolean {
    if (typeof schema === 'boolean') return schema;
    return Object.entries(schema).every(([keyword, argument]) => this.#holds(keyword, argument, value, schema));
  }

  #holds(keyword: string, argument: unknown, value: unknown, schema: Schema): boolean {
    switch (keyword) {
      case 'description':
        return true;
      case '$ref':
        return this.#isValid(this.#at(String(argument)), value);
      case 'const':
        return value === argument;
      case 'enum':
        return list(argument).includes(value);
      case 'type':
        return list(argument).some((type) => TYPES[String(type)]?.(value));
      case 'pattern':
        return typeof value !== 'string' || new RegExp(String(argument), 'u').test(value);
      case 'minLength':
        return typeof value !== 'string' || value.length >= Number(argument);
      case 'items':
        return !Array.isArray(value) || value.every((item) => this.#isValid(asSchema(argument), item));
      case 'oneOf':
        return list(argument).filter((option) => this.#isValid(asSchema(option), value)).length === 1;
      case 'required':
        return !isObject(value) || list(argument).every((name) => Object.hasOwn(value, String(name)));
      case 'properties':
        return (
          !isObject(value) ||
          Object.entries(isObject(argument) ? argument : {}).every(
            ([name, member]) => !Object.hasOwn(value, name) || this.#isValid(asSchema(member), value[name]),
          )
        );
      case 'additionalProperties': {
        const named = isObject(schema) && isObject(schema['properties']) ? schema['properties'] : {};
        const others = isObject(value) ? Object.entries(value).filter(([name]) => !Object.hasOwn(named, name)) : [];
        return others.every(([, member]) => this.#isValid(asSchema(argument), member));
      }
      default:
        return assert.fail(`the schema has the keyword ${keyword}, which this reader does not know`);
    }
  }
}

const EVENTS = new JsonSchema(new URL('../../docs/events.schema.json', import.meta.url));

/** Fails for what docs/events.schema.json does not describe. */
export function assertEvent(kind: 'sessionEvent' | 'cloudEvent', event: unknown): void {
  assert.ok(EVENTS.accepts(`#/$defs/${kind}`, event), `not a ${kind}: ${JSON.stringify(event)}`);
}
