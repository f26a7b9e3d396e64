import type { Duplex } from 'node:stream';
import type { Clock } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import type { SessionEvent } from '../../src/events.ts';
import { Boards } from '../../src/gateway/boards.ts';
import { LONGEST_BODY } from '../../src/gateway/bridge.ts';
import type { CloudGateway } from '../../src/session/cloud-gateway.ts';
import { socketPair } from './socket-pair.ts';

export interface MemoryGatewayOptions {
  clock: Clock;
  random: () => number;
  deviceId: string;
  /** A connection has come to the cloud. */
  accept(stream: Duplex): void;
  report(event: SessionEvent): void;
}

/** What the device is enrolled with, base 64. */
export const GATEWAY_KEY = Buffer.alloc(32, 1).toString('base64');

const BOARD = '192.168.1.50';
const OWN = '192.168.1.10';

const failure = (code: string) => Object.assign(new Error(code), { code });

/** A gateway between a module and a cloud that are both in this process: all of it but its sockets. */
export class MemoryGateway implements CloudGateway {
  readonly longestPacket = LONGEST_BODY;
  readonly #options: MemoryGatewayOptions;
  readonly #clouds = new Set<Duplex>();
  readonly #sockets = new Set<Duplex>();
  readonly #listeners: ((bytes: number) => void)[] = [];
  #boards: Boards | null;
  #outage: string | null = null;

  constructor(options: MemoryGatewayOptions) {
    this.#options = options;
    this.#boards = this.#start();
  }

  /** A module dials; it hears nothing from a gateway that is not there. */
  dial(): Duplex {
    if (!this.#boards) throw failure('ECONNREFUSED');
    const [board, ours] = socketPair();
    keep(this.#sockets, ours);
    this.#boards.receive(ours, BOARD, OWN);
    return board;
  }

  /** Every connection to the cloud breaks; new ones fail so while there is an outage. @param code null ends it */
  outage(code: string | null): void {
    this.#outage = code;
    if (code !== null) this.cut();
  }

  /** Every connection to the cloud breaks. */
  cut(): void {
    for (const stream of this.#clouds) stream.destroy();
  }

  /** The process of the gateway is killed. */
  kill(): void {
    this.cut();
    for (const stream of this.#sockets) stream.destroy();
    this.#boards?.close();
    this.#boards = null;
  }

  /** It is there again, and knows nothing of before. */
  restart(): void {
    this.#boards ??= this.#start();
  }

  async open(): Promise<{ host: string; port: number }> {
    return { host: OWN, port: 1883 };
  }

  moved(): void {}

  wasReached(since: number): boolean {
    return (this.#boards?.lastVisit ?? Number.NEGATIVE_INFINITY) >= since;
  }

  unreached(): AppError {
    return new AppError('E_GATEWAY_UNREACHED', 'The board never reached the gateway', '');
  }

  failure(): AppError | null {
    return this.#boards?.failure(this.#options.deviceId) ?? null;
  }

  get isHolding(): boolean {
    return this.#boards?.isHolding(this.#options.deviceId) ?? false;
  }

  onTooLarge(listener: (bytes: number) => void): void {
    this.#listeners.push(listener);
  }

  #start(): Boards {
    const { clock, random, deviceId, accept, report } = this.#options;
    return new Boards({
      clock,
      random,
      boards: [{ deviceId, credentials: { kind: 'key', key: GATEWAY_KEY }, address: BOARD }],
      dpsHost: 'global.azure-devices-provisioning.net',
      allowedHosts: [],
      report: (event) => {
        report({ type: 'gateway', ...event });
        if (event.bytes !== undefined) for (const listener of this.#listeners) listener(event.bytes);
      },
      dial: async () => {
        if (this.#outage !== null) throw failure(this.#outage);
        const [ours, theirs] = socketPair();
        keep(this.#clouds, ours);
        accept(theirs);
        return { socket: ours, via: 'mqtt' };
      },
    });
  }
}

function keep(set: Set<Duplex>, stream: Duplex): void {
  set.add(stream);
  stream.once('close', () => set.delete(stream));
}
