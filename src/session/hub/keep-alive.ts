import type { Clock } from '../../clock.ts';
import type { ModemMqtt } from '../../modem/modem.ts';

/** What the modules' keep-alive is by default, in milliseconds. */
const KEEP_ALIVE = 60_000;

/**
 * Whether something must be sent after a message was received. A module may send no ping while it receives (T17), so a
 * message that leads to no answer must lead to another one, or the hub closes the connection after one and a half times
 * the keep-alive.
 */
export function mustSend({ lastSent }: Pick<ModemMqtt, 'lastSent'>, clock: Clock): boolean {
  return clock.monotonic() - lastSent > KEEP_ALIVE / 3;
}
