import type { Duplex } from 'node:stream';
import { generate, type Packet, parser } from 'mqtt-packet';
import type { Clock, Timer } from '../../clock.ts';
import { isAmqp, NO_AMQP } from './amqp.ts';

/** The largest packet that is read: 256 KB of payload (Azure 2.1), the longest topic, and the headers. */
const MAX_PACKET = 262_144 + 65_535 + 16;
/** A client that does not read what it is sent is dropped before it costs more memory than this. */
const MAX_UNSENT = 4 * 1024 * 1024;
/** How long a client may take to answer our end of the stream with its own, in milliseconds. */
const CLOSING_TIME = 1000;
/** A moment is looked for again after so many milliseconds at most: clocks are set, and timers count to 24 days only. */
const LONGEST_LOOK = 60_000;

/** What Azure offers of quality of service (Azure 2.1). */
export type Qos = 0 | 1;

export type Tap = (direction: 'in' | 'out', packet: Packet) => void;

/**
 * MQTT packets over a stream, one handled after the other: the next bytes are read when the last packet has been dealt
 * with, so a fast client waits instead of filling our memory. Knows the codec and nothing of what packets mean.
 */
export class MqttConnection {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #tap: Tap | undefined;
  #open = true;
  #onClose: () => void = () => {};
  #closeReason: string | null = null;
  #lastReceived: number;
  #keepAlive: Timer | undefined;
  #expiry: Timer | undefined;
  #closing: Timer | undefined;

  constructor(stream: Duplex, clock: Clock, tap?: Tap) {
    this.#stream = stream;
    this.#clock = clock;
    this.#tap = tap;
    this.#lastReceived = clock.monotonic();
    stream.on('error', () => {}); // the read loop ends with the stream, whatever ended it
    stream.once('close', () => {
      this.#closing?.cancel();
      this.#closed();
    });
  }

  get open(): boolean {
    return this.#open;
  }

  /** Why we have closed it; null while it is open, and when the other side has closed it. */
  get closeReason(): string | null {
    return this.#closeReason;
  }

  /** Reads until the stream has ended; `onClose` is called once, as soon as nothing more will be sent or handled. */
  async run(handle: (packet: Packet) => Promise<void>, onClose: () => void): Promise<void> {
    this.#onClose = onClose;
    const packets: Packet[] = [];
    let malformed = false;
    let isFirst = true;
    const decoder = parser({});
    decoder.on('packet', (packet) => packets.push(packet));
    decoder.on('error', () => {
      malformed = true;
    });
    try {
      for await (const chunk of this.#stream.iterator({ destroyOnReturn: false })) {
        if (!this.#open) continue;
        this.#lastReceived = this.#clock.monotonic();
        if (isFirst && isAmqp(chunk as Buffer)) {
          this.close(NO_AMQP);
          continue;
        }
        isFirst = false;
        const left = decoder.parse(chunk as Buffer);
        for (const packet of packets.splice(0)) {
          if (!this.#open) break;
          this.#tap?.('in', packet);
          await handle(packet);
        }
        if (malformed) this.close('a packet that is not MQTT 3.1.1');
        else if (left > MAX_PACKET) this.close('a packet that is too large');
      }
    } catch {
      // The stream broke, or the codec met something that it cannot even refuse; both end the connection.
    }
    this.close();
  }

  send(packet: Packet): void {
    if (!this.#open) return;
    this.#tap?.('out', packet);
    this.#stream.write(generate(packet));
    if (this.#stream.writableLength <= MAX_UNSENT) return;
    this.#closeReason ??= 'the client does not read what it is sent';
    this.#stream.destroy();
  }

  /** Closes when nothing has been received for one and a half times `seconds` (MQTT 3.1.1, 3.1.2.10), or at most `most`. */
  expectTraffic(seconds: number, most: number): void {
    this.#keepAlive?.cancel();
    const allowed = 1000 * Math.min(seconds > 0 ? seconds * 1.5 : most, most);
    const look = () => {
      const left = this.#lastReceived + allowed - this.#clock.monotonic();
      if (left <= 0) this.close(`nothing was received for ${Math.round(allowed / 1000)} s`);
      else this.#keepAlive = this.#clock.after(left, look);
    };
    look();
  }

  /** Closes at this moment, in milliseconds since 1970: the wall clock counts, and may be set. */
  closeAt(moment: number, reason: string): void {
    const look = () => {
      const left = moment - this.#clock.wall();
      if (left <= 0) this.close(reason);
      else this.#expiry = this.#clock.after(Math.min(left, LONGEST_LOOK), look);
    };
    look();
  }

  /**
   * Ends the stream once what was sent is out; nothing that arrives from now on is handled.
   * @param reason why, where that is not the client's own doing
   */
  close(reason?: string): void {
    if (!this.#open) return;
    this.#closeReason ??= reason ?? null;
    this.#closed();
    this.#closing = this.#clock.after(CLOSING_TIME, () => this.#stream.destroy());
    this.#stream.end();
  }

  #closed(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#keepAlive?.cancel();
    this.#expiry?.cancel();
    this.#onClose();
  }
}
