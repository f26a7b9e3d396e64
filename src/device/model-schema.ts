import type { Model, Property } from '../dtdl/model.ts';
import { findViolation, violationSentence } from '../dtdl/validate.ts';
import type { Json } from '../events.ts';
import { type Place, placeKey } from './place.ts';
import { outOfRange, type Range } from './range.ts';
import type { DeviceSchema } from './schema.ts';

const INTEGERS = ['integer', 'long'];
const NUMBERS = [...INTEGERS, 'double', 'float'];

/** What a model has to say to a device: which properties it has, with which values. */
export function schemaOfModel({ id, properties, components }: Model): DeviceSchema {
  const known = new Map<string, Property>([
    ...properties.map((property): [string, Property] => [property.name, property]),
    ...components.flatMap(({ name: component, properties }) => {
      return properties.map((property): [string, Property] => [placeKey({ component, name: property.name }), property]);
    }),
  ]);
  return {
    id,
    property(place: Place, range) {
      const property = known.get(placeKey(place));
      if (!property) return null;
      const { initial } = property;
      return { ...(initial !== undefined && { initial }), refusal: (value) => whyNot(property, value, range) };
    },
  };
}

function whyNot({ name, schema }: Property, value: Json, range: Range): string | null {
  const ranged = range.minimum !== undefined || range.maximum !== undefined;
  if (ranged && NUMBERS.includes(schema.kind)) {
    const why = outOfRange(name, value, { ...range, integer: INTEGERS.includes(schema.kind) });
    if (why !== null) return why;
  }
  const violation = findViolation(schema, value);
  return violation && violationSentence(name, violation);
}
