import type { Clock } from '../../../clock.ts';
import type { Ring } from '../ring.ts';

/** The firmware's receive buffer; its length is not checked against the announced one (AT protocol 7.17). */
const BUFFER = 1500;
const BLOCK = 16;
/** The last bytes of a pass are looked at one by one, for an escape of three plus signs. */
const INSPECTED = 3;
const PLUS = 0x2b;
const PLUS_MS = 250;
const ESCAPE_MS = 1000;

/** How a pass over binary data has ended. */
export type BinaryReading = 'more' | 'complete' | 'escaped' | 'overrun';

/** Binary mode: takes the announced number of bytes, and loses plus signs the way the firmware does (T52). */
export class BinaryReceiver {
  readonly #clock: Clock;
  /** Called when withheld plus signs may have waited long enough. */
  readonly #wake: () => void;
  readonly #expected: number;
  readonly #data: number[] = [];
  #pluses = 0;
  #plusAt = 0;

  constructor(clock: Clock, expected: number, wake: () => void) {
    this.#clock = clock;
    this.#expected = expected;
    this.#wake = wake;
  }

  get data(): Buffer {
    return Buffer.from(this.#data);
  }

  /** One pass over everything that has arrived. Bytes after the announced number are discarded with their pass. */
  read(received: Ring): BinaryReading {
    const bytes = received.take(received.length);
    const inspected = bytes.subarray(Math.max(0, bytes.length - INSPECTED));
    const blocks = bytes.subarray(0, bytes.length - inspected.length);
    for (let at = 0; at < blocks.length; at += BLOCK) {
      if (this.#store(blocks.subarray(at, at + BLOCK))) return this.#ending();
    }
    for (const byte of inspected) {
      if (byte === PLUS && this.#pluses < INSPECTED) {
        this.#withhold();
      } else {
        // Withheld plus signs are lost here; a pass boundary after a plus sign is enough for that.
        this.#pluses = 0;
        if (this.#store([byte])) return this.#ending();
      }
    }
    return this.#settlePluses();
  }

  #ending(): BinaryReading {
    return this.#data.length > BUFFER ? 'overrun' : 'complete';
  }

  #withhold(): void {
    this.#pluses += 1;
    this.#plusAt = this.#clock.monotonic();
    this.#clock.after(PLUS_MS + 1, this.#wake);
    if (this.#pluses === INSPECTED) this.#clock.after(ESCAPE_MS + 1, this.#wake);
  }

  #settlePluses(): BinaryReading {
    const silence = this.#clock.monotonic() - this.#plusAt;
    if (this.#pluses === INSPECTED) return silence > ESCAPE_MS ? 'escaped' : 'more';
    if (this.#pluses === 0 || silence <= PLUS_MS) return 'more';
    const pluses = Array<number>(this.#pluses).fill(PLUS);
    this.#pluses = 0;
    return this.#store(pluses) ? this.#ending() : 'more';
  }

  /** Stores bytes; true when exactly the announced number is there, or the buffer is overrun. */
  #store(bytes: Iterable<number>): boolean {
    this.#data.push(...bytes);
    return this.#data.length === this.#expected || this.#data.length > BUFFER;
  }
}
