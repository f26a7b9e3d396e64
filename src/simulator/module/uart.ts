import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../../clock.ts';
import { HostEnd } from './host-end.ts';
import { Ring } from './ring.ts';

const BITS_PER_BYTE = 10;
/** At a limited rate bytes travel in slices, so that a long transfer costs a timer every few milliseconds. */
const SLICE_MS = 4;

interface Transfer {
  bytes: Buffer;
  sent: () => void;
}

export interface UartOptions {
  clock: Clock;
  /** The rate after each start. */
  baud: number;
  /** Usable bytes of the receive and of the transmit ring. */
  ring: number;
  /** Whether bytes take their time on the wire. */
  limited: boolean;
  /** The rate has changed. */
  onBaud: (baud: number) => void;
}

/** The module's UART and the wire to the host: two rings, and bytes that take their time on the way. */
export class Uart {
  readonly received: Ring;
  readonly #clock: Clock;
  readonly #options: UartOptions;
  readonly #limited: boolean;
  readonly #transmitting: Ring;
  readonly #incoming: Transfer[] = [];
  #end: HostEnd | undefined;
  #baud: number;
  #listener: (() => void) | undefined;
  #out: Timer | undefined;
  #outSince = 0;
  #in: Timer | undefined;
  #inSince = 0;
  #flushing = false;
  #stalledUntil = 0;
  #dropFromHost = 0;
  #dropToHost = 0;

  constructor(options: UartOptions) {
    this.#clock = options.clock;
    this.#options = options;
    this.#limited = options.limited;
    this.#baud = options.baud;
    this.received = new Ring(options.ring);
    this.#transmitting = new Ring(options.ring);
  }

  get baud(): number {
    return this.#baud;
  }

  get #byteMs(): number {
    return (BITS_PER_BYTE * 1000) / this.#baud;
  }

  /** A new end for the host; the previous one is unplugged. */
  connect(): Duplex {
    this.disconnect();
    this.#end = new HostEnd((end, bytes, sent) => this.#fromHost(end, bytes, sent));
    return this.#end;
  }

  disconnect(): void {
    this.#end?.destroy();
    this.#end = undefined;
  }

  /** Starts the UART as after a reset: empty rings, the first rate, `onReceive` called for bytes from the host. */
  start(onReceive: () => void): void {
    this.stop();
    this.#listener = onReceive;
    this.setBaud(this.#options.baud);
  }

  /** The firmware no longer runs: what waits in the rings is lost and nothing is received any more. */
  stop(): void {
    this.#listener = undefined;
    this.received.clear();
    this.#transmitting.clear();
    this.#out?.cancel();
    this.#out = undefined;
  }

  /** Reprograms the rate at once: bytes that wait leave at the new one (AT protocol 1.1). */
  setBaud(baud: number): void {
    if (baud === this.#baud) return;
    this.#baud = baud;
    this.#options.onBaud(baud);
  }

  /** Queues bytes for the host; when the ring is full the rest is lost, silently (AT protocol 1, T40). */
  transmit(bytes: Uint8Array): void {
    if (!this.#listener) return;
    if (this.#limited) {
      this.#transmitting.push(bytes);
      this.#pump();
      return;
    }
    if (bytes.length > this.#transmitting.free) this.#flush();
    this.#transmitting.push(bytes);
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  /** Moves what has arrived by now into the receive ring. */
  collect(): void {
    const bytes = this.#due(this.#inSince, this.#incomingBytes());
    this.#inSince += bytes * this.#byteMs;
    this.#arrive(bytes);
  }

  /** Nothing leaves the module for `ms` milliseconds. */
  stall(ms: number): void {
    this.#stalledUntil = this.#clock.monotonic() + ms;
    this.#clock.after(ms, () => {
      if (this.#limited) this.#pump();
      else this.#flush();
    });
  }

  /** The next `count` bytes from the host are lost. */
  dropFromHost(count: number): void {
    this.#dropFromHost += count;
  }

  /** The next `count` bytes to the host are lost. */
  dropToHost(count: number): void {
    this.#dropToHost += count;
  }

  get #stalled(): boolean {
    return this.#clock.monotonic() < this.#stalledUntil;
  }

  #flush(): void {
    if (!this.#stalled) this.#deliver(this.#transmitting.length);
  }

  #pump(): void {
    if (this.#out || this.#stalled || this.#transmitting.length === 0) return;
    this.#outSince = this.#clock.monotonic();
    this.#schedulePump();
  }

  #schedulePump(): void {
    const ms = Math.min(SLICE_MS, this.#transmitting.length * this.#byteMs);
    this.#out = this.#clock.after(ms, () => {
      this.#out = undefined;
      if (this.#stalled) return;
      const bytes = this.#due(this.#outSince, this.#transmitting.length);
      this.#outSince += bytes * this.#byteMs;
      this.#deliver(bytes);
      if (this.#transmitting.length > 0) this.#schedulePump();
    });
  }

  /** How many of `waiting` bytes the wire has carried since `since`. */
  #due(since: number, waiting: number): number {
    // The small part undoes the rounding of a time that is itself a sum of byte times.
    return Math.min(waiting, Math.floor((this.#clock.monotonic() - since) / this.#byteMs + 1e-6));
  }

  #deliver(count: number): void {
    const bytes = this.#transmitting.take(count);
    const lost = Math.min(this.#dropToHost, bytes.length);
    this.#dropToHost -= lost;
    if (bytes.length > lost) this.#end?.deliver(bytes.subarray(lost));
  }

  #fromHost(end: HostEnd, bytes: Buffer, sent: () => void): void {
    if (end !== this.#end || bytes.length === 0) {
      sent();
      return;
    }
    if (this.#incoming.length === 0) this.#inSince = this.#clock.monotonic();
    this.#incoming.push({ bytes, sent });
    if (!this.#limited) this.#arrive(bytes.length);
    else if (!this.#in) this.#scheduleArrival();
  }

  #scheduleArrival(): void {
    const ms = Math.min(SLICE_MS, this.#incomingBytes() * this.#byteMs);
    this.#in = this.#clock.after(ms, () => {
      this.#in = undefined;
      this.collect();
      if (this.#incoming.length > 0) this.#scheduleArrival();
    });
  }

  #incomingBytes(): number {
    return this.#incoming.reduce((sum, transfer) => sum + transfer.bytes.length, 0);
  }

  #arrive(count: number): void {
    let left = count;
    while (left > 0) {
      const transfer = this.#incoming[0];
      if (!transfer) break;
      const carried = transfer.bytes.subarray(0, left);
      transfer.bytes = transfer.bytes.subarray(carried.length);
      left -= carried.length;
      this.#receive(carried);
      if (transfer.bytes.length > 0) break;
      this.#incoming.shift();
      transfer.sent();
    }
  }

  #receive(bytes: Buffer): void {
    const lost = Math.min(this.#dropFromHost, bytes.length);
    this.#dropFromHost -= lost;
    if (!this.#listener || bytes.length === lost) return;
    this.received.push(bytes.subarray(lost));
    this.#listener();
  }
}
