import type { DeviceDefinition } from './define.ts';

/** Seconds between telemetry messages. */
export const INTERVAL = { lowest: 1, highest: 86_400, usual: 10 } as const;
const EVERY = { lowest: 0.1, highest: 86_400 } as const;

/** What Azure allows as a name (Azure 2.4), once or as `component.name`; `__t` marks a component. */
const NAME = /^(?!__t$|__proto__$)[^.$*\s\p{Cc}]{1,512}$/u;
const DTMI = /^dtmi:[A-Za-z0-9_:]+;[1-9]\d*(?:\.\d+)?$/;
const HANDLERS = ['onMessage', 'start', 'connected', 'stop'];
const PARTS = ['telemetry', 'properties', 'commands'];
const MEMBERS = ['model', 'interval', ...PARTS, ...HANDLERS];
const PROPERTY_MEMBERS = ['writable', 'initial', 'minimum', 'maximum', 'set'];

type Members = Record<string, unknown>;

/**
 * Checks a definition, and gives it back: `export default defineDevice({ … })`. The plain object is as good.
 * @throws TypeError that names the member that is wrong
 */
export function defineDevice(definition: DeviceDefinition): DeviceDefinition {
  assertDefinition(definition);
  return definition;
}

/**
 * Recognises a device's definition by its shape: it may be made by another copy of this program, or by none.
 * @throws TypeError that names the member that is wrong
 */
export function assertDefinition(value: unknown): asserts value is DeviceDefinition {
  const definition = object(value, 'a device');
  onlyMembers(definition, MEMBERS, 'a device');
  if (![...PARTS, ...HANDLERS].some((name) => definition[name] !== undefined)) {
    throw new TypeError(`a device needs at least one of ${[...PARTS, ...HANDLERS].join(', ')}`);
  }
  const { model, interval } = definition;
  const isDocument = isObject(model) || Array.isArray(model);
  if (typeof model === 'string' ? !DTMI.test(model) : model !== undefined && !isDocument) {
    throw new TypeError('model must be a DTMI such as "dtmi:com:example:Thermostat;1", or a DTDL document');
  }
  if (interval !== undefined) number(interval, 'interval', INTERVAL);
  for (const name of HANDLERS) if (definition[name] !== undefined) callable(definition[name], name);
  for (const [name, source] of entries(definition, 'telemetry', '.')) assertSource(source, name);
  for (const [name, property] of entries(definition, 'properties', '.')) assertProperty(property, name);
  for (const [name, handler] of entries(definition, 'commands', '*')) callable(handler, name);
  assertComponents(definition['properties']);
}

/** Whether a property, or what else a model has, can have this name. */
export function isName(name: string): boolean {
  return NAME.test(name);
}

function assertSource(source: unknown, name: string): void {
  if (typeof source === 'function') return;
  if (!isObject(source)) throw new TypeError(`${name} must be a function, an object with "read", or an async iterable`);
  if (typeof Reflect.get(source, Symbol.asyncIterator) === 'function') return;
  const { every, read } = source;
  onlyMembers(source, ['every', 'read'], name);
  callable(read, `${name}.read`);
  if (every !== undefined) number(every, `${name}.every`, EVERY);
}

function assertProperty(value: unknown, name: string): void {
  const property = object(value, name);
  onlyMembers(property, PROPERTY_MEMBERS, name);
  const { writable, set, minimum, maximum } = property;
  if (writable !== undefined && typeof writable !== 'boolean')
    throw new TypeError(`${name}.writable must be a boolean`);
  if (set !== undefined) callable(set, `${name}.set`);
  if (set !== undefined && writable === false) throw new TypeError(`${name} has a "set", and is not writable`);
  for (const [bound, given] of Object.entries({ minimum, maximum })) {
    if (given !== undefined && !Number.isFinite(given)) throw new TypeError(`${name}.${bound} must be a number`);
  }
  if (Number(minimum) > Number(maximum)) throw new TypeError(`${name}.minimum is above its maximum`);
}

/** In the twin a component stands beside the properties, so they cannot share a name. */
function assertComponents(properties: unknown): void {
  const names = isObject(properties) ? Object.keys(properties) : [];
  for (const name of names) {
    const [component, member] = name.split('.');
    if (member !== undefined && component !== undefined && names.includes(component)) {
      throw new TypeError(`properties: "${component}" cannot be a property and a component`);
    }
  }
}

/** The members of one part, each with its path. */
function entries(definition: Members, part: string, separator: string): [string, unknown][] {
  const members = definition[part];
  if (members === undefined) return [];
  return Object.entries(object(members, part)).map(([name, value]) => {
    const pieces = name.split(separator);
    if (pieces.length > 2 || !pieces.every(isName)) {
      throw new TypeError(`${part}: ${JSON.stringify(name)} cannot be a name`);
    }
    return [`${part}.${name}`, value];
  });
}

function onlyMembers(value: Members, allowed: readonly string[], what: string): void {
  const unknown = Object.keys(value).find((name) => !allowed.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(`${what} has no member ${JSON.stringify(unknown)}; it may have ${allowed.join(', ')}`);
}

function number(value: unknown, what: string, { lowest, highest }: { lowest: number; highest: number }): void {
  if (typeof value === 'number' && value >= lowest && value <= highest) return;
  throw new TypeError(`${what} must be a number of seconds from ${lowest} to ${highest}`);
}

function callable(value: unknown, what: string): void {
  if (typeof value !== 'function') throw new TypeError(`${what} must be a function`);
}

function object(value: unknown, what: string): Members {
  if (!isObject(value)) throw new TypeError(`${what} must be an object`);
  return value;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
