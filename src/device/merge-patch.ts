import { isJsonObject } from '../azure/json.ts';
import type { Json } from '../events.ts';

/** A value after a change: of an object it names what has changed, and null takes a member away (Azure 2.4). */
export function mergePatch(before: Json | undefined, change: Json): Json {
  if (!isJsonObject(change)) return change;
  const members = new Map(isJsonObject(before) ? Object.entries(before) : []);
  for (const [name, value] of Object.entries(change)) {
    if (value === null) members.delete(name);
    else members.set(name, mergePatch(members.get(name), value));
  }
  return Object.fromEntries(members);
}

/** The change that makes `before` into `after`, whole: members that `after` has no more are taken away. */
export function replacement(before: Json | undefined, after: Json): Json {
  if (!isJsonObject(before) || !isJsonObject(after)) return after;
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  return Object.fromEntries([
    ...Object.entries(after).map(([name, value]) => [name, replacement(own(before, name), value)] as const),
    ...gone.map((name) => [name, null] as const),
  ]);
}

/** Whether two values are the same JSON; the order of members says nothing, and JSON has one zero. */
export function sameJson(first: Json | undefined, second: Json | undefined): boolean {
  if (typeof first !== 'object' || typeof second !== 'object' || first === null || second === null) {
    return first === second;
  }
  if (Array.isArray(first) !== Array.isArray(second)) return false;
  const members = new Map(Object.entries(first));
  const others = Object.entries(second);
  return (
    members.size === others.length &&
    others.every(([name, value]) => members.has(name) && sameJson(members.get(name), value))
  );
}

function own(object: { [name: string]: Json }, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
