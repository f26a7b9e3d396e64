import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { Credentials } from './credentials.ts';
import { type Address, dialTls, secureContextFor } from './dial-tls.ts';
import { dialWebSocket } from './dial-websocket.ts';
import { isBlocked } from './failure.ts';

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

/** How the cloud is reached. */
export interface DialOptions {
  readonly clock: Clock;
  /** Of MQTT over TLS. */
  readonly port: number;
  /** PEM certificates to trust beside those that Node knows. */
  readonly ca: readonly string[];
  /** Where a name, or a name with a port, is really found; undefined: where the name leads. */
  readonly resolve: (name: string) => Address | undefined;
}

/** Of WebSocket, and of nothing else that a network would block. */
const HTTPS_PORT = 443;

/**
 * The real network: MQTT over TLS on a port of its own, and over WebSocket where that is blocked. A host that is reached by the
 * latter is tried so first from then on.
 */
export function cloudDial({ clock, port, ca, resolve }: DialOptions): CloudDial {
  /** Made once: reading all roots takes some milliseconds. */
  const contexts = new WeakMap<Credentials, SecureContext>();
  const byWebSocket = new Set<string>();

  return async (name, credentials, signal) => {
    const secureContext = contexts.get(credentials) ?? secureContextFor(credentials, ca);
    contexts.set(credentials, secureContext);
    const ways: Record<Via, () => Promise<Duplex>> = {
      mqtt: () => dialTls({ name, at: resolve(name) ?? { host: name, port }, secureContext }, clock, signal),
      websocket: () => {
        const at = resolve(`${name}:${HTTPS_PORT}`) ?? { host: resolve(name)?.host ?? name, port: HTTPS_PORT };
        return dialWebSocket({ name, at, secureContext }, credentials.kind === 'certificate', clock, signal);
      },
    };
    const [first, second] = byWebSocket.has(name) ? (['websocket', 'mqtt'] as const) : (['mqtt', 'websocket'] as const);
    try {
      return { socket: await ways[first](), via: first };
    } catch (error) {
      signal.throwIfAborted();
      if (!isBlocked(error)) throw error;
      // What is told is why the first way was closed: it is the usual one, or has worked before.
      const socket = await ways[second]().catch(() => Promise.reject(error));
      if (second === 'websocket') byWebSocket.add(name);
      else byWebSocket.delete(name);
      return { socket, via: second };
    }
  };
}
