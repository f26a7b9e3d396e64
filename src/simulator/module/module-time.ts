import type { Clock } from '../../clock.ts';
import { SECONDS_1900_TO_1970 } from '../ntp-epoch.ts';

/** Without a refresh for this long, the clock falls back to counting from power-up (AT protocol 7.6, T50). */
const STALE_MS = 660_000;

/** The formats of AT+TIME: Unix time, time since 1900, text. */
export type TimeFormat = 1 | 2 | 3;

export const isTimeFormat = (value: unknown): value is TimeFormat => value === 1 || value === 2 || value === 3;

/** The module's own idea of the time: uptime counted from 1970, until SNTP or a command sets it. */
export class ModuleTime {
  /** Which format the event of an SNTP exchange has: the one used last (T49). */
  format: TimeFormat = 2;
  readonly #clock: Clock;
  readonly #powerUp: number;
  #offset = 0;
  #setAt = Number.NEGATIVE_INFINITY;
  #synchronised = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#powerUp = clock.now();
  }

  /** Whether SNTP has ever answered; setting the time by command does not count (T51). */
  get synchronised(): boolean {
    return this.#synchronised;
  }

  /** Milliseconds from power-up to a time of the clock. */
  uptimeAt(time: number): number {
    return time - this.#powerUp;
  }

  /** Milliseconds since 1970, as the module believes. */
  get now(): number {
    const now = this.#clock.now();
    return now - this.#setAt < STALE_MS ? now + this.#offset : now - this.#powerUp;
  }

  /** The SNTP server has answered. @param trueTime milliseconds since 1970. */
  synchronise(trueTime: number): void {
    this.#synchronised = true;
    this.set(trueTime);
  }

  /** @param time milliseconds since 1970. */
  set(time: number): void {
    this.#setAt = this.#clock.now();
    this.#offset = time - this.#setAt;
  }

  /** The time in one of the formats; undefined in the first second after power-up. */
  text(format: TimeFormat): string | undefined {
    const seconds = Math.floor(this.now / 1000);
    if (seconds === 0) return undefined;
    if (format === 3) return `"${new Date(seconds * 1000).toISOString().slice(0, 19)}.00Z"`;
    return String((format === 1 ? seconds : seconds + SECONDS_1900_TO_1970) % 2 ** 32);
  }
}
