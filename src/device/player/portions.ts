import { asciiJson, isJsonObject } from '../../azure/json.ts';
import type { Json, JsonObject } from '../../events.ts';
import type { Generator } from './generate.ts';

/**
 * What a made-up value may take, in bytes as a module's command has it, with its quotes escaped: it leaves room for the
 * topic and the rest of a command of the narrowest module (AT protocol 2.4).
 */
const ROOM = 280;

/**
 * A value in portions that each fit a message: an object by members, and members that are objects by theirs, since DTDL
 * lets an object lack members. What cannot be divided is a portion of its own, whatever its size.
 */
export function portionsOf(value: Json, room = ROOM): Json[] {
  if (!isJsonObject(value) || sizeOf(value) <= room) return [value];
  const portions: JsonObject[] = [];
  for (const [name, member] of Object.entries(value)) {
    for (const part of portionsOf(member, room - sizeOf({ [name]: {} }))) {
      const last = portions.at(-1);
      const joined = { ...last, [name]: part };
      if (last && !Object.hasOwn(last, name) && sizeOf(joined) <= room) portions[portions.length - 1] = joined;
      else portions.push({ [name]: part });
    }
  }
  return portions;
}

/** As much of a value as fits a message. */
export function fittingPart(value: Json): Json {
  return portionsOf(value)[0] ?? value;
}

/** The values of a series, one portion at a call. */
export function inPortions(next: Generator): Generator {
  let waiting: Json[] = [];
  return () => {
    if (waiting.length === 0) waiting = portionsOf(next());
    return waiting.shift() ?? null;
  };
}

function sizeOf(value: Json): number {
  return JSON.stringify(asciiJson(value)).length;
}
