import type { Duplex } from 'node:stream';

export interface TlsRequest {
  /** PEM chain of the device. */
  certificate: string;
  key: string;
  /** Undefined for IP addresses. */
  servername?: string;
  /** PEM roots: built in and loaded. */
  trusted: string[];
  /** The module's own clock, milliseconds since 1970. */
  now: number;
  alpn: string[];
}

/**
 * Opens a connection to a broker, with TLS where `tls` is given. Rejects with an Error whose `code` tells: ENOTFOUND,
 * ECONNREFUSED, EHOSTUNREACH or ETIMEDOUT; anything else with `tls` is a TLS failure.
 */
export type Dial = (host: string, port: number, tls: TlsRequest | null, signal: AbortSignal) => Promise<Duplex>;
