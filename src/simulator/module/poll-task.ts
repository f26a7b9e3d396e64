import type { Clock, Timer } from '../../clock.ts';

/**
 * A task of the firmware that polls, without the polling: it runs on its grid in time, but only when it is asked to.
 * With a period of 0 it runs as soon as the present turn has ended.
 */
export class PollTask {
  readonly #clock: Clock;
  readonly #period: number;
  readonly #origin: number;
  readonly #run: () => void;
  #timer: Timer | undefined;
  #lastRun = Number.NEGATIVE_INFINITY;

  /** @param period milliseconds between two passes. @param origin a time on the grid. */
  constructor(clock: Clock, period: number, origin: number, run: () => void) {
    this.#clock = clock;
    this.#period = period;
    this.#origin = origin;
    this.#run = run;
  }

  get pending(): boolean {
    return this.#timer !== undefined;
  }

  /** Asks for the next pass. */
  request(): void {
    this.#timer ??= this.#clock.after(this.#delay(), () => this.runNow());
  }

  /** Runs the pass that was asked for at once: another task has given way to it. */
  runNow(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#lastRun = this.#clock.monotonic();
    this.#run();
  }

  #delay(): number {
    if (this.#period === 0) return 0;
    const now = this.#clock.monotonic();
    const passes = Math.ceil((now - this.#origin) / this.#period);
    const next = this.#origin + passes * this.#period;
    // One pass does not run twice at the same time: what asks during a pass waits for the next.
    return next <= this.#lastRun ? next + this.#period - now : next - now;
  }
}
