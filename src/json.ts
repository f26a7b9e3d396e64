import type { Json, JsonObject } from './events.ts';

export type { Json, JsonObject };

/** Deeper values than this are refused, so that nothing that walks a value can exhaust the stack. */
const MAX_DEPTH = 100;

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True when `value` nests objects or arrays more than `limit` levels deep. */
export function isDeeperThan(value: Json, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  for (const member of Object.values(value)) if (isDeeperThan(member, limit - 1)) return true;
  return false;
}

/** The text of some bytes, or undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The JSON value in `source`, or undefined when it is not UTF-8, not JSON, or nests absurdly deep. */
export function parseJson(source: string | Uint8Array): Json | undefined {
  const text = typeof source === 'string' ? source : decodeUtf8(source);
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Json;
    return isDeeperThan(value, MAX_DEPTH) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** A member of an object's own; what is inherited (`__proto__`, `constructor`) does not count. */
export function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The length of a value as JSON text, in bytes. */
export function jsonSize(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}
