import type { ModemEvent } from '../modem.ts';
import type { RnwfEvent } from './events.ts';

/** Everything that the module tells by itself, and what follows from it. */
export type Signal =
  | RnwfEvent
  /** A message that was announced, and then not to be had. */
  | { type: 'lost-message' }
  /** A message that is longer than a line can be; in bytes. */
  | { type: 'overflow'; bytes: number }
  | { type: 'restarted' };

/** What a signal is to the session; null for what matters inside this family only. */
export function modemEvent(signal: Signal): ModemEvent | null {
  switch (signal.type) {
    case 'link-up':
    case 'link-down':
    case 'restarted':
    case 'lost-message':
    case 'address':
    case 'time':
    case 'broker':
    case 'message':
    case 'overflow':
      return signal;
    case 'tls-failed':
      return { type: 'tls-failed' };
    default:
      return null;
  }
}
