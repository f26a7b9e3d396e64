/** True for `{…}`. */
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member of its own, never one of the prototype. */
export const own = (object, name) => (isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined);

/** Deeper values than this are not taken in, so that nothing that walks one can exhaust the stack. */
const MAX_DEPTH = 110;

function isDeeperThan(value, limit) {
  if (typeof value !== 'object' || value === null) return false;
  return limit === 0 || Object.values(value).some((member) => isDeeperThan(member, limit - 1));
}

/** The event in a text; null when it is not JSON, nests absurdly deep, or is no event. */
export function parseEvent(text) {
  try {
    const event = JSON.parse(text);
    return typeof event?.type === 'string' && typeof event.ts === 'string' && !isDeeperThan(event, MAX_DEPTH)
      ? event
      : null;
  } catch {
    return null;
  }
}

/** A text as it is, anything else as JSON: unlike String(), never a call of what came from outside. */
export const textOf = (value) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** Text in which no half of a surrogate pair stands alone: only such can stand in an address. */
export const wellFormed = (text) => text.replace(/\p{Cs}/gu, '\ufffd');

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
