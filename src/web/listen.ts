import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A server that listens, with the connections it has. */
export interface Listening {
  port: number;
  /** This connection has shown what it is for: it does not have to make room for others. */
  settled(socket: Socket): void;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 4000;

/** What names a connection, whether it is seen with TLS or without. */
const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;

/**
 * Starts to listen. When there are too many connections, the oldest of those that have not settled makes room for the
 * newcomer, so that idle ones shut nobody out.
 * @param max how many connections there may be
 * @throws the system's error (EADDRINUSE, EACCES …) when the port cannot be had
 */
export async function listen(server: Server, host: string, port: number, max = MAX_CONNECTIONS): Promise<Listening> {
  const sockets = new Set<Socket>();
  /** In the order in which they came. */
  const unsettled = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    sockets.add(socket);
    unsettled.set(name, socket);
    socket.once('close', () => {
      sockets.delete(socket);
      unsettled.delete(name);
    });
    socket.on('error', () => {}); // a connection that breaks is closed, which is all there is to do
    if (sockets.size <= max) return;
    for (const oldest of unsettled.values()) {
      oldest.destroy();
      return;
    }
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    settled: (socket) => void unsettled.delete(nameOf(socket)),
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
