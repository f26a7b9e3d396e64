import type { Clock, Timer } from '../clock.ts';
import type { CloudConnection } from './cloud-connection.ts';
import { InFlight } from './in-flight.ts';
import { Pacer } from './pacer.ts';
import type { PacketStream } from './packet-stream.ts';
import { DISCONNECT, FROM_CLIENT, MalformedPacket, type RawPacket, readPublish, TYPE } from './packets.ts';

/** What the module can take of a packet over plain TCP, beside its fixed header (AT protocol 8.3). */
export const LONGEST_BODY = 1460;
/** The module waits no longer for its broker than twice its keep-alive; the cloud answers within a second. */
const PING_TIMEOUT = 20_000;
/** Keep-alive is one and a half times what was asked for (MQTT 3.1.1, 3.1.2.10); without one, the hub's longest. */
const LONGEST_SILENCE = 1767_000;
/** Between two looks at clocks. */
const LOOK = 1_000;
/** No idle moment is waited for any more when so much is left of the time in which a password is to be renewed. */
const LAST_MOMENT = 0.1;
/** What waits for the board is given so much time when the cloud has gone. */
const CLOSING_TIME = 5_000;

/** Why a bridge has ended. */
export type BridgeEnd =
  | { readonly by: 'board'; readonly reason: string | null }
  | { readonly by: 'cloud'; readonly reason: string | null }
  | { readonly by: 'renewal'; readonly expired: boolean };

export interface BridgeOptions {
  readonly clock: Clock;
  /** Milliseconds between two packets to the board. */
  readonly pace: number;
  /** Seconds, as the board has asked for it; 0 for none. */
  readonly keepAlive: number;
  /** Calls it with every packet from the cloud, before the board has it. */
  onPacket(packet: RawPacket): void;
  /** A packet was left out. @param bytes of its body */
  onTooLarge(topic: string, bytes: number): void;
  onEnd(end: BridgeEnd): void;
}

/**
 * A board and its cloud, joined: what comes from one goes to the other as it is. Acknowledgements, keep-alive and the end
 * are theirs; only the pace towards the board is the gateway's.
 */
export class Bridge {
  readonly #board: PacketStream;
  readonly #cloud: CloudConnection;
  readonly #options: BridgeOptions;
  readonly #pacer: Pacer;
  readonly #inFlight = new InFlight();
  #lastHeard: number;
  #look: Timer | null = null;
  #ended = false;

  constructor(board: PacketStream, cloud: CloudConnection, options: BridgeOptions) {
    this.#board = board;
    this.#cloud = cloud;
    this.#options = options;
    const { clock, pace } = options;
    this.#lastHeard = clock.monotonic();
    this.#pacer = new Pacer(board, clock, pace, () => cloud.stream.resume());
  }

  /** Lets everything pass, what has come already first. */
  start(): void {
    const [board, cloud] = [this.#board, this.#cloud];
    board.onEnd = (error) => this.#finish({ by: 'board', reason: error?.message ?? null });
    cloud.stream.onEnd = (error) => this.#finish({ by: 'cloud', reason: error?.message ?? null });
    this.#pacer.push(cloud.connack);
    this.#watch();
    cloud.stream.onPacket = (packet) => this.#down(packet);
    board.onPacket = (packet) => this.#up(packet);
  }

  /** Ends it as the board would, and without the board's doing. */
  close(): void {
    this.#finish({ by: 'board', reason: 'its place was taken' });
  }

  /** Whether the board has been heard within its keep-alive. */
  isHeard(): boolean {
    return this.#options.clock.monotonic() - this.#lastHeard < this.#silence;
  }

  get #silence(): number {
    const { keepAlive } = this.#options;
    return keepAlive === 0 ? LONGEST_SILENCE : Math.min(1500 * keepAlive + LOOK, LONGEST_SILENCE);
  }

  #up(packet: RawPacket): void {
    const { stream } = this.#cloud;
    if (!FROM_CLIENT.has(packet.type)) {
      this.#board.destroy(new MalformedPacket('a packet that is not for a client to send'));
      return;
    }
    this.#lastHeard = this.#options.clock.monotonic();
    this.#inFlight.up(packet, this.#lastHeard);
    if (packet.type === TYPE.disconnect) {
      this.#finish({ by: 'board', reason: null }, packet.bytes);
    } else if (!stream.write(packet.bytes)) {
      this.#board.pause();
      stream.onceDrained(() => this.#board.resume());
    }
  }

  #down(packet: RawPacket): void {
    if (packet.body.length > LONGEST_BODY) {
      this.#options.onTooLarge(readPublish(packet)?.topic ?? '', packet.body.length);
      return;
    }
    this.#inFlight.down(packet, this.#options.clock.monotonic());
    this.#options.onPacket(packet);
    this.#pacer.push(packet.bytes);
    if (this.#pacer.isFull) this.#cloud.stream.pause();
  }

  /** Looks at everything that ends with time. */
  #watch(): void {
    const { clock } = this.#options;
    this.#look = clock.after(LOOK, () => {
      const now = clock.monotonic();
      if (!this.isHeard()) this.#board.destroy(new Error('nothing was heard of it within its keep-alive'));
      else if (this.#inFlight.pingWaits(now) > PING_TIMEOUT) {
        this.#cloud.stream.destroy(new Error(`no answer to PINGREQ within ${PING_TIMEOUT / 1000} s`));
      } else this.#renew(now);
      if (!this.#ended) this.#watch();
    });
  }

  /** Ends it before the password does, when nothing is on its way. */
  #renew(now: number): void {
    const { expires, renewedBefore } = this.#cloud.password;
    const left = expires - this.#options.clock.wall();
    const isIdle = this.#pacer.isEmpty && this.#inFlight.isIdle(now);
    if (left > renewedBefore || (left > renewedBefore * LAST_MOMENT && !isIdle)) return;
    this.#finish({ by: 'renewal', expired: left <= 0 }, DISCONNECT);
  }

  /** @param goodbye what the cloud is still sent */
  #finish(end: BridgeEnd, goodbye?: Buffer): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#look?.cancel();
    const { stream } = this.#cloud;
    if (end.by === 'board') {
      this.#pacer.close();
      this.#board.end();
    } else {
      // What the cloud has said last is still true.
      const late = this.#options.clock.after(CLOSING_TIME, () => this.#board.destroy());
      this.#board.onEnd = () => late.cancel();
      this.#pacer.finish(() => this.#board.end());
    }
    stream.end(goodbye);
    this.#options.onEnd(end);
  }
}
