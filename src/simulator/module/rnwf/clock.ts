import type { Clock } from '../../../clock.ts';
import { SECONDS_1900_TO_1970 } from '../../ntp-epoch.ts';

/** The module's own idea of the time: none until a server or a command has set it (RNWF 6). */
export class ModuleClock {
  readonly #clock: Clock;
  readonly #startedAt: number;
  /** How far the time is from the monotonic clock, in milliseconds. */
  #offset: number | undefined;
  #synchronised = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
  }

  get isSet(): boolean {
    return this.#offset !== undefined;
  }

  /** Whether a time server has ever answered. */
  get synchronised(): boolean {
    return this.#synchronised;
  }

  /** Milliseconds since 1970; since the start, where it has no time. */
  get now(): number {
    return this.#clock.monotonic() + (this.#offset ?? -this.#startedAt);
  }

  /** @param time milliseconds since 1970 */
  set(time: number): void {
    this.#offset = time - this.#clock.monotonic();
  }

  synchronise(time: number): void {
    this.#synchronised = true;
    this.set(time);
  }

  /** As events print it: seconds since 1900. */
  get ntp(): string {
    return String((Math.floor(this.now / 1000) + SECONDS_1900_TO_1970) % 2 ** 32);
  }

  get unix(): string {
    return String(Math.floor(this.now / 1000));
  }

  get text(): string {
    return `"${new Date(this.now).toISOString().slice(0, 19)}.00Z"`;
  }
}
