import type { Environment } from '../environment.ts';
import type { TransferFault } from './xmodem.ts';

/** What TLS can be made to fail with, by the second number of its status (RNWF 7). */
export const TLS_ERRORS = ['17.0', '17.1', '17.2', '17.3', '17.4'] as const;
export type TlsError = (typeof TLS_ERRORS)[number];

/** The world around a module of this family, with the faults that only it has; it outlives a reset. */
export interface RnwfEnvironment extends Environment {
  /** Every TLS handshake fails like this. */
  tlsError: TlsError | undefined;
  /** Milliseconds by which events come later. */
  lateEvents: number;
  /** So many events are lost. */
  lostEvents: number;
  /** What goes wrong with files that come by XMODEM. */
  transferFault: TransferFault | undefined;
}
