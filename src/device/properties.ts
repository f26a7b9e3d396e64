import { ACK, type Ack, parseAck } from '../azure/plug-and-play.ts';
import type { Twin } from '../azure/twin.ts';
import type { Json, JsonObject } from '../events.ts';
import type { DeviceModel, ModelProperty } from './model.ts';
import { type Range, refusal } from './validation.ts';

const RANGES = new Map<string, Range>([['telemetryInterval', { minimum: 1, maximum: 86_400 }]]);

/** What has become of a value that the cloud desires. */
export interface PropertyAnswer {
  name: string;
  requested: Json;
  ack: Ack;
  /** Whether another value is in force than before. */
  changed: boolean;
}

export type PropertyResult =
  | { kind: 'answer'; answer: PropertyAnswer }
  /** This version was answered before, or is no newer than the twin that was read. */
  | { kind: 'duplicate' }
  /** The device has no such property, or it is not the cloud's to set. */
  | { kind: 'unknown' };

export interface Reconciliation {
  /** What the cloud desires and has no answer to. */
  answers: PropertyAnswer[];
  /** The device's own values, where the twin holds nothing. */
  defaults: { name: string; ack: Ack }[];
  /** Desired names that the device does not have, or that are not the cloud's to set. */
  unknown: string[];
}

/** The device's writable properties: the values in force, and which desired values were answered (Azure 3). */
export class WritableProperties {
  readonly #properties: Map<string, ModelProperty>;
  readonly #defaults: Map<string, Json>;
  /** Values that were put in force since the start; the default holds where there is none. */
  readonly #values = new Map<string, Json>();
  /** The version of the twin that was read last: all of it is settled. */
  #settled = -1;
  /** The newest version that was answered since, by name: patches may come twice, or out of order. */
  readonly #answered = new Map<string, number>();

  /** @param defaults `telemetryInterval`: seconds, 1 to 86400, while the cloud desires nothing else */
  constructor(model: DeviceModel, defaults: { telemetryInterval: number }) {
    this.#properties = new Map([...model.properties].filter(([, { writable }]) => writable));
    this.#defaults = new Map([...this.#properties].map(([name, { initial = null }]) => [name, initial]));
    this.#defaults.set('telemetryInterval', defaults.telemetryInterval);
  }

  /** The value in force; null for what has none, or is no writable property. */
  value(name: string): Json {
    return this.#values.get(name) ?? this.#default(name);
  }

  /** Seconds between telemetry messages. */
  get telemetryInterval(): number {
    return Number(this.value('telemetryInterval'));
  }

  /**
   * Takes one member of a desired patch: the value is put in force, or refused, and then the one in force stays; null
   * means the default again. A version of a name is answered once, and never after a newer one.
   */
  apply(name: string, requested: Json, version: number): PropertyResult {
    const property = this.#properties.get(name);
    if (!property) return { kind: 'unknown' };
    if (version <= (this.#answered.get(name) ?? this.#settled)) return { kind: 'duplicate' };
    this.#answered.set(name, version);
    return { kind: 'answer', answer: this.#answer(property, requested, version) };
  }

  /**
   * Adopts the twin after a connect (Azure 3.2). What it does not show as acknowledged has never arrived there, and is
   * answered (again); so call this before any patch of the same connection is applied.
   */
  reconcile({ desired, desiredVersion, reported }: Twin): Reconciliation {
    this.#settled = desiredVersion;
    this.#answered.clear();
    const answers: PropertyAnswer[] = [];
    const defaults: Reconciliation['defaults'] = [];
    for (const [name, property] of this.#properties) {
      const requested = own(desired, name);
      const ack = parseAck(own(reported, name));
      const usable = ack !== null && refusal(property, ack.value, RANGES.get(name)) === null;
      // After a restart of this program the twin knows what the device held.
      if (usable && !this.#values.has(name)) this.#values.set(name, ack.value);
      if (requested === undefined) {
        // The interval is the person's to choose when the cloud has no wish.
        if (name === 'telemetryInterval') this.#values.delete(name);
        if (!usable)
          defaults.push({ name, ack: { value: this.value(name), ac: ACK.initial, av: 0, ad: 'initialize' } });
      } else if (ack === null || ack.av < desiredVersion) {
        answers.push(this.#answer(property, requested, desiredVersion));
      } else if (ack.ac !== ACK.refused && this.#refusal(property, requested) === null) {
        this.#values.set(name, requested ?? this.#default(name));
      }
    }
    return { answers, defaults, unknown: Object.keys(desired).filter((name) => !this.#properties.has(name)) };
  }

  #answer(property: ModelProperty, requested: Json, version: number): PropertyAnswer {
    const { name } = property;
    const before = this.value(name);
    const why = this.#refusal(property, requested);
    if (why !== null) {
      return { name, requested, ack: { value: before, ac: ACK.refused, av: version, ad: why }, changed: false };
    }
    const value = requested ?? this.#default(name);
    this.#values.set(name, value);
    const ad = `${name} set to: ${JSON.stringify(value)}`;
    return { name, requested, ack: { value, ac: ACK.applied, av: version, ad }, changed: value !== before };
  }

  #refusal(property: ModelProperty, requested: Json): string | null {
    return requested === null ? null : refusal(property, requested, RANGES.get(property.name));
  }

  #default(name: string): Json {
    return this.#defaults.get(name) ?? null;
  }
}

/** The member that the object has itself: names come from outside, and `constructor` is one. */
function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
