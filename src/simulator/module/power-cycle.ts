import type { Clock, Timer } from '../../clock.ts';

/** The clock of the firmware from power-up to the next reset: when that comes, none of its timers fires any more. */
export class PowerCycle implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  readonly #abort = new AbortController();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Aborted when this power cycle ends. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  wall(): number {
    return this.#clock.wall();
  }

  after(ms: number, callback: () => void): Timer {
    if (this.#stopped) return { cancel: () => undefined };
    const inner = this.#clock.after(ms, () => {
      this.#timers.delete(timer);
      callback();
    });
    const timer: Timer = {
      cancel: () => {
        inner.cancel();
        this.#timers.delete(timer);
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  /** Time stands still: a crash. */
  stop(): void {
    this.#stopped = true;
    for (const timer of [...this.#timers]) timer.cancel();
  }

  end(): void {
    this.stop();
    this.#abort.abort();
  }
}
