import { type Clock, sleep } from '../clock.ts';
import type { AppError, ErrorCode } from '../errors.ts';

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const JITTER = 0.2;
/** Before the first telemetry a person sits in front of it, and a wrong setting is likelier than an outage. */
const GIVE_UP_AFTER = 3;
/** A passphrase is mistyped more often than a network fails, and certificates do not change by waiting. */
const SOONER: ReadonlyMap<ErrorCode, number> = new Map([
  ['E_WIFI_JOIN', 2],
  ['E_DPS_TLS', 1],
  ['E_HUB_TLS', 1],
  ['E_GATEWAY_TLS', 1],
  ['E_GATEWAY_HOST', 1],
  ['E_GATEWAY_UNREACHED', 2],
]);
/** So many losses in a row, each made good by itself, cost no pause. */
const FREE_LOSSES = 2;
/** A connection that was lost so often before the first telemetry will not hold. */
const GIVE_UP_AFTER_LOSSES = 10;

/**
 * Counts what has gone wrong since the session last ran well, and says how long to pause before the next attempt:
 * 1 s, doubled every time up to a minute, with jitter, so that no outage turns into a storm.
 */
export class RetryPolicy {
  readonly #random: () => number;
  #setbacks = 0;
  #losses = 0;
  #drops = 0;
  #reached = false;
  #pause = 0;

  /** @param random evenly distributed in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * Records a failure that makes the session start over, or try again.
   * @throws `error` itself when it is time to give up; never after telemetry was reached once
   */
  record(error: AppError): void {
    this.#setbacks++;
    if (!this.#reached && this.#setbacks >= giveUpAfter(error.code)) throw error;
    this.#pauseFor(this.#setbacks);
  }

  /**
   * Records that the network or the connection to the hub was lost, and will be there again without starting over.
   * @param error what it means when it happens too often
   * @param isDrop whether it was the connection to the hub
   * @throws `error` when it is time to give up; never after telemetry was reached once
   */
  recordLoss(error: AppError, isDrop: boolean): void {
    this.#losses++;
    if (isDrop) this.#drops++;
    if (!this.#reached && this.#losses >= GIVE_UP_AFTER_LOSSES) throw error;
    if (this.#losses > FREE_LOSSES) this.#pauseFor(this.#losses - FREE_LOSSES);
  }

  /** Which try it is of how many, should it fail with `code`; null when it is tried for ever. */
  tries(code: ErrorCode): { count: number; total: number } | null {
    if (this.#reached) return null;
    const count = this.#setbacks + 1;
    return { count, total: Math.max(count, giveUpAfter(code)) };
  }

  /** Telemetry has been reached: the settings are right, so it is never given up from now on. */
  reached(): void {
    this.#reached = true;
  }

  /** The session has run well for a while: the next failure is the first one again. */
  clear(): void {
    this.#setbacks = 0;
    this.#losses = 0;
    this.#drops = 0;
  }

  /** How often the hub has ended the connection since the session last ran well. */
  get drops(): number {
    return this.#drops;
  }

  /** Milliseconds to pause before the next attempt; 0 when none is due. */
  get pause(): number {
    return this.#pause;
  }

  /** Waits out the pause that is due, once. @throws the reason of `signal` when that is aborted first */
  async wait(clock: Clock, signal: AbortSignal): Promise<void> {
    const pause = this.#pause;
    if (pause === 0) return;
    await sleep(clock, pause, signal);
    this.#pause = 0;
  }

  #pauseFor(count: number): void {
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (count - 1));
    this.#pause = Math.round(pause * (1 + JITTER * (2 * this.#random() - 1)));
  }
}

function giveUpAfter(code: ErrorCode): number {
  return SOONER.get(code) ?? GIVE_UP_AFTER;
}
