import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, connect, createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { Credentials } from './credentials.ts';
import { NoAnswer } from './failure.ts';

/** What MQTT goes in on its way to the cloud. */
export type Via = 'mqtt' | 'websocket';

/**
 * Opens a connection to a host of the cloud, for a board with these credentials.
 * @throws the system's or TLS's error; NoAnswer when time has run out; the reason of `signal`
 */
export type CloudDial = (
  host: string,
  credentials: Credentials,
  signal: AbortSignal,
) => Promise<{ socket: Duplex; via: Via }>;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How the cloud is reached. */
export interface DialOptions {
  readonly clock: Clock;
  /** Of MQTT over TLS. */
  readonly port: number;
  /** PEM certificates to trust beside those that Node knows. */
  readonly ca: readonly string[];
  /** Where a name is really found; undefined: where the name leads. */
  readonly resolve: (name: string) => Address | undefined;
}

/** A way to be tried. */
export interface Way {
  readonly name: string;
  readonly at: Address;
  readonly secureContext: SecureContext;
}

const TCP_TIMEOUT = 6_000;
const TLS_TIMEOUT = 15_000;
const KEEP_ALIVE = 30_000;

/** The real network: TLS with the cloud's name verified. */
export function cloudDial({ clock, port, ca, resolve }: DialOptions): CloudDial {
  /** Made once: reading all roots takes some milliseconds. */
  const contexts = new WeakMap<Credentials, SecureContext>();
  return async (name, credentials, signal) => {
    const secureContext = contexts.get(credentials) ?? secureContextFor(credentials, ca);
    contexts.set(credentials, secureContext);
    const way: Way = { name, at: resolve(name) ?? { host: name, port }, secureContext };
    return { socket: await dialTls(way, clock, signal), via: 'mqtt' };
  };
}

function secureContextFor(credentials: Credentials, ca: readonly string[]): SecureContext {
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
async function dialTls({ name, at, secureContext }: Way, clock: Clock, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  const socket = connect({
    host: at.host,
    port: at.port,
    secureContext,
    ...(isIP(name) === 0 && { servername: name }),
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
