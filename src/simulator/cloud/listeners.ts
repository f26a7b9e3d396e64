import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../../clock.ts';
import { type Listening, listen } from '../../web/listen.ts';
import { isLoopback, LOOPBACK } from '../../web/loopback.ts';
import type { Route } from '../../web/router.ts';
import type { BackEnd } from './back-end.ts';
import type { EventFeed } from './events.ts';
import { startHttpApi } from './http/api.ts';
import { identityOfSocket } from './identity.ts';
import type { Pki } from './pki.ts';
import type { Peer } from './proof.ts';
import type { RestServer } from './rest/rest-server.ts';
import { httpsServer, plainServer, tlsServer } from './servers.ts';
import { WebSocketEndpoint } from './websocket.ts';

export interface ListenOptions {
  /** Loopback by default. */
  host?: string;
  /** 0, the default, is any free one. */
  mqttPort?: number;
  /** 7070 by default, or any free one when that is taken; one that is given must be free. */
  httpPort?: number | undefined;
  /**
   * Azure's REST API and MQTT over WebSocket, with TLS; 0 is any free one, and so is a preferred one that cannot be had. None by
   * default.
   */
  httpsPort?: number | { preferred: number } | undefined;
  /** Listens on the port of AMQP too, where it is free, to tell of those who try it. */
  watchAmqp?: boolean;
  /** Also serves MQTT without TLS here. Devices are then known by their name alone: for boards that cannot do TLS. */
  plainPort?: number | undefined;
  /** What requests to the HTTP API must bring as `Authorization`. Needed when `host` is not a loopback address. */
  httpKey?: string | undefined;
}

export interface Addresses {
  mqttPort: number;
  /** The HTTP API. */
  url: string;
  plainPort: number | null;
  httpsPort: number | null;
  /** Why the preferred port for HTTPS could not be had, by the system's code; null where it could, or none was preferred. */
  httpsProblem: string | null;
}

/** What the ports lead to. */
interface Destinations {
  accept(stream: Duplex, peer: Peer, onAccepted: () => void): void;
  backEnd: BackEnd;
  rest: RestServer;
  events: EventFeed;
  /** Further routes of the HTTP API. */
  routes: readonly Route[];
  pki: Pki;
  clock: Clock;
  log: (line: string) => void;
}

const HTTP_PORT = 7070;
/** Why a port that nobody has asked for is done without. */
const UNAVAILABLE = ['EACCES', 'EPERM', 'EADDRINUSE'];
const AMQP_PORT = 5671;

const isUnavailable = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && 'code' in error && UNAVAILABLE.includes(String(error.code));

/** The ports of a cloud. */
export class Listeners {
  readonly #to: Destinations;
  readonly #servers: Listening[] = [];

  constructor(destinations: Destinations) {
    this.#to = destinations;
  }

  /**
   * @param onMqttPort is told the port of MQTT before anything can come in over another one
   * @throws the system's error when a port cannot be had
   */
  async open(options: ListenOptions, onMqttPort: (port: number) => void): Promise<Addresses> {
    const { host = LOOPBACK, mqttPort: wanted = 0, httpPort, httpsPort: https, plainPort: plain, httpKey } = options;
    const { accept, events, log, pki } = this.#to;
    if (!isLoopback(host) && httpKey === undefined) {
      throw new Error('the HTTP API needs a key when it can be reached from other machines');
    }
    const onRefused = (reason: string) => events.emit({ type: 'refusal', stage: 'tls', code: null, reason });
    const mqttPort = await this.#start(host, wanted, (settled) =>
      tlsServer(pki.servers, (socket) => accept(socket, identityOfSocket(socket), () => settled(socket)), onRefused),
    );
    onMqttPort(mqttPort);
    if (options.watchAmqp) await this.#watchAmqp(host, onRefused);
    const plainPort =
      plain === undefined
        ? null
        : await this.#start(host, plain, (settled) =>
            plainServer((socket) => accept(socket, 'plain', () => settled(socket))),
          );
    if (plainPort !== null) log('MQTT without TLS is on: whoever knows the name of a device can be that device');
    const { port: httpsPort, problem: httpsProblem } = await this.#startHttps(host, https, onRefused);
    const http = await this.#startHttp(host, httpPort, httpKey ?? null);
    this.#servers.push(http);
    return {
      mqttPort,
      url: `http://${host.includes(':') ? `[${host}]` : host}:${http.port}`,
      plainPort,
      httpsPort,
      httpsProblem,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.close()));
  }

  async #start(host: string, port: number, makeServer: (settled: (socket: Socket) => void) => Server): Promise<number> {
    const started: { listening?: Listening } = {};
    const server = makeServer((socket) => started.listening?.settled(socket));
    started.listening = await listen(server, host, port);
    this.#servers.push(started.listening);
    return started.listening.port;
  }

  /** Whoever comes here begins to speak AMQP, and is told of and closed as on the port of MQTT. */
  async #watchAmqp(host: string, onRefused: (reason: string) => void): Promise<void> {
    const { accept, pki } = this.#to;
    try {
      await this.#start(host, AMQP_PORT, (settled) =>
        tlsServer(pki.servers, (socket) => accept(socket, null, () => settled(socket)), onRefused),
      );
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
  }

  async #startHttps(
    host: string,
    wanted: ListenOptions['httpsPort'],
    onRefused: (reason: string) => void,
  ): Promise<{ port: number | null; problem: string | null }> {
    if (wanted === undefined) return { port: null, problem: null };
    const isPreferred = typeof wanted !== 'number';
    try {
      return {
        port: await this.#startHttpsOn(host, isPreferred ? wanted.preferred : wanted, onRefused),
        problem: null,
      };
    } catch (error) {
      if (!isPreferred || !isUnavailable(error)) throw error;
      return { port: await this.#startHttpsOn(host, 0, onRefused), problem: error.code };
    }
  }

  #startHttpsOn(host: string, port: number, onRefused: (reason: string) => void): Promise<number> {
    const { accept, rest, pki } = this.#to;
    return this.#start(host, port, (settled) => {
      const webSockets = new WebSocketEndpoint((stream, { socket }) => {
        const peer = socket instanceof TLSSocket ? identityOfSocket(socket) : null;
        accept(stream, peer, () => settled(socket));
      }, onRefused);
      return httpsServer(pki.servers, {
        answer(request, response) {
          settled(request.socket);
          rest.answer(request, response).catch(() => response.destroy());
        },
        upgrade: (request, socket, head) => webSockets.upgrade(request, socket, head),
        onRefused,
      });
    });
  }

  async #startHttp(host: string, port: number | undefined, key: string | null): Promise<Listening> {
    const { backEnd, events, clock, log, routes } = this.#to;
    const api = { cloud: backEnd, events: events.log, clock, log, host, key, routes };
    if (port !== undefined) return startHttpApi({ ...api, port });
    try {
      return await startHttpApi({ ...api, port: HTTP_PORT });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
      log(`Port ${HTTP_PORT} is in use, so the HTTP API is on another one`);
      return startHttpApi({ ...api, port: 0 });
    }
  }
}
