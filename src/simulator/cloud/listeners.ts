import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
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
import { plainServer, tlsServer } from './servers.ts';

export interface ListenOptions {
  /** Loopback by default. */
  host?: string;
  /** 0, the default, is any free one. */
  mqttPort?: number;
  /** 7070 by default, or any free one when that is taken; one that is given must be free. */
  httpPort?: number | undefined;
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
}

/** What the ports lead to. */
interface Destinations {
  accept(stream: Duplex, peer: Peer, onAccepted: () => void): void;
  backEnd: BackEnd;
  events: EventFeed;
  /** Further routes of the HTTP API. */
  routes: readonly Route[];
  pki: Pki;
  clock: Clock;
  log: (line: string) => void;
}

const HTTP_PORT = 7070;

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
  async open(
    { host = LOOPBACK, mqttPort: wanted = 0, httpPort, plainPort: plain, httpKey }: ListenOptions,
    onMqttPort: (port: number) => void,
  ): Promise<Addresses> {
    const { accept, events, log, pki } = this.#to;
    if (!isLoopback(host) && httpKey === undefined) {
      throw new Error('the HTTP API needs a key when it can be reached from other machines');
    }
    const onRefused = (reason: string) => events.emit({ type: 'refusal', stage: 'tls', code: null, reason });
    const mqttPort = await this.#start(host, wanted, (settled) =>
      tlsServer(pki.servers, (socket) => accept(socket, identityOfSocket(socket), () => settled(socket)), onRefused),
    );
    onMqttPort(mqttPort);
    const plainPort =
      plain === undefined
        ? null
        : await this.#start(host, plain, (settled) =>
            plainServer((socket) => accept(socket, 'plain', () => settled(socket))),
          );
    if (plainPort !== null) log('MQTT without TLS is on: whoever knows the name of a device can be that device');
    const http = await this.#startHttp(host, httpPort, httpKey ?? null);
    this.#servers.push(http);
    return { mqttPort, url: `http://${host.includes(':') ? `[${host}]` : host}:${http.port}`, plainPort };
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
