import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../../../../clock.ts';
import type { Dial, TlsRequest } from '../../dial-request.ts';
import type { DialFailure, Environment } from '../../environment.ts';
import type { Pace } from '../../pace.ts';
import type { Certificates } from '../certificates.ts';
import type { ModuleTime } from '../module-time.ts';
import { ReceiveBuffer, type Received } from './receive.ts';

/** Longer names do not fit the DNS client, which then tries in silence for ever (AT protocol 7.11). */
const MAX_HOST = 63;
const TLS_TIMEOUT_MS = 30_000;
/** A SYN that nothing comes back to, or a reset, is repeated after these times, and nothing is printed (AT protocol 7.12). */
const SYN_REPEAT_MS = [1_000, 2_000, 4_000, 8_000];
const LAST_SYN_REPEAT_MS = 16_000;
const UNCONNECTED = ['ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT', 'ENETUNREACH'];
/** Any code that is none of these. */
const TLS_FAILURE = 'ERR_TLS';
const NOT_TLS = ['ENOTFOUND', ...UNCONNECTED];
/** The plain TCP receive buffer, and the largest piece that TLS decrypts at once (AT protocol 8.1, 8.5). */
const PLAIN_WINDOW = 1460;
const TLS_WINDOW = 16_384;
const TRANSMIT_BUFFER = 1460;
const BALTIMORE_ROOT_ENDS = Date.parse('2025-05-12T23:59:00Z');
const ALPN = 'x-amzn-mqtt-ca';

const TLS_ABORTED = 'SSL Connection Negotiation Failed - Aborting';
const TLS_EXPIRED = 'SSL Connection Negotiation Failed - Timer Expired';

const FAULT_CODES: Record<DialFailure, string> = {
  dns: 'ENOTFOUND',
  refused: 'ECONNREFUSED',
  unreachable: 'EHOSTUNREACH',
  tls: TLS_FAILURE,
};

export interface Address {
  host: string;
  port: number;
  tls: boolean;
}

export interface NetworkOptions {
  clock: Clock;
  pace: Pace;
  dial: Dial;
  environment: Environment;
  certificates: Certificates;
  time: ModuleTime;
  /** The firmware abandons its TLS context over a built-in root that has expired (T4). */
  expiredRoot: boolean;
  /** Whether the Wi-Fi network carries traffic. */
  networkUp: () => boolean;
  /** Something has happened that the MQTT pass should look at. */
  wake: () => void;
  /** Aborted when the power cycle ends. */
  signal: AbortSignal;
}

/** A failed or lost connection; a TLS failure comes with a line on the UART. */
export interface Loss {
  diagnostic: string | undefined;
}

/**
 * One connection object of the firmware's network layer. It reconnects for ever by itself: to the same address after an
 * orderly end, from name resolution on after anything else, and without a back-off (AT protocol 8.2).
 */
export class NetworkClient {
  readonly #received = new ReceiveBuffer();
  readonly #closed = new AbortController();
  readonly #options: NetworkOptions;
  readonly #address: Address;
  #socket: Duplex | undefined;
  #attempt: AbortController | undefined;
  #timer: Timer | undefined;
  #waiting = false;
  #frozen = false;
  #loss: Loss | undefined;
  #ended: 'fin' | 'rst' | undefined;

