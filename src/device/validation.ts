import type { Json } from '../events.ts';
import type { EnumValue, ModelProperty } from './model.ts';

/** What the device can do beyond what the model says: seconds between telemetry messages. */
const RANGES = new Map([['telemetryInterval', { lowest: 1, highest: 86_400 }]]);

/** Why `value` cannot be the property's, as a sentence; null when it can. JSON's 5.0 is the integer 5. */
export function refusal({ name, schema }: ModelProperty, value: Json): string | null {
  if (typeof schema === 'object') {
    return schema.enum.some((choice) => choice.value === value) ? null : `${name} must be ${choices(schema.enum)}`;
  }
  switch (schema) {
    case 'integer': {
      const range = RANGES.get(name);
      const { lowest, highest } = range ?? { lowest: Number.MIN_SAFE_INTEGER, highest: Number.MAX_SAFE_INTEGER };
      if (typeof value === 'number' && Number.isInteger(value) && value >= lowest && value <= highest) return null;
      return `${name} must be an integer${range ? ` from ${lowest} to ${highest}` : ''}`;
    }
    case 'double':
      return typeof value === 'number' && Number.isFinite(value) ? null : `${name} must be a number`;
    case 'string':
    case 'boolean':
      return typeof value === schema ? null : `${name} must be a ${schema}`;
  }
}

function choices(values: EnumValue[]): string {
  const named = values.map(({ value, name }) => `${value} (${name})`);
  return named.length > 1 ? `${named.slice(0, -1).join(', ')} or ${named.at(-1)}` : named.join();
}
