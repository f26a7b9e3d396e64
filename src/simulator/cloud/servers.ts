import { constants } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions, type Server as TlsServer } from 'node:tls';
import { isAmqp, NO_AMQP } from './amqp.ts';
import type { KeyedCertificate } from './pki.ts';

const HANDSHAKE_TIME = 30_000;

/** TLS as all ports have it: every client is asked for a certificate, and none is turned away for want of one. */
const tlsOptions = (identities: readonly KeyedCertificate[]): TlsOptions => ({
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

/**
 * MQTT's TLS: every client is asked for a certificate, and none is turned away here, since Azure's refusals are MQTT's.
 * What ALPN a client offers is ignored: the module's `x-amzn-mqtt-ca` must not end the handshake (AT protocol 8.5).
 */
export function tlsServer(
  identities: readonly KeyedCertificate[],
  accept: (socket: TLSSocket) => void,
  onRefused: (reason: string) => void,
): Server {
  const server = createTlsServer(tlsOptions(identities));
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    try {
      accept(socket);
    } catch (error) {
      onRefused(`a client certificate cannot be read: ${String(error)}`);
      socket.destroy();
    }
  });
  reportFailures(server, onRefused);
  return server;
}

function reportFailures(server: TlsServer, onRefused: (reason: string) => void): void {
  server.on('tlsClientError', (error, socket) => {
    onRefused(`no TLS with ${socket.remoteAddress ?? 'a client'}: ${error.message}`);
    // A handshake that takes too long is reported, and not ended, by Node.
    socket.destroy();
  });
}

/** What an HTTPS server leads to. */
export interface HttpsDestinations {
  answer(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  onRefused(reason: string): void;
}

/** HTTPS with the same certificates. A client that speaks something else is told of by its first bytes. */
export function httpsServer(
  identities: readonly KeyedCertificate[],
  { answer, upgrade, onRefused }: HttpsDestinations,
): HttpsServer {
  const server = createHttpsServer(tlsOptions(identities), answer);
  server.on('upgrade', upgrade);
  server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) => {
    if (error.rawPacket && isAmqp(error.rawPacket)) onRefused(NO_AMQP);
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
  reportFailures(server, onRefused);
  return server;
}

export function plainServer(accept: (socket: Socket) => void): Server {
  return createPlainServer(accept);
}
