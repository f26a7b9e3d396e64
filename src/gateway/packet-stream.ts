import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { MalformedPacket, PacketReader, type RawPacket } from './packets.ts';

/** Packets that are kept for somebody who does not take them yet. */
const KEPT = 16;
/** How long the other side may take to answer our end of the stream with its own, in milliseconds. */
const CLOSING_TIME = 1_000;

/**
 * MQTT packets over a stream, bytes as they came. Nobody need take them at once: what comes too early is kept, within
 * limits, so that the end of the stream is noticed in any case.
 */
export class PacketStream {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #reader: PacketReader;
  readonly #kept: RawPacket[] = [];
  #take: ((packet: RawPacket) => void) | null = null;
  #error: Error | null = null;
  #ended = false;
  #onEnd: (error: Error | null) => void = () => undefined;

  /** @param longest bytes that a packet may have */
  constructor(stream: Duplex, longest: number, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    this.#reader = new PacketReader(longest);
    stream.on('error', (error) => {
      this.#error ??= error;
    });
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.once('end', () => this.#finish());
    stream.once('close', () => this.#finish());
  }

  /** It has ended, or was ended: nothing is sent any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Has `listener` called once when it has ended, whoever has ended it; with what was wrong, where that is known. */
  set onEnd(listener: (error: Error | null) => void) {
    this.#onEnd = listener;
    if (this.#ended) listener(this.#error);
  }

  /** Hands every packet to `take` from now on, those first that are there; null keeps them. */
  set onPacket(take: ((packet: RawPacket) => void) | null) {
    this.#take = take;
    while (this.#take && this.#kept.length > 0) {
      const packet = this.#kept.shift();
      if (packet) this.#take(packet);
    }
  }

  write(bytes: Buffer, done?: () => void): boolean {
    if (this.#ended) return false;
    return this.#stream.write(bytes, () => done?.());
  }

  onceDrained(listener: () => void): void {
    this.#stream.once('drain', listener);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Ends it in order, after what was written. */
  end(bytes?: Buffer): void {
    if (this.#ended) return;
    const stream = this.#stream;
    const late = this.#clock.after(CLOSING_TIME, () => stream.destroy());
    stream.once('close', () => late.cancel());
    if (bytes) stream.end(bytes);
    else stream.end();
    stream.resume();
    this.#finish();
  }

  /** Ends it at once. @param why what the other side has done, where it is for that */
  destroy(why: Error | null = null): void {
    this.#error ??= why;
    this.#stream.destroy();
    this.#finish();
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      for (const packet of this.#reader.push(chunk)) {
        if (this.#ended) return;
        if (this.#take) this.#take(packet);
        else if (this.#kept.length < KEPT) this.#kept.push(packet);
        else throw new MalformedPacket('packets without waiting for CONNACK');
      }
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error;
      this.destroy(error);
    }
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#take = null;
    this.#onEnd(this.#error);
  }
}
