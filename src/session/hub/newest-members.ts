import { isJsonObject } from '../../azure/json.ts';
import type { Json, JsonObject } from '../../events.ts';

/** The members that a report carries, less those that a later report has given another value since. */
export interface ClaimedMembers {
  /** What is still to be reported; null when nothing is. */
  remaining(): JsonObject | null;
}

/** How a component marks its object among the properties (Azure 3.3). */
const COMPONENT = '__t';

/**
 * Knows which report was the last to give a member its value, so that repeating an earlier one does not put an old
 * value back. The members of a component count one by one.
 */
export class NewestMembers {
  readonly #claims = new Map<string, symbol>();

  /** A report is about to be sent. */
  claim(patch: JsonObject): ClaimedMembers {
    const claim = Symbol('report');
    for (const [path] of leaves(patch)) this.#claims.set(path, claim);
    const isNewest = (path: string) => this.#claims.get(path) === claim;
    return { remaining: () => pick(patch, isNewest) };
  }
}

function isComponent(value: Json): value is JsonObject {
  return isJsonObject(value) && value[COMPONENT] === 'c';
}

/** A path holds a character that no name can have, so that `a` with `b` inside is not `a.b`. */
function path(component: string, name: string): string {
  return `${component}\u0000${name}`;
}

function* leaves(patch: JsonObject): Generator<[path: string, value: Json]> {
  for (const [name, value] of Object.entries(patch)) {
    if (isComponent(value)) for (const [member, inner] of membersOf(value)) yield [path(name, member), inner];
    else yield [name, value];
  }
}

function membersOf(component: JsonObject): [string, Json][] {
  return Object.entries(component).filter(([member]) => member !== COMPONENT);
}

function pick(patch: JsonObject, isWanted: (path: string) => boolean): JsonObject | null {
  const picked = Object.entries(patch).flatMap(([name, value]): [string, Json][] => {
    if (!isComponent(value)) return isWanted(name) ? [[name, value]] : [];
    const members = membersOf(value).filter(([member]) => isWanted(path(name, member)));
    return members.length > 0 ? [[name, { [COMPONENT]: 'c', ...Object.fromEntries(members) }]] : [];
  });
  return picked.length === 0 ? null : Object.fromEntries(picked);
}
