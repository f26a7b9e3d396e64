import { type RawPacket, readPublish } from './packets.ts';

const RESULT = /^\$dps\/registrations\/res\/200\//;

/**
 * The device id that an answer of DPS has assigned, which need not be the registration id (Azure 1.3): the board will
 * connect to its hub with it.
 * @returns null for every other packet
 */
export function assignedDeviceId(packet: RawPacket): string | null {
  const publish = readPublish(packet);
  if (!publish || !RESULT.test(publish.topic)) return null;
  const state = member(parsed(publish.payload), 'registrationState');
  const id = member(state, 'deviceId');
  return member(state, 'status') === 'assigned' && typeof id === 'string' && id !== '' ? id : null;
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return null;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
