import { ACK, type Ack, parseAck, reportedAck } from '../azure/plug-and-play.ts';
import type { Twin } from '../azure/twin.ts';
import type { Json, JsonObject } from '../events.ts';
import type { Answers, PropertyAnswer } from './device.ts';
import { mergePatch, replacement, sameJson } from './merge-patch.ts';
import { desiredPlaces, memberAt, type Place, placeKey, reportedMembers } from './place.ts';

/** A value in an answer's text, which is for people, in characters. */
const LONGEST_VALUE = 80;

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
  /** The value in the twin's reported properties, as far as it is known. */
  shown: Json | undefined;
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
      const defaults: [Place, Ack][] = [];
      for (const property of this.#properties.values()) {
        property.answered = desiredVersion;
        property.desired = memberAt(desired, property.place);
        const ack = parseAck(memberAt(reported, property.place));
        property.shown = ack?.value;
        await this.#settle(property, ack, desiredVersion, collected);
        const value = inForce(property);
        if (property.desired === undefined && value !== undefined && !sameJson(value, ack?.value)) {
          defaults.push([property.place, { ac: ACK.initial, av: 0, ad: 'initialize', value }]);
        }
      }
      this.#defaults = this.#members(defaults);
      const places = desiredPlaces(desired, this.#components).map(([place]) => placeKey(place));
      collected.unknown.push(...places.filter((key) => !this.#properties.has(key)));
    });
  }

  /** The members of the reported properties that carry answers, in their order. */
  toReported(answers: readonly PropertyAnswer[]): JsonObject {
    return this.#members(answers.map((answer) => [answer, answer.ack]));
  }

  /** The device's own values where the twin that was reconciled holds nothing; once. */
  takeDefaults(): JsonObject {
    const defaults = this.#defaults;
    this.#defaults = {};
    return defaults;
  }

  /** Settles one property with the twin. */
  async #settle(property: Known, ack: Ack | null, version: number, collected: Collected): Promise<void> {
    const { desired, value, ownsInitial } = property;
    // After a restart of this program the twin knows what the device held.
    const usable = ack !== null && value === undefined && property.refusal(ack.value) === null;
    const held = usable ? ack.value : undefined;
    if (desired === undefined) {
      if (ownsInitial) await this.#restore(property, collected);
      else if (held !== undefined) await put(property, held, 'twin', collected.notes);
    } else if (ack === null || ack.av < version) {
      await this.#answer(property, desired, version, 'twin', collected, held);
    } else if (ack.ac < ACK.refused && whyNot(property, desired) === null) {
      const result = await put(property, desired, 'twin', collected.notes);
      // What the twin shows is in force no more, and must not be shown longer.
      if (!sameJson(inForce(property), ack.value)) collected.answers.push(answer(property, desired, version, result));
    } else if (held !== undefined) {
      await put(property, held, 'twin', collected.notes);
    }
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
    const result = await put(property, requested, source, collected.notes);
    if (result.kind === 'refused' && held !== undefined) await put(property, held, 'twin', collected.notes);
    collected.answers.push(answer(property, requested, version, result));
  }

  /** The device's own value is in force again, now that the cloud desires nothing. */
  async #restore(property: Known, { notes }: Collected): Promise<void> {
    const { value, initial } = property;
    if (value === undefined || initial === undefined || sameJson(value, initial)) return;
    await put(property, initial, 'twin', notes);
  }

  /** Values that are objects take the place of those that the twin shows. */
  #members(acks: readonly (readonly [Place, Ack])[]): JsonObject {
    return reportedMembers(
      acks.map(([place, ack]) => {
        const property = this.#properties.get(placeKey(place));
        const value = replacement(property?.shown, ack.value);
        if (property) property.shown = ack.value;
        return [place, reportedAck({ ...ack, value })];
      }),
    );
  }

  #exclusively(task: (collected: Collected) => Promise<void>): Promise<Answers> {
    const collected: Collected = { answers: [], unknown: [], notes: [] };
    const done = this.#work.then(() => task(collected));
    this.#work = done.catch(() => undefined);
    return done.then(() => collected);
  }
}

const UNTOUCHED = { value: undefined, desired: undefined, shown: undefined, answered: -1 } as const;

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

function inForce({ value, initial }: Known): Json | undefined {
  return value === undefined ? initial : value;
}

function answer(property: Known, requested: Json, version: number, result: SetResult): PropertyAnswer {
  const { place } = property;
  const value = inForce(property) ?? null;
  if (result.kind === 'refused') {
    return { ...place, requested, ack: { value, ac: result.ac, av: version, ad: result.why } };
  }
  const text = JSON.stringify(value);
  const ad = `${place.name} set${text.length <= LONGEST_VALUE ? ` to: ${text}` : ''}`;
  return { ...place, requested, ack: { value, ac: ACK.applied, av: version, ad } };
}

function components(properties: readonly WritableProperty[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { place } of properties) {
    if (place.component !== undefined) names.set(place.component, [...(names.get(place.component) ?? []), place.name]);
  }
  return names;
}
