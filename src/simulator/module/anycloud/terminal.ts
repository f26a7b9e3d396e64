import type { Clock } from '../../../clock.ts';
import type { Ring } from '../ring.ts';
import type { Console } from './console.ts';
import { EscapeSequence } from './escape-sequence.ts';
import { History } from './history.ts';

const LINE = 512;
const ESCAPE_TIMEOUT_MS = 250;

const BS = 0x08;
const LF = 0x0a;
const CR = 0x0d;
const ESC = 0x1b;
const DEL = 0x7f;

const ERASE = '\x1b[D\x1b[K';
const CLEAR_LINE = '\x1b[2K\r\x00';

/** How a pass over the received bytes has ended. */
export type Reading =
  | { kind: 'line'; line: Buffer }
  /** A byte too many: the line is forgotten, and the rest of the bytes waits for the next pass. */
  | { kind: 'overflow' }
  | { kind: 'empty' };

/** Line editing and echo, byte by byte (AT protocol 2.2 to 2.5). */
export class Terminal {
  readonly #clock: Clock;
  readonly #console: Console;
  /** Called when an ESC may have stayed alone for too long. */
  readonly #wake: () => void;
  readonly #line = Buffer.alloc(LINE);
  readonly #history = new History();
  #length = 0;
  #insert = 0;
  readonly #escape = new EscapeSequence();
  /** When the last byte was an ESC that began a sequence. */
  #escapedAt: number | undefined;

  constructor(clock: Clock, console: Console, wake: () => void) {
    this.#clock = clock;
    this.#console = console;
    this.#wake = wake;
  }

  /** Takes bytes up to and with the end of one line. */
  read(received: Ring): Reading {
    this.#endLoneEscape();
    for (let byte = received.shift(); byte !== undefined; byte = received.shift()) {
      this.#escapedAt = undefined;
      if (this.#insert === LINE) {
        this.#newLine();
        this.#console.prompt();
        return { kind: 'overflow' };
      }
      const verdict = this.#escape.take(byte);
      if (verdict === 'up' || verdict === 'down') this.#recall(verdict);
      if (verdict !== 'text') continue;
      if (byte === LF && this.#length > 0) return { kind: 'line', line: this.#complete() };
      this.#edit(byte);
    }
    return { kind: 'empty' };
  }

  /** A lone ESC followed by silence: with echo the line is cleared, without it nothing happens to it. */
  #endLoneEscape(): void {
    if (this.#escapedAt === undefined || !this.#console.echo) return;
    if (this.#clock.monotonic() - this.#escapedAt <= ESCAPE_TIMEOUT_MS) return;
    this.#newLine();
    this.#console.raw(CLEAR_LINE);
    this.#console.prompt();
  }

  #newLine(): void {
    this.#length = 0;
    this.#insert = 0;
    this.#escape.reset();
    this.#escapedAt = undefined;
    this.#history.rewind();
  }

  #complete(): Buffer {
    const line = Buffer.from(this.#line.subarray(0, this.#length));
    this.#echo(LF);
    this.#newLine();
    this.#history.add(line);
    return line;
  }

  #echo(byte: number): void {
    if (this.#console.echo) this.#console.raw(Uint8Array.of(byte));
  }

  #edit(byte: number): void {
    if (byte === CR) {
      // Not a terminator: what follows overwrites the line from its start (T31).
      this.#insert = 0;
      this.#echo(CR);
    } else if (byte === LF) {
      this.#echo(LF);
      this.#console.prompt();
    } else if (byte === BS) {
      this.#erase();
    } else if (byte === ESC) {
      this.#escape.begin();
      this.#escapedAt = this.#clock.monotonic();
      this.#clock.after(ESCAPE_TIMEOUT_MS + 1, this.#wake);
    } else if (byte >= 0x20 && byte !== DEL) {
      this.#line[this.#insert++] = byte;
      this.#length = Math.max(this.#length, this.#insert);
      this.#echo(byte);
    }
  }

  #erase(): void {
    if (this.#insert === 0) return;
    if (this.#insert === this.#length) this.#length -= 1;
    this.#insert -= 1;
    if (this.#console.echo) this.#console.raw(ERASE);
  }

  #recall(direction: 'up' | 'down'): void {
    if (!this.#console.echo) return;
    const line = direction === 'up' ? this.#history.older() : this.#history.newer();
    if (!line) return;
    this.#line.set(line);
    this.#length = line.length;
    this.#insert = line.length;
    this.#console.raw(CLEAR_LINE);
    this.#console.prompt();
    this.#console.raw(line);
  }
}
