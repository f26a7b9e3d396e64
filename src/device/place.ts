import { isJsonObject } from '../azure/json.ts';
import type { Json, JsonObject } from '../events.ts';

/** Where a property or a reading belongs: to the device itself, or to one of its components. */
export interface Place {
  readonly name: string;
  readonly component?: string;
}

const MARK = '__t';
const COMPONENT = 'c';

/** Reads `name` or `component.name`. */
export function parsePlace(key: string): Place {
  const [first = '', second] = key.split('.');
  return second === undefined ? { name: first } : { component: first, name: second };
}

/** The place as it stands in a definition; one to one, since no name holds a dot. */
export function placeKey({ name, component }: Place): string {
  return component === undefined ? name : `${component}.${name}`;
}

/** The member of an object in the cloud's documents that stands for a place. */
export function memberAt(document: JsonObject, { name, component }: Place): Json | undefined {
  if (component === undefined) return own(document, name);
  const members = own(document, component);
  return isJsonObject(members) ? own(members, name) : undefined;
}

/** Members of the reported properties; those of a component are kept together, with its mark (Azure 3.3). */
export function reportedMembers(values: Iterable<readonly [Place, Json]>): JsonObject {
  const members = new Map<string, Json>();
  for (const [{ name, component }, value] of values) {
    if (component === undefined) {
      members.set(name, value);
      continue;
    }
    const others = members.get(component);
    members.set(component, { ...(isJsonObject(others) ? others : { [MARK]: COMPONENT }), [name]: value });
  }
  return Object.fromEntries(members);
}

/** Joins reported members: those of a component that stands in both are kept together. */
export function mergeMembers(first: JsonObject, second: JsonObject): JsonObject {
  const members = new Map(Object.entries(first));
  for (const [name, value] of Object.entries(second)) {
    const before = members.get(name);
    members.set(name, isComponent(before) && isComponent(value) ? { ...before, ...value } : value);
  }
  return Object.fromEntries(members);
}

/**
 * The members that desired properties hold for the device and its components, in their order, without marks.
 * @param components the names of each component's properties: a null in a component's place stands for each of them
 */
export function desiredPlaces(
  document: JsonObject,
  components: ReadonlyMap<string, readonly string[]>,
): [Place, Json][] {
  return Object.entries(document).flatMap(([name, value]): [Place, Json][] => {
    const names = components.get(name);
    if (names && value === null) return names.map((member) => [{ component: name, name: member }, null]);
    if (!names || !isJsonObject(value)) return [[{ name }, value]];
    const members = Object.entries(value).filter(([member]) => member !== MARK);
    return members.map(([member, inner]) => [{ component: name, name: member }, inner]);
  });
}

function isComponent(value: Json | undefined): value is JsonObject {
  return isJsonObject(value) && own(value, MARK) === COMPONENT;
}

/** The member that the object has itself: names come from outside, and `constructor` is one. */
function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
