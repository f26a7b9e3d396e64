import { type Clock, sleep, type Timer } from '../clock.ts';
import { AppError } from '../errors.ts';
import { assignedDeviceId } from './assignment.ts';
import { BackOff } from './back-off.ts';
import { Bridge, type BridgeEnd, LONGEST_BODY } from './bridge.ts';
import { type CloudConnection, connectToCloud, type Password } from './cloud-connection.ts';
import type { ConnectPacket } from './connect-packet.ts';
import type { Board } from './credentials.ts';
import type { CloudDial } from './dial.ts';
import type { GatewayEvent, GatewayReport } from './events.ts';
import { unreached } from './failure.ts';
import type { PacketStream } from './packet-stream.ts';
import { connack, DISCONNECT } from './packets.ts';
import { accessToken } from './shared-access.ts';
import type { Target } from './target.ts';

/** The module waits 5 s for CONNACK and then comes again: what was begun for it is kept for so long (AT protocol 8.1). */
const KEPT_FOR = 15_000;
/** A board that waits longer than this has gone without saying so: none is so patient. */
const HELD_FOR = 60_000;
/** A token is renewed when such a part of its life is left. */
const RENEWED_BEFORE = 0.15;

/** A board that has sent a CONNECT which is in order. */
export interface Client {
  readonly stream: PacketStream;
  /** Where it comes from. */
  readonly address: string;
  readonly packet: ConnectPacket;
  readonly target: Target;
}

export interface RelayOptions {
  readonly clock: Clock;
  /** Opens the way to the cloud. */
  readonly dial: CloudDial;
  /** Evenly distributed in [0, 1). */
  readonly random: () => number;
  /** Milliseconds between two packets to the board. */
  readonly pace: number;
  /** Seconds that a token lasts. */
  readonly tokenLife: number;
  readonly report: GatewayReport;
  /** DPS has given the board of this relay another device id. */
  onAssigned(deviceId: string): void;
}

/** An attempt to reach the cloud for a board, and what has come of it so far. */
interface Attempt {
  readonly client: Client;
  readonly abort: AbortController;
  connection: CloudConnection | null;
  /** Ends it, when the board does not come again. */
  timer: Timer | null;
}

/**
 * One board's way to the cloud. A board has one connection; while the cloud cannot be had its CONNECT is held, and the
 * attempt for it outlives the patience of the module: the pauses are the cloud's, not the board's.
 */
export class Relay {
  readonly board: Board;
  readonly #options: RelayOptions;
  readonly #backOff: BackOff;
  /** The board, while its CONNECT is held. */
  #held: Client | null = null;
  #patience: Timer | null = null;
  #attempt: Attempt | null = null;
  #bridge: { readonly link: Bridge; readonly client: Client } | null = null;
  #failure: AppError | null = null;

  constructor(board: Board, options: RelayOptions) {
    this.board = board;
    this.#options = options;
    this.#backOff = new BackOff(options.clock, options.random);
  }

  /** Why the cloud was not reached the last time; null when it was, or was not tried. */
  get failure(): AppError | null {
    return this.#failure;
  }

  /** The board was not let in, for a reason that whoever asks for failures should know. */
  set failure(failure: AppError | null) {
    this.#failure = failure;
  }

  /** Whether the cloud is being tried, without having refused: a board that comes meanwhile has to wait. */
  get isHolding(): boolean {
    return this.#attempt?.connection === null && this.#failure?.code !== 'E_GATEWAY_REFUSED';
  }

  /** Why a newcomer cannot have the board's place: somebody at another address has it, and is alive. Null when it can. */
  occupant(address: string): string | null {
    const client = this.#held ?? this.#bridge?.client;
    if (!client || client.address === address) return null;
    return this.#held || this.#bridge?.link.isHeard() ? client.address : null;
  }

  /** Takes a board in. An older connection of it has to go: the module may have restarted without closing it. */
  accept(client: Client): void {
    this.#bridge?.link.close();
    const before = this.#held;
    this.#held = client;
    before?.stream.destroy();
    client.stream.onEnd = () => this.#release(client);
    this.#patience?.cancel();
    this.#patience = this.#options.clock.after(HELD_FOR, () => client.stream.destroy());
    if (this.#attempt?.client.packet.head.equals(client.packet.head)) this.#attempt.timer?.cancel();
    else {
      this.#abandon();
      this.#begin(client);
    }
    this.#join();
  }

  close(): void {
    this.#abandon();
    this.#held?.stream.destroy();
    this.#bridge?.link.close();
  }

  #begin(client: Client): void {
    const attempt: Attempt = { client, abort: new AbortController(), connection: null, timer: null };
    this.#attempt = attempt;
    const { signal } = attempt.abort;
    this.#reach(client, signal).then(
      (connection) => {
        attempt.connection = connection;
        connection.stream.onEnd = (error) => {
          this.#attempt = null;
          this.#lost(client.target.host, error?.message ?? null);
          if (this.#held) this.#begin(this.#held);
        };
        this.#join();
      },
      (error: unknown) => {
        if (signal.aborted) return;
        this.#attempt = null;
        this.#refuse(typeof error === 'number' ? error : 3);
      },
    );
  }

