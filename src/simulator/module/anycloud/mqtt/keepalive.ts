import type { Clock, Timer } from '../../../../clock.ts';

/** When to ping, and when to give up: only after a silence in both directions (AT protocol 8.4, T17). */
export class Keepalive {
  readonly #clock: Clock;
  /** Called when it is time for `check`. */
  readonly #wake: () => void;
  #period = 0;
  #sentAt = 0;
  #receivedAt = 0;
  #pinged = false;
  #timer: Timer | undefined;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** When the two timers run out, in milliseconds of the clock. */
  get expiry(): { sent: number; received: number } {
    return { sent: this.#sentAt + this.#period, received: this.#receivedAt + this.#period };
  }

  /** A connection begins. @param seconds 0 for no keep-alive. */
  start(seconds: number): void {
    this.#period = seconds * 1000;
    this.#pinged = false;
    this.received();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  sent(): void {
    this.#sentAt = this.#clock.monotonic();
  }

  received(): void {
    this.#receivedAt = this.#clock.monotonic();
  }

  /** The broker has answered a ping. */
  answered(): void {
    this.#pinged = false;
  }

  /** What is to be done now. After `ping` the caller sends one. */
  check(): 'nothing' | 'ping' | 'failed' {
    if (this.#period === 0) return 'nothing';
    const { sent, received } = this.expiry;
    const left = Math.max(sent, received) - this.#clock.monotonic();
    if (left <= 0 && this.#pinged) return 'failed';
    this.#timer ??= this.#clock.after(left > 0 ? left : this.#period, () => {
      this.#timer = undefined;
      this.#wake();
    });
    if (left > 0) return 'nothing';
    this.#pinged = true;
    return 'ping';
  }
}
