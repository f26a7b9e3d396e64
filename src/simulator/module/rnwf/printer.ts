import type { Clock } from '../../../clock.ts';

export interface PrinterOptions {
  clock: Clock;
  write: (bytes: Uint8Array) => void;
  /** How many events that are due next are lost: taken one by one. */
  takeLost: () => boolean;
  /** Milliseconds by which events come later. */
  lateness: () => number;
  /** Whether this event breaks into two pieces, with something between them. */
  splits: () => boolean;
}

/** Between the pieces of an event that a fault has split. */
const SPLIT_MS = 40;

const latin1 = (text: string) => Buffer.from(text, 'latin1');

/**
 * What the module prints: answers, and events in between. No event comes while a command is being executed; a carriage
 * return stands before each of them, and with the echo on a prompt follows what ends a line (RNWF 2).
 */
export class Printer {
  /** ATE. */
  echo = true;
  readonly #options: PrinterOptions;
  readonly #events: string[] = [];
  #isBusy = false;
  /** An event stops in its middle. */
  #isSplit = false;
  /** Files or data are being transferred: nothing else is printed. */
  #isRaw = false;

  constructor(options: PrinterOptions) {
    this.#options = options;
  }

  /** A character that was received, where the echo is on. */
  echoByte(byte: number): void {
    if (this.echo) this.#options.write(Uint8Array.of(byte));
  }

  /** A command is being executed from now on. */
  begin(): void {
    this.#isBusy = true;
  }

  /** A line of the answer. */
  info(line: string): void {
    this.#options.write(latin1(`${line}\r\n`));
  }

  /** The status, which ends the answer. */
  end(line: string): void {
    this.#options.write(latin1(`${line}\r\n${this.echo ? '>' : ''}`));
    this.#isBusy = false;
    this.#flush();
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#options.write(bytes);
  }

  enterRaw(): void {
    this.#isRaw = true;
  }

  leaveRaw(): void {
    this.#isRaw = false;
    this.#flush();
  }

  /** An event, as soon as nothing else is being printed. */
  event(line: string): void {
    const { clock, lateness, takeLost } = this.#options;
    if (takeLost()) return;
    const late = lateness();
    if (late > 0) clock.after(late, () => this.#queue(line));
    else this.#queue(line);
  }

  #queue(line: string): void {
    this.#events.push(line);
    this.#flush();
  }

  #flush(): void {
    if (this.#isBusy || this.#isRaw || this.#isSplit) return;
    for (let line = this.#events.shift(); line !== undefined; line = this.#events.shift()) {
      const bytes = latin1(`\r${line}\r\n${this.echo ? '>' : ''}`);
      if (!this.#options.splits() || bytes.length < 4) {
        this.#options.write(bytes);
        continue;
      }
      const half = bytes.length >> 1;
      this.#options.write(bytes.subarray(0, half));
      this.#isSplit = true;
      this.#options.clock.after(SPLIT_MS, () => {
        this.#isSplit = false;
        this.#options.write(bytes.subarray(half));
        this.#flush();
      });
      return;
    }
  }
}
