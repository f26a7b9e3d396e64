import { isDeepStrictEqual } from 'node:util';
import { localized, type Model, type Property } from '../dtdl/model.ts';
import type { Json, JsonObject } from '../events.ts';
import type { DeviceDefinition, PropertyDefinition } from './define.ts';
import { schemaOfModel } from './model-schema.ts';
import { type Place, parsePlace } from './place.ts';
import { generatorFor } from './player/generate.ts';
import { paceOf } from './player/pace.ts';
import { isReboot } from './player/player.ts';
import { fittingPart } from './player/portions.ts';
import { propertySchema } from './schema.ts';

// What a person can try with a device from the cloud's side: names that it has, and values that it takes.

/** A device that is to be played. */
export interface Played {
  readonly definition: DeviceDefinition;
  readonly model: Model | null;
  /** Seconds between telemetry messages at first. */
  readonly interval: number;
}

/** A change of a desired property to another value than the one in force. */
export interface PropertyExample {
  readonly title: string;
  readonly desired: JsonObject;
}

/** A call of a command; without a request where it takes none. */
export interface CommandExample {
  readonly title: string;
  readonly name: string;
  readonly request?: Json;
}

/** Low, middling and high values of a series, so that one of them is not the one in force. */
const DRAWS = [0, 0.5, 0.99];
const PACES = [10, 5];

/** The property that sets the pace of telemetry, or else the first that can be set; null where nothing can. */
export function propertyExample(played: Played): PropertyExample | null {
  const { definition, model } = played;
  const writable = Object.entries(definition.properties ?? {})
    .filter(([, { writable, set }]) => writable ?? set !== undefined)
    .map(([key, property]) => ({ place: parsePlace(key), property }));
  const isPace = ({ place }: { place: Place }) => paceAt(model, place) !== undefined;
  for (const { place, property } of [...writable.filter(isPace), ...writable]) {
    const value = anotherValue(played, place, property);
    if (value === undefined) continue;
    const { name, component } = place;
    const label = localized(propertyAt(model, place)?.displayName ?? {}) || name;
    return {
      title: isPace({ place }) ? 'Change the telemetry interval' : `Change ${label}`,
      desired: component === undefined ? { [name]: value } : { [component]: { [name]: value } },
    };
  }
  return null;
}

/** A reboot, or else the first command; null where there is none. */
export function commandExample({ definition, model }: Played): CommandExample | null {
  const names = Object.keys(definition.commands ?? {});
  const name = names.find(isReboot) ?? names[0];
  if (name === undefined) return null;
  const [component, own] = name.includes('*') ? name.split('*') : [undefined, name];
  const part = component === undefined ? model : model?.components.find((one) => one.name === component);
  const command = part?.commands.find((one) => one.name === own);
  const title = isReboot(name) ? 'Reboot the device' : `Call ${localized(command?.displayName ?? {}) || name}`;
  const { request } = command ?? {};
  return { title, name, ...(request && { request: generatorFor(request, sourcesOf(0))() }) };
}

function anotherValue({ model, interval }: Played, place: Place, definition: PropertyDefinition): Json | undefined {
  const { minimum, maximum, initial } = definition;
  const property = propertyAt(model, place);
  const pace = paceAt(model, place);
  const inForce = typeof initial === 'function' ? pace?.fromSeconds(interval) : (initial ?? property?.initial);
  const schema = propertySchema(model && schemaOfModel(model), place, { minimum, maximum });
  const candidates: (Json | undefined)[] = [
    ...(pace ? PACES.map((seconds) => pace.fromSeconds(seconds)) : []),
    ...(property ? DRAWS.flatMap((draw) => series(property, draw)) : []),
    ...neighbours(inForce),
    minimum,
    maximum,
  ];
  return candidates.find(
    (value) => value !== undefined && !isDeepStrictEqual(value, inForce) && schema.refusal(value) === null,
  );
}

/** The first values that would be made up of a property; a text changes with the second one. */
function series(property: Property, draw: number): Json[] {
  const next = generatorFor(property, sourcesOf(draw));
  return [next(), next()].map(fittingPart);
}

/** Values like one, for what no model tells, or what is always made up the same. */
function neighbours(value: Json | undefined): Json[] {
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number') return [value + 1, value - 1];
  return typeof value === 'string' ? [`${value} 2`] : [];
}

function propertyAt(model: Model | null, { name, component }: Place) {
  const part = component === undefined ? model : model?.components.find((one) => one.name === component);
  return part?.properties.find((property) => property.name === name);
}

function paceAt(model: Model | null, place: Place) {
  const property = propertyAt(model, place);
  return property && paceOf(property);
}

function sourcesOf(draw: number) {
  return { random: () => draw, wall: () => 0 };
}
