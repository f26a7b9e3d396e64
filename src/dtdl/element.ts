import type { Json, JsonObject } from '../events.ts';
import { isDtmi, termOf } from './dtmi.ts';
import { ModelError, quote } from './model-error.ts';

const PLAIN_KEY = /^[A-Za-z_@][\w]*$/;

/**
 * A value in the JSON of a model, with the place where it stands. DTDL is a dialect of JSON-LD: a member may be named
 * by a DTMI, one value may stand in a list, and a literal in an object with `@value`.
 */
export class Element {
  readonly value: Json;
  readonly file: string;
  /** The JSON path, `$` for the whole file. */
  readonly path: string;

  constructor(value: Json, file: string, path = '$') {
    this.value = value;
    this.file = file;
    this.path = path;
  }

  /** @throws ModelError always: what is wrong here */
  fail(reason: string): never {
    throw new ModelError({ kind: 'invalid', file: this.file, path: this.path, reason });
  }

  /** The values that are reached from here: items of a list, members of an object. */
  children(): Element[] {
    if (Array.isArray(this.value)) return this.value.map((item, index) => this.#child(item, `[${index}]`));
    if (this.isObject()) return Object.entries(this.value).map(([name, item]) => this.#child(item, pathStep(name)));
    return [];
  }

  /** A member, also where it is named `dtmi:dtdl:property:schema;3` instead of `schema`. */
  member(name: string): Element | undefined {
    if (!this.isObject()) return undefined;
    const found = [name, `dtmi:dtdl:property:${name};2`, `dtmi:dtdl:property:${name};3`].find((spelling) =>
      Object.hasOwn(this.object(), spelling),
    );
    const value = found === undefined ? undefined : this.value[found];
    return found === undefined || value === undefined ? undefined : this.#child(value, pathStep(found));
  }

  /** @throws ModelError when there is no such member */
  required(name: string): Element {
    return this.member(name) ?? this.fail(`${name} is missing`);
  }

  /** The items of a list; a value that stands in no list is one item. */
  list(): Element[] {
    return Array.isArray(this.value) ? this.children() : [this];
  }

  /** The one item, where a list of one item says the same as the item. @throws ModelError for other lists */
  single(): Element {
    if (!Array.isArray(this.value)) return this;
    const [item, ...others] = this.children();
    return item && others.length === 0 ? item : this.fail('must be one value, not a list');
  }

  isObject(): this is { value: JsonObject } {
    return typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value);
  }

  /** @throws ModelError for what is no object */
  object(): JsonObject {
    return this.isObject() ? this.value : this.fail('must be a JSON object');
  }

  /** A string, number or boolean, taken out of a list of one or of `@value`. */
  literal(): Json {
    const item = this.single();
    return (item.isObject() ? item.member('@value')?.value : item.value) ?? null;
  }

  /** @throws ModelError for what is no string */
  string(): string {
    const literal = this.literal();
    return typeof literal === 'string' ? literal : this.fail('must be a string');
  }

  /** The DTMI that names this element, when it has one. @throws ModelError for another kind of name */
  id(): string | undefined {
    const id = this.member('@id');
    if (id === undefined) return undefined;
    return typeof id.value === 'string' && isDtmi(id.value) ? id.value : id.fail(`${shown(id.value)} is not a DTMI`);
  }

  /** The terms in `@type`, whether written as terms or as DTMIs. @throws ModelError for what is no string */
  types(): string[] {
    return (this.member('@type')?.list() ?? []).map((type) => termOf(type.string()));
  }

  #child(value: Json, step: string): Element {
    return new Element(value, this.file, this.path + step);
  }
}

/** A JSON value in a sentence. */
export function shown(value: Json): string {
  return typeof value === 'string' ? quote(value) : quote(JSON.stringify(value));
}

/** One step of a JSON path into an object. */
export function pathStep(name: string): string {
  return PLAIN_KEY.test(name) && name.length <= 80 ? `.${name}` : `[${quote(name)}]`;
}
