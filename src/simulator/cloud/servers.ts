import { constants } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { KeyedCertificate } from './pki.ts';

/** A server that listens, with the connections it has. */
export interface Listening {
  port: number;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 4000;
const HANDSHAKE_TIME = 30_000;

/** @throws the system's error (EADDRINUSE, EACCES …) when the port cannot be had. */
export async function listen(server: Server, host: string, port: number): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {}); // a connection that breaks is closed, which is all there is to do
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/**
 * MQTT's TLS: every client is asked for a certificate, and none is turned away here, since Azure's refusals are MQTT's.
 * What ALPN a client offers is ignored: the module's `x-amzn-mqtt-ca` must not end the handshake (AT protocol 8.5).
 */
export function tlsServer(
  identity: KeyedCertificate,
  accept: (socket: TLSSocket) => void,
  log: (line: string) => void,
): Server {
  const server = createTlsServer({
    cert: identity.certificate,
    key: identity.key,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_TIME,
    // A resumed session would come without the client's certificate chain.
    secureOptions: constants.SSL_OP_NO_TICKET,
  });
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    try {
      accept(socket);
    } catch (error) {
      log(`a client certificate cannot be read: ${String(error)}`);
      socket.destroy();
    }
  });
  server.on('tlsClientError', (error) => log(`TLS failed: ${error.message}`));
  return server;
}

export function plainServer(accept: (socket: Socket) => void): Server {
  return createPlainServer(accept);
}
