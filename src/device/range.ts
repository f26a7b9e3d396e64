import type { Json } from '../events.ts';

/** A number's lowest and highest value, which a model cannot tell. */
export interface Range {
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
}

/** Why `value` is no number in the range, as a sentence; null when it is one. JSON's 5.0 is the integer 5. */
export function outOfRange(
  name: string,
  value: Json,
  { minimum, maximum, integer = false }: Range & { integer?: boolean },
): string | null {
  const isNumber = integer ? Number.isSafeInteger(value) : Number.isFinite(value);
  const isWithin = Number(value) >= (minimum ?? -Infinity) && Number(value) <= (maximum ?? Infinity);
  if (isNumber && isWithin) return null;
  return `${name} must be ${integer ? 'an integer' : 'a number'}${inWords({ minimum, maximum })}`;
}

function inWords({ minimum, maximum }: Range): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `, ${minimum} or more`;
  return maximum !== undefined ? `, ${maximum} or less` : '';
}
