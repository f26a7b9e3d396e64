import type { Json } from '../events.ts';
import { isDate, isDateTime, isDuration, isTime } from './dates.ts';
import { pathStep } from './element.ts';
import type { EnumValue, Field, Primitive, Schema } from './model.ts';
import { quote } from './model-error.ts';

/** Why a value is not one of a schema. */
export interface Violation {
  /** A JSON path into the value, `$` for all of it. */
  path: string;
  /** The rest of a sentence: `must be an integer …`. */
  problem: string;
}

const INT32 = 2 ** 31;
const INT64 = 2 ** 63;
/** The largest number of single precision. */
const FLOAT = (2 - 2 ** -23) * 2 ** 127;
/** More values than these do not help in a sentence. */
const MOST_CHOICES = 8;

const CHECKS: Record<Primitive, { accepts: (value: Json) => boolean; must: string }> = {
  boolean: { accepts: (value) => typeof value === 'boolean', must: 'be true or false' },
  integer: {
    accepts: (value) => isInteger(value) && value >= -INT32 && value < INT32,
    must: `be an integer from ${-INT32} to ${INT32 - 1}`,
  },
  long: {
    accepts: (value) => isInteger(value) && value >= -INT64 && value < INT64,
    must: 'be an integer of 64 bits',
  },
  double: { accepts: (value) => isNumber(value), must: 'be a number' },
  float: {
    accepts: (value) => isNumber(value) && Math.abs(value) <= FLOAT,
    must: 'be a number of single precision',
  },
  string: { accepts: (value) => typeof value === 'string', must: 'be a string' },
  date: text(isDate, 'be a date such as 2024-02-29'),
  time: text(isTime, 'be a time with its offset such as 12:30:00Z'),
  dateTime: text(isDateTime, 'be a time stamp with its offset such as 2024-02-29T12:30:00Z'),
  duration: text(isDuration, 'be an ISO 8601 duration such as PT5S'),
};

/**
 * The first place where `value` is not as the schema says, null when it is valid. As in DTDL's own parsers, an object
 * may lack members and may not have others; JSON's `5.0` is the integer 5.
 */
export function findViolation(schema: Schema, value: Json, path = '$'): Violation | null {
  switch (schema.kind) {
    case 'enum':
      return schema.values.some((choice) => choice.value === value) ? null : must(path, choices(schema.values));
    case 'array':
      if (!Array.isArray(value)) return must(path, 'be an array');
      return first(value.entries(), ([index, item]) => findViolation(schema.element, item, `${path}[${index}]`));
    case 'map':
      return members(path, value, () => schema.value);
    case 'object': {
      const fields = new Map(schema.fields.map((field) => [field.name, field]));
      return members(path, value, (name) => fields.get(name));
    }
    default: {
      const check = CHECKS[schema.kind];
      return check.accepts(value) ? null : must(path, check.must);
    }
  }
}

/** A violation as a sentence about `subject`: `delay.unit must be a string`. */
export function violationSentence(subject: string, { path, problem }: Violation): string {
  return `${subject}${path.slice(1)} ${problem}`;
}

function members(path: string, value: Json, fieldOf: (name: string) => Field | undefined): Violation | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return must(path, 'be a JSON object');
  return first(Object.entries(value), ([name, member]) => {
    const field = fieldOf(name);
    if (!field) return { path, problem: `has no member ${quote(name)} in the model` };
    return findViolation(field.schema, member, path + pathStep(name));
  });
}

function first<T>(items: Iterable<T>, check: (item: T) => Violation | null): Violation | null {
  for (const item of items) {
    const violation = check(item);
    if (violation) return violation;
  }
  return null;
}

function must(path: string, what: string): Violation {
  return { path, problem: `must ${what}` };
}

function text(accepts: (text: string) => boolean, what: string) {
  return { accepts: (value: Json) => typeof value === 'string' && accepts(value), must: what };
}

function isNumber(value: Json): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isInteger(value: Json): value is number {
  return Number.isInteger(value);
}

function choices(values: readonly EnumValue[]): string {
  const named = values
    .slice(0, MOST_CHOICES)
    .map(({ name, value }) => (name === value ? shortened(name) : `${shortened(String(value))} (${shortened(name)})`));
  const others = values.length - named.length;
  if (others > 0) named.push(`one of ${others} more`);
  return `be ${named.length > 1 ? `${named.slice(0, -1).join(', ')} or ${named.at(-1)}` : named.join()}`;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
