import type { Ring } from '../ring.ts';
import type { Printer } from './printer.ts';

const CR = 0x0d;
const LF = 0x0a;

/** What has been read: a line without its end, or one that was longer than there is room for. */
export type Reading = { kind: 'line'; line: string } | { kind: 'overflow' } | { kind: 'nothing' };

/** Command lines out of bytes: a line ends with CR and LF, both needed; what it begins with is echoed at once (RNWF 2). */
export class Terminal {
  readonly #printer: Printer;
  readonly #limit: number;
  #line: number[] = [];
  #isTooLong = false;

  /** @param limit bytes of a line */
  constructor(printer: Printer, limit: number) {
    this.#printer = printer;
    this.#limit = limit;
  }

  /** Takes bytes up to and with the end of one line. */
  read(received: Ring): Reading {
    for (let byte = received.shift(); byte !== undefined; byte = received.shift()) {
      this.#printer.echoByte(byte);
      if (byte === LF && this.#line.at(-1) === CR) return this.#complete();
      if (this.#line.length > this.#limit) {
        // The CR of its end must be seen.
        this.#isTooLong = true;
        this.#line.length = 0;
      }
      this.#line.push(byte);
    }
    return { kind: 'nothing' };
  }

  #complete(): Reading {
    const line = Buffer.from(this.#line.slice(0, -1)).toString('latin1');
    const isTooLong = this.#isTooLong;
    this.#line = [];
    this.#isTooLong = false;
    return isTooLong ? { kind: 'overflow' } : { kind: 'line', line };
  }
}
