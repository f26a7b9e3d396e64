import type { Json, JsonObject } from '../events.ts';

/** Azure allows twins a depth of ten (Azure 2.4); whatever is much deeper was made to break something. */
const DEEPEST = 32;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

export type ParsedJson = { ok: true; value: Json | undefined } | { ok: false; reason: string };

/**
 * Reads a payload from the cloud. An empty one is no error (Azure 2.4: success has no body) and has the value
 * undefined; so has white space, which Microsoft's own SDK sends for nothing. Members named `__proto__` are left out,
 * so that no later copy can take them for a prototype.
 */
export function parseJson(bytes: Uint8Array): ParsedJson {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return { ok: false, reason: 'it is not UTF-8' };
  }
  if (/^[ \t\r\n]*$/.test(text)) return { ok: true, value: undefined };
  let value: Json;
  try {
    value = JSON.parse(text, (name, member) => (name === '__proto__' ? undefined : member));
  } catch {
    return { ok: false, reason: 'it is not JSON' };
  }
  return isDeeper(value, DEEPEST) ? { ok: false, reason: 'it is nested too deeply' } : { ok: true, value };
}

/** Whether a value is a JSON object: no array, not null. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Compact JSON in pure ASCII: as many bytes as characters, and nothing in it that a way to the cloud could change. */
export function asciiJson(value: Json): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function isDeeper(value: Json, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((member) => isDeeper(member, depth - 1));
}
