import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '../events.ts';
import { memberAt, type Place, placeKey, reportedMembers } from './place.ts';

/** The properties that the device alone sets: what it has reported last, kept until the twin shows it. */
export class ReportedProperties {
  readonly #values = new Map<string, readonly [Place, Json]>();
  #twin: JsonObject = {};

  /** Takes a value. @returns it as members of the reported properties */
  set(place: Place, value: Json): JsonObject {
    this.#values.set(placeKey(place), [place, value]);
    return reportedMembers([[place, value]]);
  }

  has(place: Place): boolean {
    return this.#values.has(placeKey(place));
  }

  /** Takes what the twin shows. */
  reconcile(reported: JsonObject): void {
    this.#twin = reported;
  }

  /** Forgets what the twin has shown: on a new connection it may be another. */
  forget(): void {
    this.#twin = {};
  }

  /** What the twin does not show as it is. */
  missing(): JsonObject {
    const values = [...this.#values.values()];
    return reportedMembers(values.filter(([place, value]) => !isDeepStrictEqual(memberAt(this.#twin, place), value)));
  }
}