  /** Tries until the cloud answers. @throws the code of CONNACK with which it refuses; the reason of `signal` */
  async #reach(client: Client, signal: AbortSignal): Promise<CloudConnection> {
    const { clock } = this.#options;
    const { packet, target } = client;
    const { host } = target;
    const { credentials } = this.board;
    for (;;) {
      await sleep(clock, this.#backOff.pause, signal);
      try {
        const password = () => this.#password(client);
        const connection = await connectToCloud(packet, target, credentials, password, this.#options, signal);
        this.#backOff.connected();
        this.#failure = null;
        return connection;
      } catch (error) {
        signal.throwIfAborted();
        const failure = error instanceof AppError ? error : unreached(host, error);
        this.#failure = failure;
        const pause = this.#backOff.failed();
        const { code } = failure.facts;
        const message = `${failure.message}. Trying again in ${inSeconds(pause)}.`;
        if (typeof code === 'number') {
          this.#tell({ happening: 'cloud-refused', level: 'warning', message, host, code });
          throw code;
        }
        this.#tell({ happening: 'cloud-unreached', level: 'warning', message, host });
      }
    }
  }

  /** Joins the board that waits with the connection that was made for it, where there are both. */
  #join(): void {
    const [client, attempt] = [this.#held, this.#attempt];
    if (!client || !attempt?.connection) return;
    this.#patience?.cancel();
    this.#held = null;
    this.#attempt = null;
    attempt.timer?.cancel();
    const { connection } = attempt;
    const { clock, pace } = this.#options;
    const { host, deviceId } = client.target;
    const by =
      connection.via === 'websocket' ? ' by MQTT over WebSocket on port 443, since the port of MQTT is blocked' : '';
    this.#tell({
      happening: 'cloud-connected',
      level: 'event',
      message: `${deviceId} is connected to ${host}${by}`,
      host,
      via: connection.via,
    });
    const link = new Bridge(client.stream, connection, {
      clock,
      pace,
      keepAlive: client.packet.keepAlive,
      onPacket: (packet) => {
        const assigned = client.target.service === 'dps' ? assignedDeviceId(packet) : null;
        if (assigned !== null) this.#options.onAssigned(assigned);
      },
      onTooLarge: (topic, bytes) =>
        this.#tell({
          happening: 'too-large',
          level: 'warning',
          message:
            `A message of ${bytes} bytes from ${host} is left out: the module takes ${LONGEST_BODY} over plain TCP. ` +
            `Its topic: ${topic}`,
          host,
          topic,
          bytes,
        }),
      onEnd: (end) => {
        if (this.#bridge?.link === link) this.#bridge = null;
        this.#ended(client, end);
      },
    });
    this.#bridge = { link, client };
    link.start();
  }

  #ended({ target: { host, deviceId } }: Client, end: BridgeEnd): void {
    const because = end.by !== 'renewal' && end.reason !== null ? `: ${end.reason}` : '';
    switch (end.by) {
      case 'cloud':
        this.#lost(host, end.reason);
        break;
      case 'renewal': {
        this.#backOff.ended();
        const message = `The token of ${deviceId} ${end.expired ? 'has expired' : 'is renewed'}: it connects again`;
        this.#tell({ happening: 'renewal', level: 'event', message, host });
        break;
      }
      case 'board':
        this.#backOff.ended();
        this.#tell({ happening: 'board-gone', level: 'note', message: `${deviceId} has left ${host}${because}`, host });
    }
  }

  /** The cloud has ended a connection. */
  #lost(host: string, reason: string | null): void {
    const pause = this.#backOff.failed();
    const because = reason === null ? '' : `: ${reason}`;
    const next = pause > 0 ? `. The next attempt is made in ${inSeconds(pause)}.` : '';
    const message = `${host} has closed the connection of ${this.board.deviceId}${because}${next}`;
    this.#tell({ happening: 'cloud-gone', level: 'warning', message, host });
  }

  #refuse(code: number): void {
    const client = this.#held;
    this.#patience?.cancel();
    this.#held = null;
    client?.stream.end(connack(code));
  }

  /** The board has gone before it had an answer; it is likely to come again. */
  #release(client: Client): void {
    if (this.#held !== client) return;
    this.#patience?.cancel();
    this.#held = null;
    const attempt = this.#attempt;
    if (attempt) attempt.timer = this.#options.clock.after(KEPT_FOR, () => this.#abandon());
  }

  #abandon(): void {
    const attempt = this.#attempt;
    if (!attempt) return;
    this.#attempt = null;
    attempt.timer?.cancel();
    attempt.abort.abort(new Error('the board has not come again'));
    this.#backOff.ended();
    if (!attempt.connection) return;
    attempt.connection.stream.onEnd = () => undefined;
    attempt.connection.stream.end(DISCONNECT);
  }

  #password({ packet, target }: Client): Password {
    const { credentials } = this.board;
    if (credentials.kind === 'certificate') {
      return { text: null, expires: Number.POSITIVE_INFINITY, renewedBefore: 0 };
    }
    const { clock, tokenLife } = this.#options;
    const expires = Math.floor(clock.wall() / 1000) + tokenLife;
    return {
      text: accessToken(credentials.key, packet.userName, target, expires),
      expires: 1000 * expires,
      renewedBefore: 1000 * tokenLife * RENEWED_BEFORE,
    };
  }

  #tell(event: Omit<GatewayEvent, 'deviceId'>): void {
    this.#options.report({ ...event, deviceId: this.board.deviceId });
  }
}

function inSeconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`;
}
