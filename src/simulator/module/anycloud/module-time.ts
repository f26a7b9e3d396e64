import type { Clock } from '../../../clock.ts';
import { SECONDS_1900_TO_1970 } from '../../ntp-epoch.ts';

/** Without a refresh for this long, the time of SNTP no longer counts (AT protocol 7.6, T50). */
const STALE_MS = 660_000;

/** The formats of AT+TIME: Unix time, time since 1900, text. */
export type TimeFormat = 1 | 2 | 3;

export const isTimeFormat = (value: unknown): value is TimeFormat => value === 1 || value === 2 || value === 3;

/**
 * The module's own idea of the time. It has two clocks: one that SNTP sets and that goes stale, and behind it one that counts
 * from 1970 at power-up, or from what a command has set.
 */
export class ModuleTime {
  /** Which format the event of an SNTP exchange has: the one used last (T49). */
  format: TimeFormat = 2;
  readonly #clock: Clock;
  readonly #powerUp: number;
  /** When 1970 was, on the monotonic clock, by the count from power-up or by a command. */
  #epoch: number;
  #synchronised = false;
  /** When SNTP answered last, and how far its time is from the monotonic clock; a command ends it. */
  #sntp: { at: number; offset: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#powerUp = clock.monotonic();
    this.#epoch = this.#powerUp;
  }

  /** Whether SNTP has ever answered; setting the time by command does not count (T51). */
  get synchronised(): boolean {
    return this.#synchronised;
  }

  /** Milliseconds from power-up to a time of the monotonic clock. */
  uptimeAt(time: number): number {
    return time - this.#powerUp;
  }

  /** Milliseconds since 1970, as the module believes. */
  get now(): number {
    const now = this.#clock.monotonic();
    if (this.#sntp && now - this.#sntp.at < STALE_MS) return now + this.#sntp.offset;
    return now - this.#epoch;
  }

  /** The SNTP server has answered. @param trueTime milliseconds since 1970. */
  synchronise(trueTime: number): void {
    const at = this.#clock.monotonic();
    this.#synchronised = true;
    this.#sntp = { at, offset: trueTime - at };
  }

  /** A command has set the time. @param time milliseconds since 1970. */
  set(time: number): void {
    this.#epoch = this.#clock.monotonic() - time;
    this.#sntp = undefined;
  }

  /** The time in one of the formats; undefined in the first second of 1970. */
  text(format: TimeFormat): string | undefined {
    const seconds = Math.floor(this.now / 1000) % 2 ** 32;
    if (seconds === 0) return undefined;
    if (format === 3) return `"${new Date(seconds * 1000).toISOString().slice(0, 19)}.00Z"`;
    return String((format === 1 ? seconds : seconds + SECONDS_1900_TO_1970) % 2 ** 32);
  }
}
