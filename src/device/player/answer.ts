import { parseDuration } from '../../azure/duration.ts';
import { isJsonObject } from '../../azure/json.ts';
import type { Command, Field, Schema } from '../../dtdl/model.ts';
import { findViolation } from '../../dtdl/validate.ts';
import type { Json } from '../../events.ts';
import { type Generator, generatorFor, type Sources } from './generate.ts';

/** Answers a command as its model says: with a response of its schema, undefined where it has none. */
export type Answerer = (request: Json) => Json | undefined;

/**
 * Makes the answers of a command. What the response shares with the request, by name, is the request's, in the form that
 * the response wants: a `delay` of `PT5S` comes back as 5 where it is an integer. Everything else is made up.
 */
export function answererFor({ request, response }: Command, sources: Sources): Answerer {
  if (!response) return () => undefined;
  const next = answer(response, sources);
  return (body) => next(named(request, body));
}

/** What a request holds, by name: itself, and its members. */
export function named(request: Field | undefined, body: Json): ReadonlyMap<string, Json> {
  const values = new Map(isJsonObject(body) ? Object.entries(body) : []);
  if (request && !values.has(request.name)) values.set(request.name, body);
  return values;
}

function answer(field: Field, sources: Sources): (given: ReadonlyMap<string, Json>) => Json {
  const generated = generate(field, sources);
  return (given) => {
    const value = given.get(field.name);
    return (value === undefined ? undefined : fitted(field.schema, value)) ?? generated(given);
  };
}

function generate(field: Field, sources: Sources): (given: ReadonlyMap<string, Json>) => Json {
  const { schema } = field;
  if (schema.kind !== 'object' || schema.standard) {
    const next: Generator = generatorFor(field, sources);
    return () => next();
  }
  const members = schema.fields.map((inner): [string, ReturnType<typeof answer>] => [
    inner.name,
    answer(inner, sources),
  ]);
  return (given) => Object.fromEntries(members.map(([name, next]) => [name, next(given)]));
}

/** `value` in a form that the schema permits; undefined where there is none. */
function fitted(schema: Schema, value: Json): Json | undefined {
  return formsOf(value).find((form) => findViolation(schema, form) === null);
}

function formsOf(value: Json): Json[] {
  if (typeof value === 'number') return [value, String(value), `PT${value}S`];
  const seconds = typeof value === 'string' ? secondsOf(value) : undefined;
  return seconds === undefined ? [value] : [value, seconds, Math.ceil(seconds)];
}

/** The seconds of a duration of up to 7 days; undefined for another text. */
export function secondsOf(text: string): number | undefined {
  const duration = parseDuration(text);
  return 'seconds' in duration ? duration.seconds : undefined;
}
