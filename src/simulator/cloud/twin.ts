import { isDeeperThan, isJsonObject, type Json, type JsonObject, own } from '../../json.ts';
import { AzureError } from './azure-error.ts';
import { azureTime } from './tokens.ts';

/** When, and with which version, a property was last changed; `members` are those of an object. */
export type Change = {
  at: string;
  version: number;
  members?: Record<string, Change>;
};

/** One half of a twin. `version` only grows. */
export type TwinSection = {
  properties: JsonObject;
  version: number;
  /** When anything in it was changed last. */
  at: string;
  changes: Record<string, Change>;
};

export type Twin = {
  desired: TwinSection;
  reported: TwinSection;
  tags: JsonObject;
  /** Grows with every change. */
  version: number;
  /** Grows with every change that a back end makes: the etag. */
  revision: number;
};

// Azure 2.4
const MAX_SECTION = 32 * 1024;
const MAX_TAGS = 8 * 1024;
const MAX_STRING = 4 * 1024;
const MAX_KEY = 1024;
/** Below the section itself. */
const MAX_DEPTH = 10;
const LEAST_INTEGER = -(2 ** 52);
const MOST_INTEGER = 2 ** 52 - 1;
const NUMBER_SIZE = 8;
const BOOLEAN_SIZE = 4;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what a key must not have
const FORBIDDEN_IN_KEY = /[\u0000-\u001f\u007f-\u009f.$ ]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what does not count
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/g;

const invalid = (message: string) => new AzureError(400004, `ErrorCode:ArgumentInvalid;${message}`);

function checkValue(value: Json): void {
  if (typeof value === 'string' && Buffer.byteLength(value) > MAX_STRING) {
    throw invalid('A string value is longer than 4 KB.');
  }
  if (typeof value === 'number') checkNumber(value);
  if (Array.isArray(value)) for (const item of value) checkValue(item);
  else if (isJsonObject(value)) checkMembers(value);
}

/** Doubles may be of any size; what JSON writes as an integer must be one of 53 bits (JSON's 1e999 is read as infinity). */
function checkNumber(value: number): void {
  const isInteger = /^-?\d+$/.test(JSON.stringify(value));
  if (!Number.isFinite(value) || (isInteger && (value < LEAST_INTEGER || value > MOST_INTEGER))) {
    throw invalid('An integer must be from -4503599627370496 to 4503599627370495.');
  }
}

/** The size of a value by Azure's rules: characters of names and texts, 8 for a number, 4 for true and false. */
function sizeOf(value: Json): number {
  if (typeof value === 'string') return [...value.replaceAll(CONTROL_CHARACTERS, '')].length;
  if (typeof value === 'number') return NUMBER_SIZE;
  if (typeof value === 'boolean') return BOOLEAN_SIZE;
  if (Array.isArray(value)) return value.reduce<number>((size, item) => size + sizeOf(item), 0);
  if (!isJsonObject(value)) return 0;
  return Object.entries(value).reduce((size, [key, member]) => size + sizeOf(key) + sizeOf(member), 0);
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
  if (isDeeperThan(patch, MAX_DEPTH + 1)) throw invalid('Objects nest deeper than 10 levels.');
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
export function newTwin(desired: JsonObject, now: number, tags: JsonObject = {}): Twin {
  const nothing = { properties: {}, version: 0, at: azureTime(now), changes: {} };
  return {
    desired: applyPatch(nothing, desired, now),
    reported: applyPatch(nothing, {}, now),
    tags: applyTags({}, tags),
    version: 2,
    revision: 1,
  };
}

/**
 * The section after `patch`. Its version grows even when nothing in it differs, as the hub's does.
 * @throws AzureError 400004 when the limits are exceeded; the section is then as it was.
 */
export function applyPatch(section: TwinSection, patch: Json | undefined, now: number): TwinSection {
  const checked = checkPatch(patch);
  const properties = merge(section.properties, checked);
  if (sizeOf(properties) > MAX_SECTION) throw invalid('The properties are larger than 32 KB.');
  const change = { at: azureTime(now), version: section.version + 1 };
  return { ...change, properties, changes: mergeChanges(section.changes, checked, change) };
}

/** The tags after `patch`. @throws AzureError 400004 when the limits are exceeded */
export function applyTags(tags: JsonObject, patch: Json): JsonObject {
  const merged = merge(tags, checkPatch(patch));
  if (sizeOf(merged) > MAX_TAGS) throw invalid('The tags are larger than 8 KB.');
  return merged;
}

/** The changes after a patch: everything that is in it, at every depth, and what it is in, was changed now. */
function mergeChanges(changes: Record<string, Change>, patch: JsonObject, now: Change): Record<string, Change> {
  const merged = new Map(Object.entries(changes));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else if (isJsonObject(value))
      merged.set(name, { ...now, members: mergeChanges(merged.get(name)?.members ?? {}, value, now) });
    else merged.set(name, now);
  }
  return Object.fromEntries(merged);
}

/** The patch that turns `before` into exactly `after`: what is no longer there, at any depth, becomes null (Azure 2.4). */
export function replacement(before: JsonObject, after: JsonObject): JsonObject {
  const removed = Object.keys(before).filter((name) => (own(after, name) ?? null) === null);
  const kept = Object.entries(after).filter(([, value]) => value !== null);
  return Object.fromEntries([
    ...kept.map(([name, value]): [string, Json] => {
      const old = own(before, name);
      return [name, isJsonObject(value) && isJsonObject(old) ? replacement(old, value) : value];
    }),
    ...removed.map((name): [string, Json] => [name, null]),
  ]);
}

/** Properties as they were read may be sent back; what the hub itself has put there does not count. */
export const withoutMetadata = ({ $metadata: _times, $version: _version, ...properties }: JsonObject): JsonObject =>
  properties;

/** The section as a device sees it. */
export function sectionForDevice(section: TwinSection): JsonObject {
  return { ...section.properties, $version: section.version };
}

/** Who sees which version in the metadata: only desired properties have one. */
type Side = 'desired' | 'reported';

function metadataOf({ at, version, members = {} }: Change, side: Side): JsonObject {
  const nested = Object.entries(members).map(([name, change]): [string, Json] => [name, metadataOf(change, side)]);
  return {
    $lastUpdated: at,
    ...(side === 'desired' ? { $lastUpdatedVersion: version } : {}),
    ...Object.fromEntries(nested),
  };
}

/** The section as a back end sees it, with the times of its changes at every depth. */
export function sectionForService({ properties, version, at, changes }: TwinSection, side: Side): JsonObject {
  return { ...properties, $metadata: metadataOf({ at, version, members: changes }, side), $version: version };
}

/** A counter as Azure writes an etag: eight bytes in base64. */
export function etagOf(revision: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(revision));
  return bytes.toString('base64');
}
