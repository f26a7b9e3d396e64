import type { Clock, Timer } from '../clock.ts';

/** Something that is done at once, and then again and again at a pace that may change at any time. */
export class Pace {
  readonly #clock: Clock;
  readonly #tick: () => void;
  #interval: number;
  /** When it was due last, on the monotonic clock; null before the start. */
  #last: number | null = null;
  #timer: Timer | null = null;
  #stopped = false;

  /** @param interval in milliseconds */
  constructor(clock: Clock, interval: number, tick: () => void) {
    this.#clock = clock;
    this.#interval = interval;
    this.#tick = tick;
  }

  /** Does it for the first time; called again, it does nothing. */
  begin(): void {
    if (this.#last !== null || this.#stopped) return;
    this.#now();
  }

  /** Changes the pace: the next time is an interval, in milliseconds, after the last one, or now when that has passed. */
  change(interval: number): void {
    this.#interval = interval;
    if (this.#last === null || this.#stopped) return;
    if (this.#clock.monotonic() - this.#last >= interval) this.#now();
    else this.#schedule(this.#last);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #now(): void {
    this.#schedule(this.#clock.monotonic());
    this.#tick();
  }

  #schedule(last: number): void {
    this.#last = last;
    this.#timer?.cancel();
    const due = last + this.#interval;
    this.#timer = this.#clock.after(Math.max(0, due - this.#clock.monotonic()), () => {
      // Times that a computer has slept through are not made up; the rhythm stays.
      const slept = Math.max(0, Math.floor((this.#clock.monotonic() - due) / this.#interval));
      this.#schedule(due + slept * this.#interval);
      this.#tick();
    });
  }
}
