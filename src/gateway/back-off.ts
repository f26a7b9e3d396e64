import type { Clock } from '../clock.ts';

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const JITTER = 0.2;
/** A connection that has lasted so long was a good one. */
const GOOD_AFTER = 30_000;
/** So many connections in a row that a board has ended sooner cost no pause: DPS, a hub, and starting over. */
const FREE_SHORT_ONES = 6;

/** Pauses between attempts to reach a cloud that does not let itself be reached: none before the first, then they grow. */
export class BackOff {
  readonly #clock: Clock;
  readonly #random: () => number;
  #failures = 0;
  /** Connections in a row that the board has ended soon. */
  #shortOnes = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #connectedAt: number | null = null;

  /** @param random evenly distributed in [0, 1) */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Milliseconds to wait from now on before the next attempt. */
  get pause(): number {
    return Math.max(0, this.#notBefore - this.#clock.monotonic());
  }

  /** An attempt has failed, or the cloud has ended a connection. @returns the pause that follows, in milliseconds */
  failed(): number {
    const since = this.#connectedAt;
    this.#connectedAt = null;
    if (since !== null && this.#clock.monotonic() - since >= GOOD_AFTER) {
      this.#failures = 0;
      this.#shortOnes = 0;
      return 0;
    }
    this.#failures++;
    return this.#pauseFor(this.#failures);
  }

  connected(): void {
    this.#connectedAt = this.#clock.monotonic();
  }

  /**
   * The board has ended the connection, or has not waited for it. That says nothing about the cloud; but a board that does it
   * again and again is not to storm the cloud with connections.
   */
  ended(): void {
    const since = this.#connectedAt;
    this.#connectedAt = null;
    if (since !== null) this.#failures = 0;
    if (since !== null && this.#clock.monotonic() - since >= GOOD_AFTER) this.#shortOnes = 0;
    else if (++this.#shortOnes > FREE_SHORT_ONES) this.#pauseFor(this.#shortOnes - FREE_SHORT_ONES);
  }

  #pauseFor(count: number): number {
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (count - 1));
    const shaken = Math.round(pause * (1 + JITTER * (2 * this.#random() - 1)));
    const now = this.#clock.monotonic();
    this.#notBefore = Math.max(this.#notBefore, now + shaken);
    return this.#notBefore - now;
  }
}
