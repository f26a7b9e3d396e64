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
  /** A ring: an event lies at its number modulo the size. */
  readonly #ring: (LoggedEvent | undefined)[] = [];
  #size = 0;
  /** The number of the oldest event that is kept. */
  #first = 1;
  #last = 0;
  readonly #listeners = new Set<Listener>();

  constructor(run: string) {
    this.run = run;
  }

  /** The number of the newest event; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  append(type: string, deviceId: string | undefined, text: string): void {
    if (this.#last - this.#first + 1 === MAX_EVENTS) this.#forgetOldest();
    const event = { number: ++this.#last, type, deviceId, text };
    this.#ring[event.number % MAX_EVENTS] = event;
    this.#size += text.length;
    while (this.#size > MAX_SIZE) this.#forgetOldest();
    for (const listener of this.#listeners) listener(event);
  }

  /** The events after this number, oldest first; `missed` when some of them are no longer kept. */
  after(number: number): { events: LoggedEvent[]; missed: boolean } {
    const events: LoggedEvent[] = [];
    for (let next = Math.max(number + 1, this.#first); next <= this.#last; next++) {
      const event = this.#ring[next % MAX_EVENTS];
      if (event) events.push(event);
    }
    return { events, missed: number + 1 < this.#first };
  }

  /** Adds a listener; call the result to remove it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #forgetOldest(): void {
    const place = this.#first++ % MAX_EVENTS;
    this.#size -= this.#ring[place]?.text.length ?? 0;
    this.#ring[place] = undefined;
  }
}
