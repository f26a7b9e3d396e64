import { AzureError } from './azure-error.ts';
import { isDeeperThan, isJsonObject, type Json, type JsonObject, jsonSize, own } from './json.ts';
import { azureTime } from './tokens.ts';

/** When, and with which version, a property was last changed. */
export type Change = {
  at: string;
  version: number;
};

/** One half of a twin. `version` only grows; `changes` is by top-level property. */
export type TwinSection = {
  properties: JsonObject;
  version: number;
  changes: Record<string, Change>;
};

export type Twin = {
  desired: TwinSection;
  reported: TwinSection;
};

// Azure 2.4
const MAX_SECTION = 32 * 1024;
const MAX_STRING = 4 * 1024;
const MAX_KEY = 1024;
const MAX_DEPTH = 10;
const MAX_INTEGER = 2 ** 52;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what a key must not have
const FORBIDDEN_IN_KEY = /[\u0000-\u001f\u007f-\u009f.$ ]/;

const invalid = (message: string) => new AzureError(400004, `ErrorCode:ArgumentInvalid;${message}`);

function checkValue(value: Json): void {
  if (typeof value === 'string' && Buffer.byteLength(value) > MAX_STRING) {
    throw invalid('A string value is longer than 4 KB.');
  }
  // JSON's 1e999 is read as infinity.
  if (
    typeof value === 'number' &&
    (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) > MAX_INTEGER))
  ) {
    throw invalid('A number is beyond 52 bits.');
  }
  if (Array.isArray(value)) for (const item of value) checkValue(item);
  else if (isJsonObject(value)) checkMembers(value);
}

function checkMembers(object: JsonObject): void {
  for (const [key, value] of Object.entries(object)) {
    if (Buffer.byteLength(key) > MAX_KEY || key === '' || FORBIDDEN_IN_KEY.test(key)) {
      throw invalid(`The property name '${key.slice(0, 80)}' is not allowed.`);
    }
    checkValue(value);
  }
}

/**
 * A patch as it came in, checked against the limits of a twin.
 * @throws AzureError 400004
 */
function checkPatch(patch: Json | undefined): JsonObject {
  if (!isJsonObject(patch)) throw invalid('The body is not a JSON object.');
  if (isDeeperThan(patch, MAX_DEPTH)) throw invalid('The properties nest deeper than 10 levels.');
  checkMembers(patch);
  return patch;
}

/** `patch` laid over `target`: objects merge, null removes, everything else replaces. Neither argument is changed. */
export function merge(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else if (isJsonObject(value)) merged.set(name, mergeInto(merged.get(name), value));
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

function mergeInto(target: Json | undefined, patch: JsonObject): JsonObject {
  return merge(isJsonObject(target) ? target : {}, patch);
}

/**
 * The twin that a device begins with: version 1 in both halves.
 * @throws AzureError 400004 when the desired properties are not what a twin may hold.
 */
export function newTwin(desired: JsonObject, now: number): Twin {
  const nothing = { properties: {}, version: 0, changes: {} };
  return { desired: applyPatch(nothing, desired, now), reported: applyPatch(nothing, {}, now) };
}

/**
 * The section after `patch`. Its version grows even when nothing in it differs, as the hub's does.
 * @throws AzureError 400004 when the limits are exceeded; the section is then as it was.
 */
export function applyPatch(section: TwinSection, patch: Json | undefined, now: number): TwinSection {
  const checked = checkPatch(patch);
  const properties = merge(section.properties, checked);
  if (jsonSize(properties) > MAX_SECTION) throw invalid('The properties are larger than 32 KB.');
  const version = section.version + 1;
  const change = { at: azureTime(now), version };
  const changes = Object.entries({ ...section.changes, ...mapValues(checked, () => change) });
  return {
    properties,
    version,
    changes: Object.fromEntries(changes.filter(([name]) => Object.hasOwn(properties, name))),
  };
}

function mapValues<T>(object: JsonObject, map: () => T): Record<string, T> {
  return Object.fromEntries(Object.keys(object).map((name) => [name, map()]));
}

/** The patch that turns `section` into exactly `properties`: what is no longer there becomes null (Azure 2.4). */
export function replacement(section: TwinSection, properties: JsonObject): JsonObject {
  const removed = Object.keys(section.properties).filter((name) => own(properties, name) === undefined);
  return { ...properties, ...Object.fromEntries(removed.map((name) => [name, null])) };
}

/** The section as a device sees it. */
export function sectionForDevice(section: TwinSection): JsonObject {
  return { ...section.properties, $version: section.version };
}

/** The section as a back end sees it, with the times of its changes. */
export function sectionForService(section: TwinSection): JsonObject {
  const changes = Object.entries(section.changes).map(([name, { at, version }]): [string, Json] => [
    name,
    { $lastUpdated: at, $lastUpdatedVersion: version },
  ]);
  return { ...section.properties, $metadata: Object.fromEntries(changes), $version: section.version };
}
