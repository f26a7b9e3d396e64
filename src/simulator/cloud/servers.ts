import { constants } from 'node:crypto';
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { KeyedCertificate } from './pki.ts';

const HANDSHAKE_TIME = 30_000;

/**
 * MQTT's TLS: every client is asked for a certificate, and none is turned away here, since Azure's refusals are MQTT's.
 * What ALPN a client offers is ignored: the module's `x-amzn-mqtt-ca` must not end the handshake (AT protocol 8.5).
 */
export function tlsServer(
  identities: readonly KeyedCertificate[],
  accept: (socket: TLSSocket) => void,
  onRefused: (reason: string) => void,
): Server {
  const server = createTlsServer({
    // The one that fits the cipher suites of the client is taken.
    cert: identities.map(({ certificate }) => certificate),
    key: identities.map(({ key }) => key),
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
      onRefused(`a client certificate cannot be read: ${String(error)}`);
      socket.destroy();
    }
  });
  server.on('tlsClientError', (error, socket) => {
    onRefused(`no TLS with ${socket.remoteAddress ?? 'a client'}: ${error.message}`);
    // A handshake that takes too long is reported, and not ended, by Node.
    socket.destroy();
  });
  return server;
}

export function plainServer(accept: (socket: Socket) => void): Server {
  return createPlainServer(accept);
}
