import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from '../azure/json.ts';
import { ACK, parseAck, reportedAck } from '../azure/plug-and-play.ts';
import type { Twin } from '../azure/twin.ts';
import type { Json, JsonObject } from '../events.ts';
import type { Answers, PropertyAnswer } from './device.ts';
import { desiredPlaces, memberAt, type Place, placeKey, reportedMembers } from './place.ts';

/** What has become of putting a value in force. */
export type SetResult = { kind: 'set'; value: Json } | { kind: 'refused'; ac: number; why: string };

/** A property that the cloud may set. */
export interface WritableProperty {
  readonly place: Place;
  /** The device's own value; undefined for none. */
  readonly initial: Json | undefined;
  /** Whether the device knows its own value better than a twin that an earlier run has left. */
  readonly ownsInitial: boolean;
  /** Why a value cannot be the property's, as a sentence; null when it can. */
  refusal(value: Json): string | null;
  /** Puts a value in force; `notes` takes what is said meanwhile. */
  set(value: Json, source: 'twin' | 'update', notes: string[]): Promise<SetResult>;
}

type Known = WritableProperty & {
  /** What is in force; undefined while nothing was set, and then it is `initial`. */
  value: Json | undefined;
  /** What the cloud desires, as far as it was told. */
  desired: Json | undefined;
  /** The newest version that was answered since the twin was read: patches may come twice, or out of order. */
  answered: number;
};

/** What is collected for one call of the session. */
interface Collected {
  answers: PropertyAnswer[];
  unknown: string[];
  notes: string[];
}

/**
 * The properties that the cloud sets: the values in force, and which desired values were answered (Azure 3). What the
 * session asks is done one after another, also while a handler takes its time.
 */
export class DesiredProperties {
  readonly #properties: ReadonlyMap<string, Known>;
  readonly #components: ReadonlyMap<string, readonly string[]>;
  #defaults: JsonObject = {};
  #work: Promise<unknown> = Promise.resolve();

  /** @param properties in the order in which they are answered and reported */
  constructor(properties: readonly WritableProperty[]) {
    const known = properties.map((property) => [placeKey(property.place), { ...property, ...UNTOUCHED }] as const);
    this.#properties = new Map(known);
    this.#components = components(properties);
  }

  /** The value in force; null for what has none, or is no writable property. */
  value(place: Place): Json {
    return inForce(this.#properties.get(placeKey(place))) ?? null;
  }

  has(place: Place): boolean {
    return this.#properties.has(placeKey(place));
  }

  /**
   * Takes a desired patch: each value is put in force, or refused, and then the one in force stays; null means the
   * default again. A version of a name is answered once, and never after a newer one.
   */
  apply(patch: JsonObject, version: number): Promise<Answers> {
    return this.#exclusively(async (collected) => {
      for (const [place, change] of desiredPlaces(patch, this.#components)) {
        const property = this.#properties.get(placeKey(place));
        if (!property) collected.unknown.push(placeKey(place));
        if (!property || version <= property.answered) continue;
        property.answered = version;
        property.desired = mergePatch(property.desired, change);
        await this.#answer(property, property.desired, version, 'update', collected);
      }
    });
  }

