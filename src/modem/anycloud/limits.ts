import type { ModemLimits } from '../modem.ts';

/**
 * Limits of the module, in bytes (AT protocol 7.11–7.15, 8.6). What is longer it refuses, cuts, sends garbled, or
 * crashes on, and often in silence, so nothing longer is ever sent.
 */
export const LIMITS = {
  brokerHost: 63,
  clientId: 23,
  userName: 127,
  topic: 127,
  /** A longer packet is lost and may break the stream (T18). */
  receivedPacket: 1500,
  /** A longer command vanishes in silence, or its tail is executed (T6). */
  command: 510,
} as const satisfies ModemLimits;
