import type { Json, JsonObject } from '../events.ts';
import { isJsonObject, parseJson } from './json.ts';

/** The device twin as the hub holds it, without the hub's own members (`$version`). */
export interface Twin {
  desired: JsonObject;
  desiredVersion: number;
  reported: JsonObject;
}

/** What is wrong with a document, in words that complete "it cannot be understood". */
export interface Malformed {
  malformed: string;
}

/** Reads the answer to a twin request (Azure 2.4). */
export function parseTwin(payload: Uint8Array): Twin | Malformed {
  const twin = parseObject(payload);
  if ('malformed' in twin) return twin;
  const { desired, reported = {} } = twin.value;
  if (!isJsonObject(desired) || !isJsonObject(reported)) return { malformed: 'it has no desired or reported object' };
  const desiredVersion = versionIn(desired);
  if (desiredVersion === null) return { malformed: 'its desired properties have no $version' };
  return { desired: properties(desired), desiredVersion, reported: properties(reported) };
}

/**
 * Reads a change of desired properties.
 * @param topicVersion the version in its topic, for a body that has none
 */
export function parseDesiredPatch(
  payload: Uint8Array,
  topicVersion: number | null,
): { patch: JsonObject; version: number } | Malformed {
  const body = parseObject(payload);
  if ('malformed' in body) return body;
  const version = versionIn(body.value) ?? topicVersion;
  return version === null ? { malformed: 'it has no $version' } : { patch: properties(body.value), version };
}

function parseObject(payload: Uint8Array): { value: JsonObject } | Malformed {
  const parsed = parseJson(payload);
  if (!parsed.ok) return { malformed: parsed.reason };
  return isJsonObject(parsed.value) ? { value: parsed.value } : { malformed: 'it is not a JSON object' };
}

function versionIn(document: JsonObject): number | null {
  const version: Json | undefined = document['$version'];
  return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0 ? version : null;
}

/** The members that are properties: names of the hub's own begin with a dollar, which no property's may hold. */
function properties(document: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !name.startsWith('$')));
}
