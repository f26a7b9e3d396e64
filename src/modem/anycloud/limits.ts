import { AtError } from '../../at/error.ts';

/**
 * Limits of the module, in bytes (AT protocol 7.11–7.15, 8.6). What is longer it refuses, cuts, sends garbled, or
 * crashes on, and often in silence, so nothing longer is ever sent.
 */
export const LIMITS = {
  brokerHost: 63,
  clientId: 23,
  userName: 127,
  topic: 127,
  /** A whole received MQTT packet; longer ones are lost and may break the stream (T18). */
  receivedPacket: 1500,
} as const;

const NAMES: Record<keyof typeof LIMITS, string> = {
  brokerHost: 'broker host name',
  clientId: 'MQTT client id',
  userName: 'MQTT user name',
  topic: 'MQTT topic',
  receivedPacket: 'received packet',
};

/** @throws AtError `limit` when `value` is empty or longer than the module can hold. */
export function checkLimit(kind: keyof typeof LIMITS, value: string): void {
  const length = Buffer.byteLength(value);
  if (length >= 1 && length <= LIMITS[kind]) return;
  const shown = value === '' ? 'is empty' : `has ${length} bytes (${value.slice(0, 80)})`;
  throw new AtError('limit', `The ${NAMES[kind]} ${shown}; the module takes 1 to ${LIMITS[kind]}`);
}
