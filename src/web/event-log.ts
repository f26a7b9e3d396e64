/** An event as it is kept and streamed. */
export interface LoggedEvent {
  /** Its number in this run, from 1. */
  number: number;
  type: string;
  /** Undefined for what concerns no device, or one that is not known yet. */
  deviceId: string | undefined;
  /** One JSON object. */
  text: string;
}

export type Listener = (event: LoggedEvent) => void;

const MAX_EVENTS = 10_000;
const MAX_SIZE = 8 * 1024 * 1024;

/** The last events of a run, bounded in number and size, for those who follow it and may have to catch up. */
export class EventLog {
  /** Tells this run from others, in the ids that readers come back with. */
  readonly run: string;
  /** By number. */
  readonly #events = new Map<number, LoggedEvent>();
  #size = 0;
  #count = 0;
  readonly #listeners = new Set<Listener>();

  constructor(run: string) {
    this.run = run;
  }

  /** The number of the newest event; 0 before the first. */
  get last(): number {
    return this.#count;
  }

  append(type: string, deviceId: string | undefined, text: string): void {
    const event = { number: ++this.#count, type, deviceId, text };
    this.#events.set(event.number, event);
    this.#size += text.length;
    for (const oldest of this.#events.values()) {
      if (this.#events.size <= MAX_EVENTS && this.#size <= MAX_SIZE) break;
      this.#events.delete(oldest.number);
      this.#size -= oldest.text.length;
    }
    for (const listener of this.#listeners) listener(event);
  }

  /** The events after this number, oldest first; `missed` when some of them are no longer kept. */
  after(number: number): { events: LoggedEvent[]; missed: boolean } {
    const first = this.#count - this.#events.size + 1;
    const events: LoggedEvent[] = [];
    for (let next = Math.max(number + 1, first); next <= this.#count; next++) {
      const event = this.#events.get(next);
      if (event) events.push(event);
    }
    return { events, missed: number + 1 < first };
  }

  /** Adds a listener; call the result to remove it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
