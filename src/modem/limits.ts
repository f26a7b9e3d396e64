import { AtError } from '../at/error.ts';
import type { ModemLimits } from './modem.ts';

const NAMES: Record<keyof ModemLimits, string> = {
  brokerHost: 'broker host name',
  clientId: 'MQTT client id',
  userName: 'MQTT user name',
  topic: 'MQTT topic',
  receivedPacket: 'received packet',
  command: 'command',
};

/** @throws AtError `limit` when `value` is empty or longer than the module can hold. */
export function checkLimit(limits: ModemLimits, kind: keyof ModemLimits, value: string): void {
  const length = Buffer.byteLength(value);
  if (length >= 1 && length <= limits[kind]) return;
  const shown = value === '' ? 'is empty' : `has ${length} bytes (${value.slice(0, 80)})`;
  throw new AtError('limit', `The ${NAMES[kind]} ${shown}; the module takes 1 to ${limits[kind]}`);
}
