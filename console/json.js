/** True for `{…}`. */
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member of its own, never one of the prototype. */
export const own = (object, name) => (isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined);

/** JSON merge patch: objects merge, null removes (RFC 7396). Members stay own ones, whatever they are called. */
export function merged(target, patch) {
  if (!isObject(patch)) return patch;
  const members = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else members.set(name, merged(members.get(name), value));
  }
  return Object.fromEntries(members);
}

export const sameJson = (one, other) => JSON.stringify(one) === JSON.stringify(other);
