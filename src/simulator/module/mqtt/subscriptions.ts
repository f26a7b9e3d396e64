const SLOTS = 4;

const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;

interface Slot {
  readonly filter: Buffer;
  /** Messages are delivered from the SUBACK on (T19). */
  acknowledged: boolean;
}

/** The four subscription slots; a repeated filter takes another one (AT protocol 7.13, T14). */
export class Subscriptions {
  #slots: Slot[] = [];

  get full(): boolean {
    return this.#slots.length >= SLOTS;
  }

  add(filter: Buffer): void {
    this.#slots.push({ filter, acknowledged: false });
  }

  acknowledge(): void {
    for (const slot of this.#slots) slot.acknowledged = true;
  }

  has(filter: Buffer): boolean {
    return this.#slots.some((slot) => slot.filter.equals(filter));
  }

  remove(filter: Buffer): void {
    const index = this.#slots.findIndex((slot) => slot.filter.equals(filter));
    if (index >= 0) this.#slots.splice(index, 1);
  }

  clear(): void {
    this.#slots = [];
  }

  /** How many times a message on this topic is reported: once for each matching slot (T20). */
  matches(topic: Buffer): number {
    return this.#slots.filter((slot) => slot.acknowledged && matchesFilter(slot.filter, topic)).length;
  }
}

/** The firmware's idea of a match, which is not quite MQTT's: `a/#` matches neither `a`, `a/` nor `a//b` (8.3). */
export function matchesFilter(filter: Buffer, topic: Buffer): boolean {
  if (filter.equals(topic)) return true;
  let at = 0;
  let next = 0;
  for (; next < filter.length && at < topic.length; next++, at++) {
    const wanted = filter[next];
    const byte = topic[at];
    if (byte === SLASH && wanted !== SLASH) return false;
    if (wanted === HASH) {
      at = topic.length - 1;
    } else if (wanted === PLUS) {
      while (at + 1 < topic.length && topic[at + 1] !== SLASH) at += 1;
    } else if (wanted !== byte) {
      return false;
    }
  }
  return at === topic.length && next === filter.length;
}