  /**
   * Adopts the twin after a connect (Azure 3.2). What it does not show as acknowledged has never arrived there, and is
   * answered (again); so call this before any patch of the same connection is applied.
   */
  reconcile({ desired, desiredVersion, reported }: Twin): Promise<Answers> {
    return this.#exclusively(async (collected) => {
      const defaults: [Place, Json][] = [];
      for (const property of this.#properties.values()) {
        property.answered = desiredVersion;
        property.desired = memberAt(desired, property.place);
        const lacking = await this.#settle(property, memberAt(reported, property.place), desiredVersion, collected);
        const value = inForce(property);
        if (lacking && value !== undefined) {
          defaults.push([property.place, reportedAck({ ac: ACK.initial, av: 0, ad: 'initialize', value })]);
        }
      }
      this.#defaults = reportedMembers(defaults);
      const places = desiredPlaces(desired, this.#components).map(([place]) => placeKey(place));
      collected.unknown.push(...places.filter((key) => !this.#properties.has(key)));
    });
  }

  /** The device's own values where the twin that was reconciled holds nothing; once. */
  takeDefaults(): JsonObject {
    const defaults = this.#defaults;
    this.#defaults = {};
    return defaults;
  }

  /** Settles one property with the twin. @returns whether the twin lacks the device's own value */
  async #settle(property: Known, reported: Json | undefined, version: number, collected: Collected): Promise<boolean> {
    const ack = parseAck(reported);
    const usable = ack !== null && property.refusal(ack.value) === null;
    // After a restart of this program the twin knows what the device held.
    const held = usable && property.value === undefined ? ack.value : undefined;
    const { desired } = property;
    if (desired === undefined) {
      if (property.ownsInitial) await this.#restore(property, collected);
      else if (held !== undefined) return !(await this.#adopt(property, held, collected));
      return !usable;
    }
    if (ack === null || ack.av < version) {
      await this.#answer(property, desired, version, 'twin', collected, held);
      return false;
    }
    const accepted = ack.ac < ACK.refused && whyNot(property, desired) === null;
    if (accepted) {
      const result = await put(property, desired, 'twin', collected.notes);
      // The twin says that it is in force, and must not go on saying so.
      if (result.kind === 'refused') collected.answers.push(refusal(property, desired, version, result));
    } else if (held !== undefined) {
      await this.#adopt(property, held, collected);
    }
    return false;
  }

  /** @param held what the device held before a restart of this program; it is in force again when `requested` is refused */
  async #answer(
    property: Known,
    requested: Json,
    version: number,
    source: 'twin' | 'update',
    collected: Collected,
    held?: Json,
  ): Promise<void> {
    const { place } = property;
    const result = await put(property, requested, source, collected.notes);
    if (result.kind === 'refused') {
      if (held !== undefined) await this.#adopt(property, held, collected);
      collected.answers.push(refusal(property, requested, version, result));
      return;
    }
    const { value } = result;
    const ad = `${place.name} set to: ${JSON.stringify(value)}`;
    collected.answers.push({ ...place, requested, ack: { value, ac: ACK.applied, av: version, ad } });
  }

  async #adopt(property: Known, held: Json, { notes }: Collected): Promise<boolean> {
    return (await put(property, held, 'twin', notes)).kind === 'set';
  }

  /** The device's own value is in force again, now that the cloud desires nothing. */
  async #restore(property: Known, { notes }: Collected): Promise<void> {
    const { value, initial } = property;
    if (value === undefined || initial === undefined || isDeepStrictEqual(value, initial)) return;
    await put(property, initial, 'twin', notes);
  }

  #exclusively(task: (collected: Collected) => Promise<void>): Promise<Answers> {
    const collected: Collected = { answers: [], unknown: [], notes: [] };
    const done = this.#work.then(() => task(collected));
    this.#work = done.catch(() => undefined);
    return done.then(() => collected);
  }
}

const UNTOUCHED = { value: undefined, desired: undefined, answered: -1 } as const;

/** Puts a desired value in force; null asks for the default, and where there is none, what is in force stays. */
async function put(property: Known, requested: Json, source: 'twin' | 'update', notes: string[]): Promise<SetResult> {
  const why = whyNot(property, requested);
  if (why !== null) return { kind: 'refused', ac: ACK.refused, why };
  const wanted = requested ?? property.initial;
  if (wanted === undefined) return { kind: 'set', value: inForce(property) ?? null };
  const result = await property.set(wanted, source, notes);
  if (result.kind === 'set') property.value = result.value;
  return result;
}

function whyNot(property: WritableProperty, requested: Json): string | null {
  return requested === null ? null : property.refusal(requested);
}

function inForce(property: Known | undefined): Json | undefined {
  return property?.value === undefined ? property?.initial : property.value;
}

function refusal(
  property: Known,
  requested: Json,
  version: number,
  { ac, why }: { ac: number; why: string },
): PropertyAnswer {
  return { ...property.place, requested, ack: { value: inForce(property) ?? null, ac, av: version, ad: why } };
}

function components(properties: readonly WritableProperty[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { place } of properties) {
    if (place.component !== undefined) names.set(place.component, [...(names.get(place.component) ?? []), place.name]);
  }
  return names;
}

/** A change of an object names what has changed, and null takes a member away (Azure 2.4). */
function mergePatch(before: Json | undefined, change: Json): Json {
  if (!isJsonObject(change)) return change;
  const members = new Map(isJsonObject(before) ? Object.entries(before) : []);
  for (const [name, value] of Object.entries(change)) {
    if (value === null) members.delete(name);
    else members.set(name, mergePatch(members.get(name), value));
  }
  return Object.fromEntries(members);
}
