import { isIP } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  rootCertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { Clock } from '../clock.ts';
import type { Credentials } from './credentials.ts';
import { NoAnswer } from './failure.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A way to be tried: to whom, and where that is found. */
export interface Way {
  readonly name: string;
  readonly at: Address;
  readonly secureContext: SecureContext;
  /** What is to be spoken within TLS, where that is to be said (ALPN). */
  readonly protocol?: string;
}

const TCP_TIMEOUT = 6_000;
const TLS_TIMEOUT = 15_000;
const KEEP_ALIVE = 30_000;

/** @param ca PEM certificates to trust beside those that Node knows */
export function secureContextFor(credentials: Credentials, ca: readonly string[]): SecureContext {
  return createSecureContext({
    minVersion: 'TLSv1.2',
    ...(ca.length > 0 && { ca: [...rootCertificates, ...ca] }),
    ...(credentials.kind === 'certificate' && { cert: credentials.certificate, key: credentials.key }),
  });
}

/**
 * Opens TLS, and makes sure that the other side is who was asked for: its name is verified whatever address it was found
 * at, and told to it (SNI).
 */
export async function dialTls(way: Way, clock: Clock, signal: AbortSignal): Promise<TLSSocket> {
  const { name, at, secureContext, protocol } = way;
  signal.throwIfAborted();
  const socket = connect({
    host: at.host,
    port: at.port,
    secureContext,
    ...(isIP(name) === 0 && { servername: name }),
    ...(protocol !== undefined && { ALPNProtocols: [protocol] }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE);
  const limit = (ms: number) => clock.after(ms, () => socket.destroy(new NoAnswer(`no answer within ${ms / 1000} s`)));
  const timers = [limit(TCP_TIMEOUT), limit(TLS_TIMEOUT)];
  socket.once('connect', () => timers[0]?.cancel());
  const giveUp = () => socket.destroy(new Error('given up'));
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new NoAnswer('the connection was closed during the TLS handshake')));
    });
    return socket;
  } catch (error) {
    socket.on('error', () => undefined);
    socket.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
    for (const timer of timers) timer.cancel();
  }
}
