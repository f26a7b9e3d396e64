import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { chainIsTrusted } from './chain.ts';
import type { Dial, TlsRequest } from './dial-request.ts';

/** As long as a TCP connection is tried; the module itself would go on for ever. */
const TCP_TIMEOUT_MS = 20_000;
/** Node tells apart whether a name is unknown or nobody could be asked; the module does not. */
const NAME_ERRORS = ['EAI_AGAIN', 'ENODATA', 'EAI_NODATA'];

/** Where a broker is really found. */
export type Resolve = (host: string, port: number) => { host: string; port: number } | undefined;

/**
 * The real network, and the module's TLS on it: SNI, ALPN, P-256, host name unchecked; the chain is checked against
 * what the module trusts, and its dates against the module's clock, not the computer's (AT protocol 8.5).
 * @param resolve leads a broker's name elsewhere; undefined: the name itself.
 */
export function tlsDial(resolve: Resolve, maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2'): Dial {
  return async (host, port, tls, signal) => {
    const target = resolve(host, port) ?? { host, port };
    const socket = await openTcp(target.host, target.port, signal);
    if (!tls) return socket;
    try {
      return await secure(socket, tls, maxVersion, signal);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };
}

function openTcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(failure('the attempt was given up', 'ECANCELED'));
      return;
    }
    const socket = connectTcp({ host, port, noDelay: true, timeout: TCP_TIMEOUT_MS });
    const giveUp = () => socket.destroy(failure('the attempt was given up', 'ECANCELED'));
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('timeout', () => socket.destroy(failure(`${host}:${port} does not answer`, 'ETIMEDOUT')));
    const onError = (error: Error & { code?: string }) => {
      signal.removeEventListener('abort', giveUp);
      reject(NAME_ERRORS.includes(error.code ?? '') ? failure(error.message, 'ENOTFOUND') : error);
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      signal.removeEventListener('abort', giveUp);
      socket.off('error', onError);
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

function secure(socket: Socket, request: TlsRequest, maxVersion: 'TLSv1.2' | 'TLSv1.3', signal: AbortSignal) {
  return new Promise<Duplex>((resolve, reject) => {
    const secured = connectTls({
      socket,
      cert: request.certificate,
      key: request.key,
      ca: request.trusted,
      ...(request.servername === undefined ? {} : { servername: request.servername }),
      ALPNProtocols: request.alpn,
      ecdhCurve: 'prime256v1',
      minVersion: 'TLSv1.2',
      maxVersion,
      // Judged by chainIsTrusted instead: OpenSSL would use the computer's clock.
      rejectUnauthorized: false,
    });
    const giveUp = () => secured.destroy(failure('the attempt was given up', 'ECANCELED'));
    signal.addEventListener('abort', giveUp, { once: true });
    const fail = (error: Error) => {
      signal.removeEventListener('abort', giveUp);
      reject(failure(error.message, 'ERR_TLS', error));
    };
    secured.once('error', fail);
    secured.once('close', () => fail(failure('the connection was closed during the handshake', 'ERR_TLS')));
    secured.once('secureConnect', () => {
      if (!chainIsTrusted(peerChain(secured), request.trusted, request.now)) {
        secured.destroy(failure("the broker's certificate is not trusted", 'ERR_TLS'));
        return;
      }
      signal.removeEventListener('abort', giveUp);
      secured.removeAllListeners('close');
      secured.off('error', fail);
      resolve(secured);
    });
  });
}

/** The broker's certificate, and what came with it. */
function peerChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let peer = socket.getPeerCertificate(true);
  while (peer?.raw && !chain.some((certificate) => certificate.raw.equals(peer.raw))) {
    chain.push(new X509Certificate(peer.raw));
    peer = peer.issuerCertificate;
  }
  return chain;
}

function failure(message: string, code: string, cause?: Error): Error & { code: string } {
  return Object.assign(new Error(message, cause ? { cause } : undefined), { code });
}
