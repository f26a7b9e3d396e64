import type { Json, JsonObject } from '../events.ts';

/** Azure allows twins a depth of ten (Azure 2.4); whatever is much deeper was made to break something. */
const DEEPEST = 32;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The tokens of valid JSON that digits stand in. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

export type ParsedJson = { ok: true; value: Json | undefined } | { ok: false; reason: string };

/**
 * Reads a payload from the cloud. An empty one is no error (Azure 2.4: success has no body) and has the value
 * undefined; so has white space, which Microsoft's own SDK sends for nothing. Members named `__proto__` are left out,
 * so that no later copy can take them for a prototype. A number that is too large for a double is the text of it: as a
 * number it would be infinite, which JSON can only write as null.
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
    value = read(text);
    const fitting = withDoublesOnly(text);
    if (fitting !== text) value = read(fitting);
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

function read(text: string): Json {
  return JSON.parse(text, (name, member) => (name === '__proto__' ? undefined : member));
}

/** Valid JSON with each number that is too large for a double as a string. */
export function withDoublesOnly(text: string): string {
  return text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') || Number.isFinite(Number(token)) ? token : `"${token}"`,
  );
}

function isDeeper(value: Json, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((member) => isDeeper(member, depth - 1));
}
