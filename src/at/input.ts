import type { Duplex } from 'node:stream';
import { lineCutter } from './lines.ts';

const CR = 0x0d;
const LF = 0x0a;

/** Takes bytes in place of the reader of lines, until they are given back. */
export type Owner = (bytes: Buffer) => void;

interface Watch {
  readonly marks: string;
  readonly onSeen: (mark: string) => Owner | null;
  /** Nothing but prompts has come since the last line end. */
  isAtStart: boolean;
}

/** What a module sends: cut into lines, but for the time in which a transfer owns the bytes. */
export class Input {
  readonly #stream: Duplex;
  readonly #prompts: string;
  readonly #cut: (bytes: Buffer) => void;
  #watch: Watch | null = null;
  #owner: Owner | null = null;
  readonly #onData = (bytes: Buffer): void => this.take(bytes);

  /** @param prompts characters that stand before a line without belonging to it */
  constructor(stream: Duplex, prompts: string, onLine: (line: string) => void) {
    this.#stream = stream;
    this.#prompts = prompts;
    this.#cut = lineCutter(onLine);
    stream.on('data', this.#onData);
  }

  /**
   * Waits for one of `marks` at the start of a line that does not end; the module is at one now. What comes after a prompt
   * goes to the owner that `onSeen` gives, if any; so does a mark that is no prompt.
   */
  watch(marks: string, onSeen: (mark: string) => Owner | null): void {
    this.#watch = { marks, onSeen, isAtStart: true };
  }

  unwatch(): void {
    this.#watch = null;
  }

  /** The bytes are for lines again. */
  giveBack(): void {
    this.#owner = null;
  }

  /** Leaves the stream to somebody else. */
  stop(): void {
    this.#stream.off('data', this.#onData);
  }

  /** Bytes have come, from the stream or from an owner that has not used them. */
  take(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (this.#owner) {
      this.#owner(bytes);
      return;
    }
    const watch = this.#watch;
    const at = watch ? this.#find(bytes, watch) : -1;
    if (!watch || at < 0) {
      this.#cut(bytes);
      return;
    }
    this.#watch = null;
    const mark = String.fromCharCode(bytes[at] ?? 0);
    const end = this.#prompts.includes(mark) ? at + 1 : at;
    if (end > 0) this.#cut(bytes.subarray(0, end));
    this.#owner = watch.onSeen(mark);
    this.take(bytes.subarray(end));
  }

  #find(bytes: Buffer, watch: Watch): number {
    return bytes.findIndex((byte) => {
      const character = String.fromCharCode(byte);
      if (watch.isAtStart && watch.marks.includes(character)) return true;
      if (byte === LF) watch.isAtStart = true;
      else if (byte !== CR && !this.#prompts.includes(character)) watch.isAtStart = false;
      return false;
    });
  }
}
