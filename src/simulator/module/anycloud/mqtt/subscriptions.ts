const SLOTS = 4;

const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;

/**
 * What the client has subscribed to, which the firmware keeps twice: four slots for filters, of which a repeated filter takes
 * another one, and one handler for each filter, which reports the messages from the SUBACK to the UNSUBACK (AT protocol
 * 7.13, T14, T19).
 */
export class Subscriptions {
  #slots: Buffer[] = [];
  #handlers: Buffer[] = [];

  get full(): boolean {
    return this.#slots.length >= SLOTS;
  }

  add(filter: Buffer): void {
    this.#slots.push(filter);
  }

  has(filter: Buffer): boolean {
    return indexOf(this.#slots, filter) >= 0;
  }

  /** Frees the first slot of a filter. */
  remove(filter: Buffer): void {
    const index = indexOf(this.#slots, filter);
    if (index >= 0) this.#slots.splice(index, 1);
  }

  /** The broker has acknowledged the subscription. */
  listen(filter: Buffer): void {
    if (indexOf(this.#handlers, filter) < 0) this.#handlers.push(filter);
  }

  /** The broker has acknowledged the end of the subscription. @returns whether the filter had a handler. */
  stopListening(filter: Buffer): boolean {
    const index = indexOf(this.#handlers, filter);
    if (index >= 0) this.#handlers.splice(index, 1);
    return index >= 0;
  }

  clear(): void {
    this.#slots = [];
    this.#handlers = [];
  }

  /** How many times a message on this topic is reported: once for each matching filter (T20). */
  matches(topic: Buffer): number {
    return this.#handlers.filter((filter) => matchesFilter(filter, topic)).length;
  }
}

const indexOf = (list: Buffer[], filter: Buffer) => list.findIndex((each) => each.equals(filter));

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
