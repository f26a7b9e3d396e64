import type { Json } from '../events.ts';
import type { EnumValue, ModelProperty } from './model.ts';

/** A number's lowest and highest value. */
export interface Range {
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
}

/** Why `value` cannot be the property's, as a sentence; null when it can. JSON's 5.0 is the integer 5. */
export function refusal(
  { name, schema }: Pick<ModelProperty, 'name' | 'schema'>,
  value: Json,
  range: Range = {},
): string | null {
  if (typeof schema === 'object') {
    return schema.enum.some((choice) => choice.value === value) ? null : `${name} must be ${choices(schema.enum)}`;
  }
  switch (schema) {
    case 'integer':
      return Number.isSafeInteger(value) && isWithin(value, range)
        ? null
        : `${name} must be an integer${inWords(range)}`;
    case 'double':
      return Number.isFinite(value) && isWithin(value, range) ? null : `${name} must be a number${inWords(range)}`;
    case 'string':
    case 'boolean':
      return typeof value === schema ? null : `${name} must be a ${schema}`;
  }
}

function isWithin(value: Json, { minimum = -Infinity, maximum = Infinity }: Range): boolean {
  return typeof value === 'number' && value >= minimum && value <= maximum;
}

function inWords({ minimum, maximum }: Range): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `, ${minimum} or more`;
  return maximum !== undefined ? `, ${maximum} or less` : '';
}

function choices(values: EnumValue[]): string {
  const named = values.map(({ value, name }) => `${value} (${name})`);
  return named.length > 1 ? `${named.slice(0, -1).join(', ')} or ${named.at(-1)}` : named.join();
}
