import { type Clock, sleep } from '../clock.ts';

/** The part of an output stream that is used; `process.stdout` is one. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly writableLength: number;
  write(text: string, callback?: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** What may wait for a reader that does not read, in bytes. */
const MAX_WAITING = 16 * 1024 * 1024;

/** An output stream that may be closed at any time by its reader (EPIPE), which is no error here. */
export class Channel {
  readonly #stream: TextStream;
  #closed = false;

  /** `onClosed` is called once, when the stream has failed and nothing can be written any more. */
  constructor(stream: TextStream, onClosed: () => void) {
    this.#stream = stream;
    stream.on('error', () => {
      if (this.#closed) return;
      this.#closed = true;
      onClosed();
    });
  }

  /** The reader is so far behind that what is not needed should not be written. */
  get isFull(): boolean {
    return this.#stream.writableLength > MAX_WAITING;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns || 80;
  }

  write(text: string): void {
    if (!this.#closed && text !== '') this.#stream.write(text);
  }

  /** Waits until everything has been handed over, or the reader is gone, or `ms` milliseconds have passed. */
  async flush(clock: Clock, ms: number): Promise<void> {
    if (this.#closed || this.#stream.writableLength === 0) return;
    const deadline = new AbortController();
    const written = new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
    await Promise.race([written, sleep(clock, ms, deadline.signal).catch(() => undefined)]);
    deadline.abort();
  }
}
