import type { AppError } from '../errors.ts';

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const JITTER = 0.2;
/** Before the first telemetry a person sits in front of it, and a wrong setting is likelier than an outage. */
const GIVE_UP_AFTER = 3;

/**
 * Counts what has gone wrong since the session last ran well, and says how long to pause before the next attempt:
 * 1 s, doubled with every setback up to a minute, with jitter, so that no outage turns into a storm.
 */
export class RetryPolicy {
  readonly #random: () => number;
  #count = 0;
  #reached = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * Records a failure.
   * @throws `error` itself when it is time to give up; never after telemetry was reached once
   */
  record(error: AppError): void {
    this.#count++;
    const giveUpAfter = error.code === 'E_WIFI_JOIN' ? GIVE_UP_AFTER - 1 : GIVE_UP_AFTER;
    if (!this.#reached && this.#count >= giveUpAfter) throw error;
  }

  /** Telemetry has been reached: the settings are right, so it is never given up from now on. */
  reached(): void {
    this.#reached = true;
  }

  /** The session has run well for a while: the next setback is the first one again. */
  clear(): void {
    this.#count = 0;
  }

  /** Milliseconds to pause before the next attempt; 0 when nothing has gone wrong. */
  get pause(): number {
    if (this.#count === 0) return 0;
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.#count - 1));
    return Math.round(pause * (1 + JITTER * (2 * this.#random() - 1)));
  }
}
