import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Boards, type BoardsOptions } from './boards.ts';
import { cloudDial, type DialOptions } from './dial.ts';

/** More connections than boards can have, with those that are just leaving. */
const MOST_CONNECTIONS = 256;
const KEEP_ALIVE = 30_000;

export interface GatewayOptions extends Omit<BoardsOptions, 'dial'>, Omit<DialOptions, 'port'> {
  /** The one address that it listens on. */
  readonly host: string;
  /** Where boards connect; 0 takes any that is free. */
  readonly port: number;
  /** Of MQTT over TLS, at DPS and at hubs. */
  readonly cloudPort: number;
}

/** Plain MQTT from boards in, MQTT over TLS to Azure out. */
export interface Gateway {
  readonly host: string;
  readonly port: number;
  readonly boards: Pick<Boards, 'expect' | 'failure' | 'isHolding' | 'lastVisit'>;
  close(): Promise<void>;
}

/** @throws the system's error (EADDRINUSE, EADDRNOTAVAIL, EACCES …) when it cannot listen */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, report, cloudPort } = options;
  const boards = new Boards({ ...options, dial: cloudDial({ ...options, port: cloudPort }) });
  const server = createServer((socket: Socket) => {
    // Each packet is to be a segment of its own, at once (AT protocol 8.3).
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE);
    boards.receive(socket, socket.remoteAddress ?? '', socket.localAddress ?? '');
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.listen(options.port, host);
  await once(server, 'listening');
  server.on('error', (error) => {
    const message = `The gateway cannot take a connection: ${error.message}`;
    report({ happening: 'turned-away', level: 'warning', message });
  });
  const { port } = server.address() as AddressInfo;
  const message = `The gateway is on ${host}:${port}: plain MQTT from the board, TLS to Azure`;
  report({ happening: 'listening', level: 'event', message, address: host, port });
  return {
    host,
    port,
    boards,
    async close() {
      const closed = once(server, 'close');
      server.close();
      boards.close();
      await closed;
    },
  };
}
