import type { Clock } from './clock.ts';

type Subscribe<E> = (listener: (event: E) => void) => () => void;

/**
 * Waits for an event of a kind. It listens from its creation, before the command that leads to the event is sent,
 * so that a fast answer is not missed; its time runs from `within`, when that command has been accepted.
 */
export class Expectation<E, T> {
  readonly #unsubscribe: () => void;
  #found: { value: T } | null = null;
  #onFound: (() => void) | null = null;

  /** @param match the value that an event brings; undefined when it is not what is waited for */
  constructor(subscribe: Subscribe<E>, match: (event: E) => T | undefined) {
    this.#unsubscribe = subscribe((event) => {
      const value = this.#found ? undefined : match(event);
      if (value === undefined) return;
      this.#found = { value };
      this.#onFound?.();
    });
  }

  /**
   * The first match, or null when none comes within `ms` milliseconds. The expectation has ended then.
   * @throws the reason of `signal` when that is aborted first
   */
  within(clock: Clock, ms: number, signal: AbortSignal): Promise<T | null> {
    return this.upTo(clock, ms, signal).finally(() => this.cancel());
  }

  /** As `within`, but it goes on listening where nothing has come. */
  upTo(clock: Clock, ms: number, signal: AbortSignal): Promise<T | null> {
    return new Promise((resolve, reject) => {
      const end = () => {
        timer.cancel();
        signal.removeEventListener('abort', end);
        this.#onFound = null;
        if (this.#found) resolve(this.#found.value);
        else if (signal.aborted) reject(signal.reason);
        else resolve(null);
      };
      const timer = clock.after(ms, end);
      this.#onFound = end;
      signal.addEventListener('abort', end);
      if (this.#found || signal.aborted) end();
    });
  }

  /** What has been found so far. */
  get found(): T | undefined {
    return this.#found?.value;
  }

  /** Stops listening. */
  cancel(): void {
    this.#unsubscribe();
    this.#onFound = null;
  }
}
