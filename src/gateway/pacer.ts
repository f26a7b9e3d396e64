import type { Clock, Timer } from '../clock.ts';

/** What packets are written to: a socket. */
export interface Sink {
  /** @param done called when the system has taken it */
  write(bytes: Buffer, done: () => void): unknown;
}

/** Packets that may wait; whoever sends more is asked to stop. */
const QUEUE = 32;

/**
 * Hands packets to a module that has its turn every 50 ms and takes one packet in it (AT protocol 2.1): each in one write,
 * and with a pause between two. One that need not wait does not.
 */
export class Pacer {
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #pause: number;
  readonly #onSpace: () => void;
  readonly #queue: Buffer[] = [];
  #last = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;
  /** Two packets that wait in one socket would leave it in one piece. */
  #isWriting = false;
  #whenEmpty: (() => void) | null = null;
  #closed = false;

  /**
   * @param pause milliseconds between two packets
   * @param onSpace called when the queue, once it was full, has room again
   */
  constructor(sink: Sink, clock: Clock, pause: number, onSpace: () => void) {
    this.#sink = sink;
    this.#clock = clock;
    this.#pause = pause;
    this.#onSpace = onSpace;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /** Nothing more is to be pushed until there is space; what is pushed all the same is kept. */
  get isFull(): boolean {
    return this.#queue.length >= QUEUE;
  }

  push(packet: Buffer): void {
    if (this.#closed) return;
    this.#queue.push(packet);
    this.#next();
  }

  /** Calls `done` when everything that waits has been written; nothing is to be pushed any more. */
  finish(done: () => void): void {
    this.#whenEmpty = done;
    this.#next();
  }

  /** Forgets what waits. */
  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #next(): void {
    while (!this.#closed && !this.#timer && !this.#isWriting && this.#queue.length > 0) {
      const wait = this.#last + this.#pause - this.#clock.monotonic();
      if (wait > 0) {
        this.#timer = this.#clock.after(wait, () => {
          this.#timer = null;
          this.#next();
        });
        return;
      }
      const wasFull = this.isFull;
      const packet = this.#queue.shift();
      if (!packet) return;
      this.#last = this.#clock.monotonic();
      this.#isWriting = true;
      this.#sink.write(packet, () => {
        this.#isWriting = false;
        this.#next();
      });
      if (wasFull && !this.isFull) this.#onSpace();
    }
    if (!this.#isWriting && this.#queue.length === 0) this.#end();
  }

  #end(): void {
    const done = this.#whenEmpty;
    this.#whenEmpty = null;
    done?.();
  }
}
