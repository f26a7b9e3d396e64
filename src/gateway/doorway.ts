import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { type ConnectPacket, type Refused, readConnect } from './connect-packet.ts';
import { PacketStream } from './packet-stream.ts';
import { connack } from './packets.ts';

/** The module's packets have 1500 bytes at most (AT protocol 8.1). */
const LONGEST_PACKET = 2_048;
/** A CONNECT is there within so many milliseconds, or never; the module sends it at once. */
const TIME_TO_CONNECT = 5_000;
/** Connections that have not said yet who they are: of one address, and of all together. */
const UNKNOWN_OF_ONE = 4;
const UNKNOWN_OF_ALL = 32;

/** Somebody who has connected. */
export interface Visitor {
  readonly stream: PacketStream;
  /** Where it comes from, and where it has come to. */
  readonly address: string;
  readonly localAddress: string;
}

export interface DoorwayOptions {
  readonly clock: Clock;
  /** Whether somebody at this address may say who it is at all. */
  mayEnter(address: string, localAddress: string): boolean;
  /** A CONNECT has come. @returns why it is turned away; null when it was taken in */
  onConnect(visitor: Visitor, packet: ConnectPacket): Refused | null;
  onTurnedAway(address: string, reason: string): void;
}

/** Where connections come in: until a CONNECT is there that is in order, they are nobody's, few, and soon gone. */
export class Doorway {
  readonly #options: DoorwayOptions;
  /** By their age. */
  readonly #unknown = new Map<Duplex, string>();

  constructor(options: DoorwayOptions) {
    this.#options = options;
  }

  /**
   * Somebody has connected.
   * @param address where it comes from
   * @param localAddress where it has come to
   */
  receive(socket: Duplex, address: string, localAddress: string): void {
    const { clock, mayEnter } = this.#options;
    socket.on('error', () => undefined);
    if (address === '' || !mayEnter(address, localAddress)) {
      this.#turnAway(socket, address, 'it is not the address of the board');
      return;
    }
    if (!this.#hasRoom(address)) {
      this.#turnAway(socket, address, 'too many connections that do not say who they are');
      return;
    }
    this.#unknown.set(socket, address);
    const stream = new PacketStream(socket, LONGEST_PACKET, clock);
    const timer = clock.after(TIME_TO_CONNECT, () => {
      stream.destroy(new Error(`no CONNECT within ${TIME_TO_CONNECT / 1000} s`));
    });
    const settle = () => {
      timer.cancel();
      this.#unknown.delete(socket);
    };
    stream.onEnd = (error) => {
      settle();
      if (error) this.#options.onTurnedAway(address, error.message);
    };
    stream.onPacket = (packet) => {
      stream.onPacket = null;
      settle();
      const connect = readConnect(packet);
      const refusal =
        'reason' in connect ? connect : this.#options.onConnect({ stream, address, localAddress }, connect);
      if (!refusal) return;
      stream.onEnd = () => undefined;
      this.#options.onTurnedAway(address, refusal.reason);
      if (refusal.code === null) stream.destroy();
      else stream.end(connack(refusal.code));
    };
  }

  /** Ends everything that has not said who it is. */
  close(): void {
    for (const socket of this.#unknown.keys()) socket.destroy();
  }

  #hasRoom(address: string): boolean {
    const ofOne = [...this.#unknown.values()].filter((each) => each === address).length;
    return ofOne < UNKNOWN_OF_ONE && this.#unknown.size < UNKNOWN_OF_ALL;
  }

  #turnAway(socket: Duplex, address: string, reason: string): void {
    socket.destroy();
    this.#options.onTurnedAway(address, reason);
  }
}
