import { isJsonObject, type Json, type JsonObject, own } from '../../json.ts';

/** Why some JSON is not what it should be, in a sentence that names the member. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/**
 * Gives a value that came from outside the type that it was checked to have.
 * @param name what the value is called where it came from
 * @throws ShapeError
 */
export type Reader<T> = (value: Json, name: string) => T;

interface Optional<T> {
  optional: Reader<T>;
}

interface Defaulted<T> {
  defaulted: Reader<T>;
  value: T;
}

type Members = Record<string, Reader<unknown> | Optional<unknown> | Defaulted<unknown>>;
type OptionalNames<M extends Members> = { [N in keyof M]: M[N] extends Optional<unknown> ? N : never }[keyof M];
type RequiredNames<M extends Members> = Exclude<keyof M, OptionalNames<M>>;
type Shaped<M extends Members> = {
  [N in RequiredNames<M>]: M[N] extends Reader<infer T> ? T : M[N] extends Defaulted<infer T> ? T : never;
} & { [N in OptionalNames<M>]?: M[N] extends Optional<infer T> ? T : never };

const MAX_SHOWN = 80;

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

const subject = (name: string) => (name === '' ? 'The body' : `'${name}'`);

/** A reader for what `is` accepts; `what` completes "'x' must be …". */
export function that<T extends Json>(what: string, is: (value: Json) => value is T): Reader<T> {
  return (value, name) => {
    if (is(value)) return value;
    throw new ShapeError(`${subject(name)} must be ${what}, not ${shown(value)}.`);
  };
}

export const text = that('a text', (value): value is string => typeof value === 'string');
export const flag = that('true or false', (value): value is boolean => typeof value === 'boolean');
export const number = that('a number', (value): value is number => typeof value === 'number' && Number.isFinite(value));
export const object = that('a JSON object', (value): value is JsonObject => isJsonObject(value));
export const anything: Reader<Json> = (value) => value;

/** A whole number in a range, both ends included. */
export const integer = (least: number, most: number): Reader<number> =>
  that(
    `a whole number from ${least} to ${most}`,
    (value): value is number => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most,
  );

export const oneOf = <W extends string | number>(...words: W[]): Reader<W> =>
  that(
    `one of ${words.join(', ')}`,
    (value): value is W => (typeof value === 'string' || typeof value === 'number') && words.some((w) => w === value),
  );

export const nullOr =
  <T>(read: Reader<T>): Reader<T | null> =>
  (value, name) =>
    value === null ? null : read(value, name);

export const listOf =
  <T>(read: Reader<T>): Reader<T[]> =>
  (value, name) => {
    if (!Array.isArray(value)) throw new ShapeError(`${subject(name)} must be a list, not ${shown(value)}.`);
    return value.map((item, index) => read(item, `${name}[${index}]`));
  };

/** An object whose members are all of one kind. */
export const recordOf =
  <T>(read: Reader<T>): Reader<Record<string, T>> =>
  (value, name) =>
    Object.fromEntries(
      Object.entries(object(value, name)).map(([key, member]) => [key, read(member, `${name}.${key}`)]),
    );

/** A member that may be left out. */
export const optional = <T>(read: Reader<T>): Optional<T> => ({ optional: read });

/** A member that is there in any case: with this value where it was left out. */
export const defaulted = <T>(read: Reader<T>, value: T): Defaulted<T> => ({ defaulted: read, value });

/** The name of a member of what is called `name`; the outermost object may have no name. */
const pathOf = (name: string, member: string) => (name === '' ? member : `${name}.${member}`);

/** An object with these members; others are refused, or passed over where the other side adds some. */
export function objectOf<M extends Members>(members: M, others: 'refused' | 'ignored' = 'refused'): Reader<Shaped<M>> {
  return (value, name) => {
    const source = object(value, name);
    const unknown =
      others === 'ignored' ? undefined : Object.keys(source).find((member) => !Object.hasOwn(members, member));
    if (unknown !== undefined) throw new ShapeError(`'${pathOf(name, unknown)}' is not known here.`);
    const read: Record<string, unknown> = {};
    for (const [member, reader] of Object.entries(members)) {
      const found = own(source, member);
      const path = pathOf(name, member);
      if (typeof reader !== 'function') {
        if (found !== undefined)
          read[member] = ('optional' in reader ? reader.optional : reader.defaulted)(found, path);
        else if ('value' in reader) read[member] = reader.value;
      } else if (found !== undefined) read[member] = reader(found, path);
      else throw new ShapeError(`'${path}' is missing.`);
    }
    // Every member has been read by the reader that gives it its type.
    return read as Shaped<M>;
  };
}
