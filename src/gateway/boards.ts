import type { Duplex } from 'node:stream';
import type { AppError } from '../errors.ts';
import { isLoopbackAddress, plainAddress } from './address.ts';
import { Complaints } from './complaints.ts';
import { type ConnectPacket, REFUSAL, type Refused } from './connect-packet.ts';
import type { Board } from './credentials.ts';
import { Doorway, type Visitor } from './doorway.ts';
import { notAllowed } from './failure.ts';
import { Relay, type RelayOptions } from './relay.ts';
import { TOKEN_LIFE } from './shared-access.ts';
import { isAllowed, readTarget } from './target.ts';

/** Milliseconds between two packets: the module has a turn every 50, and takes one packet in it (AT protocol 2.1). */
const PACE = 60;

export interface BoardsOptions extends Omit<RelayOptions, 'onAssigned' | 'pace' | 'tokenLife'> {
  readonly boards: readonly Board[];
  /** Where user names of DPS lead. */
  readonly dpsHost: string;
  /** Hosts beside Azure's that boards may be connected to. */
  readonly allowedHosts: readonly string[];
  /** Milliseconds between two packets to a board; 60 by default. */
  readonly pace?: number | undefined;
  /** Seconds that a token lasts; an hour by default. */
  readonly tokenLife?: number | undefined;
}

/** The boards that may connect, and everybody who tries to. It knows streams; where they come from is the listener's. */
export class Boards {
  readonly #options: BoardsOptions;
  readonly #relays = new Map<string, Relay>();
  /** By the ids that DPS has given to boards. */
  readonly #assigned = new Map<string, Relay>();
  readonly #addresses = new Map<string, string | null>();
  readonly #complaints: Complaints;
  readonly #doorway: Doorway;
  /** When somebody was last there who may be a board, on the monotonic clock; null where nobody was. */
  lastVisit: number | null = null;

  constructor(options: BoardsOptions) {
    this.#options = options;
    const { clock, boards, pace = PACE, tokenLife = TOKEN_LIFE } = options;
    this.#complaints = new Complaints(clock);
    for (const board of boards) {
      const relay: Relay = new Relay(board, {
        ...options,
        pace,
        tokenLife,
        onAssigned: (deviceId) => {
          if (!this.#relays.has(deviceId)) this.#assigned.set(deviceId, relay);
        },
      });
      this.#relays.set(board.deviceId, relay);
      this.#addresses.set(board.deviceId, null);
      this.expect(board.deviceId, board.address);
    }
    this.#doorway = new Doorway({
      clock,
      mayEnter: (address, local) => this.#mayEnter(address, local),
      onConnect: (visitor, packet) => this.#admit(visitor, packet),
      onTurnedAway: (address, reason) => this.#complain(address, reason),
    });
  }

  /**
   * Somebody has connected.
   * @param address where it comes from
   * @param localAddress where it has come to
   */
  receive(socket: Duplex, address: string, localAddress: string): void {
    this.#doorway.receive(socket, plainAddress(address), plainAddress(localAddress));
  }

  /** Lets a board in from this address, and from no other any more; null: from any. It ends nobody's connection. */
  expect(deviceId: string, address: string | null): void {
    if (!this.#relays.has(deviceId)) return;
    this.#addresses.set(deviceId, address === null ? null : plainAddress(address));
  }

  /** Why the cloud was not reached for a board the last time; null when it was, or was not tried. */
  failure(deviceId: string): AppError | null {
    return this.#relays.get(deviceId)?.failure ?? null;
  }

  /** Whether a board has to wait because the cloud is being tried. */
  isHolding(deviceId: string): boolean {
    return this.#relays.get(deviceId)?.isHolding ?? false;
  }

  /** Ends every connection. */
  close(): void {
    this.#doorway.close();
    for (const relay of this.#relays.values()) relay.close();
  }

  #mayEnter(address: string, local: string): boolean {
    const may = [...this.#addresses.values()].some((expected) => mayBe(expected, address, local));
    if (may) this.lastVisit = this.#options.clock.monotonic();
    return may;
  }

  #admit({ stream, address, localAddress }: Visitor, packet: ConnectPacket): Refused | null {
    const { clientId, userName } = packet;
    const { dpsHost, allowedHosts, report } = this.#options;
    const relay = this.#relays.get(clientId) ?? this.#assigned.get(clientId);
    if (!relay) return { code: REFUSAL.clientId, reason: `${shown(clientId)} is not the id of a board here` };
    const { deviceId } = relay.board;
    if (!mayBe(this.#addresses.get(deviceId) ?? null, address, localAddress)) {
      return { code: REFUSAL.notAuthorized, reason: `it is not the address of ${shown(deviceId)}` };
    }
    const target = readTarget(userName, dpsHost);
    if (!target) return { code: REFUSAL.userName, reason: `the user name ${shown(userName)} names no DPS and no hub` };
    if (target.deviceId !== clientId || (target.service === 'dps' && clientId !== deviceId)) {
      return { code: REFUSAL.userName, reason: `the user name ${shown(userName)} is not that of ${shown(clientId)}` };
    }
    if (!isAllowed(target.host, [dpsHost, ...allowedHosts])) {
      relay.failure = notAllowed(target.host);
      return { code: REFUSAL.notAuthorized, reason: `boards are not connected to ${shown(target.host)}` };
    }
    const occupant = relay.occupant(address);
    if (occupant !== null) {
      return { code: REFUSAL.notAuthorized, reason: `${shown(clientId)} is connected already, from ${occupant}` };
    }
    const message = `${clientId} has connected from ${address}, for ${target.host}`;
    report({ happening: 'board-connected', level: 'note', message, deviceId, address, host: target.host });
    relay.accept({ stream, address, packet, target });
    return null;
  }

  #complain(address: string, reason: string): void {
    const complaint = this.#complaints.count(`${address}: ${reason}`);
    if (complaint === null) return;
    const message = `Turned away ${complaint}`;
    this.#options.report({ happening: 'turned-away', level: 'warning', message, address });
  }
}

/** Who is on this computer is no stranger in the network, and nobody in the network can seem to be. */
function mayBe(expected: string | null, address: string, local: string): boolean {
  return expected === null || expected === address || isLoopbackAddress(address) || address === local;
}

/** What came from outside, in few characters. */
function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
