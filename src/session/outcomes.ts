import { MQTT_ERROR } from '../anycloud/broker.ts';
import type { Signal } from '../anycloud/signals.ts';
import { AtError } from '../at/error.ts';
import type { Outcome } from './table.ts';

/** What a signal of the module means to the session, whatever its state; the table says where it counts. */
export function outcomeOfSignal(signal: Signal): Outcome | null {
  switch (signal.type) {
    case 'banner':
      return 'rebooted';
    case 'link-down':
      return 'wifi-lost';
    case 'wedged':
      return 'wedged';
    case 'broker':
      return signal.connected ? null : 'broker-down';
    default:
      return null;
  }
}

/** What a failed command means to the session; null when it is no matter of the connection. */
export function outcomeOfError(error: unknown): Outcome | null {
  if (!(error instanceof AtError)) return null;
  switch (error.failure) {
    case 'silent':
      return 'silent';
    case 'reset':
      return 'rebooted';
    case 'closed':
      return 'port-lost';
    case 'refused':
      return error.status === MQTT_ERROR ? 'broker-down' : null;
    case 'limit':
      return null;
  }
}
