import type { Json } from '../events.ts';
import type { Place } from './place.ts';
import { outOfRange, type Range } from './range.ts';

/** What a device's model says of a property. */
export interface PropertySchema {
  /** The value until another is desired. */
  readonly initial?: Json;
  /** Why a value cannot be the property's, as a sentence; null when it can. */
  refusal(value: Json): string | null;
}

/** A device's model, as far as a device is checked by it. */
export interface DeviceSchema {
  /** The model's DTMI. */
  readonly id: string;
  /**
   * @param range what the model cannot tell
   * @returns null for a property that the model does not have: it is not checked
   */
  property(place: Place, range: Range): PropertySchema | null;
}

/** The schema of a property; without a model only its range is checked. */
export function propertySchema(schema: DeviceSchema | null, place: Place, range: Range): PropertySchema {
  const known = schema?.property(place, range);
  if (known) return known;
  if (range.minimum === undefined && range.maximum === undefined) return { refusal: () => null };
  return { refusal: (value) => outOfRange(place.name, value, range) };
}
