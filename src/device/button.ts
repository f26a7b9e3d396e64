import type { Field, Model } from '../dtdl/model.ts';
import type { Json } from '../events.ts';
import type { Place } from './place.ts';
import { generatorFor, type Sources } from './player/generate.ts';
import { count } from './player/numbers.ts';
import { inPortions } from './player/portions.ts';

const BUTTON = /^button_?(?:event|press(?:ed)?)$/i;
const MOST_PRESSES = 2 ** 31 - 1;

/** A board's button, and what is sent when it is pressed. */
export interface Button {
  readonly place: Place;
  /** Presses it once. */
  press(): Json;
}

/** Whether telemetry of this name tells that a button was pressed: models have several names for it. */
export function isButton(name: string): boolean {
  return BUTTON.test(name);
}

/** The button of a model, the device's own before a component's; null for a model without one. */
export function buttonOf({ telemetry, components }: Model, sources: Sources): Button | null {
  for (const part of [{ telemetry }, ...components]) {
    const button = part.telemetry.find(({ name }) => isButton(name));
    if (!button) continue;
    const component = 'name' in part ? { component: part.name } : {};
    return { place: { name: button.name, ...component }, press: pressOf(button, sources) };
  }
  return null;
}

/** The player counts what is called a count; here a bare number is one, and a bare boolean tells of the press. */
function pressOf(button: Field, sources: Sources): () => Json {
  switch (button.schema.kind) {
    case 'boolean':
      return () => true;
    case 'integer':
    case 'long':
      return count(MOST_PRESSES);
    default:
      return inPortions(generatorFor(button, sources));
  }
}
