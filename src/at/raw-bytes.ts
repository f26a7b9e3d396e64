import type { Clock } from '../clock.ts';
import { AtError } from './error.ts';

const LF = 0x0a;
const FIRST_PRINTABLE = 0x20;
const CR = 0x0d;
/** More than the longest status line, in bytes. */
const MAX_LINE = 256;
/** More than any answer within a transfer; what goes beyond is dropped. */
const MAX_UNREAD = 8_192;

/** What a line says that a module prints in the middle of a transfer: that it has taken the command, or that it is over. */
export type Verdict = 'accepted' | 'over';

/** The bytes of a stream in both directions, as a transfer has them while it owns the stream. */
export class RawBytes {
  readonly #clock: Clock;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #verdictOn: (line: string) => Verdict | null;
  #unread: Buffer = Buffer.alloc(0);
  #line = '';
  #end: string | null = null;
  #isComplete = false;
  #stopped: { reason: unknown } | null = null;
  #wake: () => void = () => undefined;
  /** The module has said that it has taken the command. */
  isAccepted = false;

  constructor(clock: Clock, send: (bytes: Uint8Array) => void, verdictOn: (line: string) => Verdict | null) {
    this.#clock = clock;
    this.#send = send;
    this.#verdictOn = verdictOn;
  }

  /** The module has ended the transfer with a status line, or by a restart. */
  get isOver(): boolean {
    return this.#end !== null;
  }

  /** Milliseconds, for deadlines. */
  get now(): number {
    return this.#clock.monotonic();
  }

  write(bytes: Uint8Array): void {
    this.#send(bytes);
  }

  /** Everything has been sent: an `OK` is the end from now on. */
  complete(): void {
    this.#isComplete = true;
  }

  /**
   * The next byte; null when none comes within `ms` milliseconds.
   * @throws AtError `refused` when the module has ended the transfer; `closed`; the reason of `signal`
   */
  async next(ms: number, signal?: AbortSignal): Promise<number | null> {
    const deadline = this.now + ms;
    for (;;) {
      signal?.throwIfAborted();
      if (this.#stopped) throw this.#stopped.reason;
      if (this.#end !== null) throw new AtError('refused', 'The module has ended the transfer');
      const byte = this.#unread[0];
      if (byte === undefined) {
        const left = deadline - this.now;
        if (left <= 0) return null;
        await this.#change(left, signal);
        continue;
      }
      this.#unread = this.#unread.subarray(1);
      this.#note(byte);
      if (this.#end === null) return byte;
    }
  }

  /** Drops a byte as often as it is the next one. */
  skip(byte: number): void {
    while (this.#unread[0] === byte) this.#unread = this.#unread.subarray(1);
  }

  /** Reads, and drops, until the module ends the transfer. @returns false when it does not within `ms` milliseconds */
  async endsWithin(ms: number): Promise<boolean> {
    const deadline = this.now + ms;
    while (this.#end === null && !this.#stopped) {
      const byte = await this.next(deadline - this.now).catch(() => undefined);
      if (byte === null) return false;
    }
    return this.isOver;
  }

  /** Bytes have come. */
  push(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes.subarray(0, Math.max(0, MAX_UNREAD - this.#unread.length))]);
    this.#wake();
  }

  /** Nothing comes any more; what waits fails with `reason`. */
  stop(reason: unknown): void {
    this.#stopped = { reason };
    this.#wake();
  }

  /**
   * What is for others. After a transfer that has failed that is the line which has ended it at most: the rest may be an echo
   * of what was sent, and so a secret.
   */
  rest(hasFailed: boolean): Buffer {
    if (this.#end !== null) return Buffer.concat([Buffer.from(`${this.#end}\r\n`, 'latin1'), this.#unread]);
    return hasFailed ? Buffer.alloc(0) : this.#unread;
  }

  /** A line may begin behind anything: the characters of a protocol have no line end of their own. */
  #note(byte: number): void {
    if (byte !== LF) {
      const isText = byte >= FIRST_PRINTABLE || byte === CR;
      this.#line = isText ? (this.#line + String.fromCharCode(byte)).slice(-MAX_LINE) : '';
      return;
    }
    const line = this.#line.replace(/\r+$/, '');
    this.#line = '';
    for (let start = 0; start < line.length; start++) {
      const verdict = this.#verdictOn(line.slice(start));
      if (verdict === null) continue;
      if (verdict === 'over' || this.#isComplete) this.#end = line.slice(start);
      else this.isAccepted = true;
      return;
    }
  }

  #change(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        signal?.removeEventListener('abort', end);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = this.#clock.after(ms, end);
      signal?.addEventListener('abort', end, { once: true });
      this.#wake = end;
    });
  }
}
