/** A timer that has been started; cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as a parameter: the real clock in the product, a virtual one in tests. Intervals and time-outs are measured on the
 * monotonic clock, since the other one is stepped when a computer gets its time late.
 */
export interface Clock {
  /** Milliseconds since some moment in the past; it never steps. For intervals and time-outs. */
  monotonic(): number;
  /** Milliseconds since 1970-01-01 UTC. For what is written down, and for what expires. */
  wall(): number;
  /** Calls `callback` once after `ms` milliseconds (not before the current turn has ended). */
  after(ms: number, callback: () => void): Timer;
}

/** The computer's own clock. */
export const systemClock: Clock = {
  // `performance` would do, but its first use loads much.
  monotonic() {
    const [seconds, nanoseconds] = process.hrtime();
    return 1_000 * seconds + nanoseconds / 1_000_000;
  },
  wall: () => Date.now(),
  after(ms, callback) {
    const handle = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(handle) };
  },
};

/**
 * Waits `ms` milliseconds.
 * @throws the signal's reason as soon as the signal is aborted.
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
