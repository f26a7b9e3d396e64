import type { Report, SessionEvent } from '../events.ts';
import type { EventLog } from './event-log.ts';

/** What a session tells that no cloud sees. */
export const SESSION_TYPES = [
  'state',
  'at',
  'event',
  'waiting',
  'gateway',
  'certificate',
  'assigned',
  'twin',
  'error',
  'exit',
] as const satisfies SessionEvent['type'][];

/** What it tells as well, where no cloud of ours tells it from the other end. */
export const BOTH_ENDS = [
  'telemetry',
  'property',
  'command',
  'message',
  'reported',
] as const satisfies SessionEvent['type'][];

/**
 * Appends what a session reports to the events that a page reads, as `--json` has it.
 * @param deviceId of the session, for events that name none; undefined while it is not known
 * @param types which ones
 */
export function sessionFeed(
  log: EventLog,
  wall: () => number,
  deviceId: () => string | undefined,
  types: readonly SessionEvent['type'][],
): Report {
  const wanted = new Set<string>(types);
  return ({ type, ...fields }) => {
    if (!wanted.has(type)) return;
    const id = 'deviceId' in fields ? fields.deviceId : deviceId();
    const event = {
      v: 1,
      ts: new Date(wall()).toISOString(),
      type,
      ...fields,
      ...(id !== undefined && { deviceId: id }),
    };
    log.append(type, id, JSON.stringify(event));
  };
}
