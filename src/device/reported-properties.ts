import type { Json, JsonObject } from '../events.ts';
import { replacement, sameJson } from './merge-patch.ts';
import { memberAt, type Place, placeKey, reportedMembers } from './place.ts';

/** The properties that the device alone sets: what it has reported last, kept until the twin shows it. */
export class ReportedProperties {
  readonly #values = new Map<string, readonly [Place, Json]>();

  /** Takes a value. @returns it as members of the reported properties */
  set(place: Place, value: Json): JsonObject {
    const before = this.#values.get(placeKey(place))?.[1];
    this.#values.set(placeKey(place), [place, value]);
    return reportedMembers([[place, replacement(before, value)]]);
  }

  has(place: Place): boolean {
    return this.#values.has(placeKey(place));
  }

  /** What a twin does not show as it is. */
  missing(twin: JsonObject): JsonObject {
    const missing: [Place, Json][] = [];
    for (const [place, value] of this.#values.values()) {
      const shown = memberAt(twin, place);
      if (!sameJson(shown, value)) missing.push([place, replacement(shown, value)]);
    }
    return reportedMembers(missing);
  }
}
