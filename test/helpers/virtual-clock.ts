import type { Clock, Timer } from '../../src/clock.ts';
import { FAMILIES, loadFamily } from '../../src/modem/families.ts';

// In virtual time nothing waits for a file: what a session loads on its way is there before.
await Promise.all(FAMILIES.map(loadFamily));

/** Lets everything run that is ready: microtasks, ticks and stream callbacks, a few turns deep. */
export async function settle(turns = 4): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

interface Entry {
  at: number;
  order: number;
  callback: () => void;
}

/** A clock that moves only when a test moves it; timers fire in the order of their time, then of their start. */
export class VirtualClock implements Clock {
  #now: number;
  #stepped = 0;
  #order = 0;
  readonly #entries = new Set<Entry>();

  constructor(start: number | string = '2026-11-23T12:00:00Z') {
    this.#now = typeof start === 'string' ? Date.parse(start) : start;
  }

  monotonic(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.#stepped;
  }

  /** Sets the wall clock forward, or back, by `ms`, as a user or SNTP does; no timer notices. */
  stepWall(ms: number): void {
    this.#stepped += ms;
  }

  after(ms: number, callback: () => void): Timer {
    const entry = { at: this.#now + Math.max(0, ms), order: this.#order++, callback };
    this.#entries.add(entry);
    return { cancel: () => this.#entries.delete(entry) };
  }

  get pendingTimers(): number {
    return this.#entries.size;
  }

  #next(): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) {
      if (!first || entry.at < first.at || (entry.at === first.at && entry.order < first.order)) first = entry;
    }
    return first;
  }

  #fire(entry: Entry): void {
    this.#entries.delete(entry);
    this.#now = entry.at;
    entry.callback();
  }

  /** Moves time on to the next timer, or to `end` where none is due before, and lets the consequences settle. */
  async step(end: number): Promise<void> {
    const next = this.#next();
    if (next && next.at <= end) this.#fire(next);
    else this.#now = end;
    await settle();
  }

  /** Moves time on by `ms`, firing every timer on the way and letting its consequences settle before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = this.#next();
      if (!next || next.at > end) break;
      this.#fire(next);
    }
    this.#now = end;
  }

  /** Moves time on, timer by timer, until `promise` settles. Fails when `limit` ms pass, or no timer is left, before. */
  async until<T>(promise: Promise<T>, limit = 600_000): Promise<T> {
    const end = this.#now + limit;
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    for (;;) {
      await settle();
      if (settled) return promise;
      const next = this.#next();
      if (!next) throw new Error('nothing is left to happen, and the promise has not settled');
      if (next.at > end) throw new Error(`the promise has not settled within ${limit} ms of virtual time`);
      this.#fire(next);
    }
  }
}
