import type { Clock } from '../../clock.ts';
import type { Console } from './console.ts';
import { History } from './history.ts';
import type { Ring } from './ring.ts';

const LINE = 512;
const ESCAPE_TIMEOUT_MS = 250;

const BS = 0x08;
const LF = 0x0a;
const CR = 0x0d;
const ESC = 0x1b;
const DEL = 0x7f;
const CSI = 0x5b;
const SS3 = 0x4f;
const CURSOR_UP = 0x41;
const CURSOR_DOWN = 0x42;

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
  #escape: 'none' | 'started' | 'sequence' = 'none';
  #escapeAt = 0;

  constructor(clock: Clock, console: Console, wake: () => void) {
    this.#clock = clock;
    this.#console = console;
    this.#wake = wake;
  }

  /** Takes bytes up to and with the end of one line. */
  read(received: Ring): Reading {
    for (let byte = received.shift(); byte !== undefined; byte = received.shift()) {
      if (this.#insert === LINE) {
        this.#forget();
        this.#console.prompt();
        return { kind: 'overflow' };
      }
      if (this.#escape !== 'none' && this.#inEscape(byte)) continue;
      if (byte === LF && this.#length > 0) return { kind: 'line', line: this.#complete() };
      this.#edit(byte);
    }
    this.#escapeTimeout();
    return { kind: 'empty' };
  }

  /** A lone ESC followed by silence: with echo the line is cleared, without it nothing happens to it. */
  #escapeTimeout(): void {
    if (this.#escape !== 'started') return;
    if (this.#clock.now() - this.#escapeAt <= ESCAPE_TIMEOUT_MS) return;
    this.#escape = 'none';
    if (!this.#console.echo) return;
    this.#forget();
    this.#console.raw(CLEAR_LINE);
    this.#console.prompt();
  }

  #forget(): void {
    this.#length = 0;
    this.#insert = 0;
    this.#escape = 'none';
  }

  #complete(): Buffer {
    const line = Buffer.from(this.#line.subarray(0, this.#length));
    this.#echo(LF);
    this.#forget();
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
      this.#escape = 'started';
      this.#escapeAt = this.#clock.now();
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

  /** Follows an escape sequence; false when the byte is not part of one and is to be treated as any other. */
  #inEscape(byte: number): boolean {
    if (this.#escape === 'started') {
      this.#escape = byte === CSI || byte === SS3 ? 'sequence' : 'none';
      return this.#escape === 'sequence';
    }
    if (byte < 0x20) {
      this.#escape = 'none';
      return false;
    }
    if (byte < 0x40 || byte > 0x7e) return true;
    this.#escape = 'none';
    if (byte === CURSOR_UP) this.#recall(this.#history.older());
    else if (byte === CURSOR_DOWN) this.#recall(this.#history.newer());
    return true;
  }

  #recall(line: Buffer | undefined): void {
    if (!line || !this.#console.echo) return;
    this.#line.set(line);
    this.#length = line.length;
    this.#insert = line.length;
    this.#console.raw(CLEAR_LINE);
    this.#console.prompt();
    this.#console.raw(line);
  }
}