  constructor(options: NetworkOptions, address: Address) {
    this.#options = options;
    this.#address = address;
    options.signal.addEventListener('abort', () => this.close(), { once: true, signal: this.#closed.signal });
    this.#open(options.pace.dns);
  }

  get up(): boolean {
    return this.#socket !== undefined;
  }

  /** What has gone wrong since the last call; the end of a connection is noticed after all that came before it. */
  takeLoss(): Loss | undefined {
    const ended = this.#ended;
    if (ended) {
      this.#drop();
      this.#retry(this.#options.pace.reconnect, ended === 'fin' ? 0 : this.#options.pace.dns);
      return { diagnostic: undefined };
    }
    const loss = this.#loss;
    this.#loss = undefined;
    return loss;
  }

  /** Sends a packet. @returns what the firmware prints if it cannot. */
  send(bytes: Buffer): string | undefined {
    const socket = this.#socket;
    if (!socket || !this.#options.networkUp()) return 'NET Intf Not Connected';
    const waiting = socket.writableLength;
    if (waiting > 0 && waiting + bytes.length > TRANSMIT_BUFFER) return 'TCP/IP Write NOT ready';
    socket.write(bytes);
    return undefined;
  }

  /** Reads one packet. @param patient whether an incomplete one may still be completed. */
  read(patient: boolean): Received {
    const received = this.#received.read(this.#window, patient && !this.#ended);
    this.#flow();
    return received;
  }

  /** The Wi-Fi network has come or gone, or the time has become known. */
  networkChanged(): void {
    if (this.#options.networkUp()) {
      this.#flow();
      if (this.#waiting) this.#open(this.#options.pace.dns);
    } else {
      this.#socket?.pause();
      if (!this.#attempt) return;
      this.#abandonAttempt();
      this.#waiting = true;
    }
  }

  /** Gives the connection up and starts again with name resolution. */
  restart(): void {
    this.#drop();
    this.#retry(this.#options.pace.reconnect, this.#options.pace.dns);
  }

  /** Ends the connection, for good. */
  close(): void {
    this.#frozen = true;
    this.#closed.abort();
    this.#drop();
  }

  /** The firmware has lost sight of this object: nothing is read, sent or closed any more (T1, T3). */
  freeze(): void {
    this.#frozen = true;
    this.#abandonAttempt();
    this.#socket?.pause();
  }

  /** The connection ends as if the broker had closed it (`fin`) or reset it (`rst`). */
  cut(how: 'fin' | 'rst'): void {
    if (!this.#socket || this.#frozen) return;
    this.#ended ??= how;
    this.#options.wake();
  }

  /** Lets bytes come in again after `read` has made room for them. */
  #flow(): void {
    if (this.#frozen || !this.#options.networkUp() || this.#received.length > this.#window) return;
    this.#socket?.resume();
  }

  /** How many received bytes one pass can see. */
  get #window(): number {
    return this.#address.tls ? TLS_WINDOW : PLAIN_WINDOW;
  }

  #abandonAttempt(): void {
    this.#timer?.cancel();
    this.#attempt?.abort();
    this.#attempt = undefined;
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#loss = undefined;
    this.#ended = undefined;
    this.#waiting = false;
    this.#abandonAttempt();
    this.#received.clear();
    // What was written still leaves, and the broker sees the end at once.
    socket?.end(() => socket.destroy());
    socket?.resume();
  }

  #retry(pause: number, resolution: number): void {
    if (this.#frozen) return;
    this.#timer = this.#options.clock.after(pause, () => this.#open(resolution));
  }

  /** @param resolution milliseconds for name resolution; 0 for the same address again. */
  #open(resolution: number): void {
    const { host, tls } = this.#address;
    const { networkUp, time, clock } = this.#options;
    if (this.#frozen || host.length === 0 || host.length > MAX_HOST) return;
    // TLS waits for SNTP, in silence; setting the time by command does not help (T5, T51).
    this.#waiting = !networkUp() || (tls && !time.synchronised);
    if (this.#waiting) return;
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#timer = clock.after(resolution, () => this.#dial(attempt, 0));
  }

  /** @param repeats how many times the SYN of this attempt went out before. */
  #dial(attempt: AbortController, repeats: number): void {
    const { clock, pace } = this.#options;
    const { tls } = this.#address;
    const dialled = clock.monotonic();
    const next = (ms: number, step: () => void) => {
      if (this.#attempt !== attempt) return;
      this.#timer?.cancel();
      this.#timer = clock.after(ms, step);
    };
    if (tls) next(TLS_TIMEOUT_MS, () => this.#failed(TLS_FAILURE, TLS_EXPIRED));
    this.#connect(attempt.signal).then(
      (socket) => {
        socket.on('error', () => undefined);
        if (this.#attempt !== attempt) socket.destroy();
        attempt.signal.addEventListener('abort', () => socket.destroy(), { once: true });
        next(tls ? pace.tlsHandshake : 0, () => this.#opened(socket));
      },
      (error: unknown) => {
        const code = errorCode(error);
        if (UNCONNECTED.includes(code)) {
          const pause = SYN_REPEAT_MS[repeats] ?? LAST_SYN_REPEAT_MS;
          next(Math.max(0, dialled + pause - clock.monotonic()), () => this.#dial(attempt, repeats + 1));
        } else {
          next(NOT_TLS.includes(code) ? 0 : pace.tlsHandshake, () => this.#failed(code));
        }
      },
    );
  }

  async #connect(signal: AbortSignal): Promise<Duplex> {
    const { host, port, tls } = this.#address;
    const prevented = this.#prevented();
    const request = tls && !prevented ? this.#tlsRequest() : null;
    if (prevented || request === undefined)
      throw Object.assign(new Error('prevented'), { code: prevented ?? TLS_FAILURE });
    return this.#options.dial(host, port, request, signal);
  }

  /** What keeps a connection from being tried: a fault, or an expired root. */
  #prevented(): string | undefined {
    const { environment, expiredRoot, time } = this.#options;
    const { dialFailure } = environment;
    const { tls } = this.#address;
    if (dialFailure && (tls || dialFailure !== 'tls')) return FAULT_CODES[dialFailure];
    return tls && expiredRoot && time.now > BALTIMORE_ROOT_ENDS ? TLS_FAILURE : undefined;
  }

  /** Undefined: a loaded root that cannot be read has cost the TLS context. */
  #tlsRequest(): TlsRequest | undefined {
    const { certificates, time } = this.#options;
    const { host } = this.#address;
    const credentials = certificates.startTls();
    if (!credentials) return undefined;
    const request = { ...credentials, now: time.now, alpn: [ALPN] };
    return isIP(host) ? request : { ...request, servername: host };
  }

  #opened(socket: Duplex): void {
    this.#attempt = undefined;
    this.#socket = socket;
    const ended = (how: 'fin' | 'rst') => {
      if (this.#socket === socket) this.cut(how);
    };
    socket.on('data', (bytes: Buffer) => {
      if (this.#socket !== socket) return;
      this.#received.append(bytes);
      if (this.#received.length > this.#window) socket.pause();
      this.#options.wake();
    });
    socket.once('end', () => ended('fin'));
    socket.once('close', () => ended('rst'));
    // It may have been lost during the handshake that this module takes longer for.
    if (socket.destroyed) this.#ended = 'rst';
    this.#options.wake();
  }

  #failed(code: string, diagnostic?: string): void {
    this.#attempt?.abort();
    this.#attempt = undefined;
    const tlsFailure = this.#address.tls && !NOT_TLS.includes(code);
    this.#loss = { diagnostic: diagnostic ?? (tlsFailure ? TLS_ABORTED : undefined) };
    this.#retry(this.#options.pace.reconnect, this.#options.pace.dns);
    this.#options.wake();
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : TLS_FAILURE;
}
