import { AtError } from '../at/error.ts';
import { AppError } from '../errors.ts';
import type { ModemEvent } from '../modem/modem.ts';
import { isServing, type Outcome, type State } from './table.ts';

/** What an event of the module means to the session, whatever its state; the table says where it counts. */
export function outcomeOfEvent(event: ModemEvent): Outcome | null {
  switch (event.type) {
    case 'restarted':
      return 'rebooted';
    case 'link-down':
      return 'wifi-lost';
    case 'stuck':
      return 'stuck';
    case 'broker':
      return event.connected ? null : 'broker-down';
    default:
      return null;
  }
}

/** What a failed command means to the session; null when it is no matter of the connection. */
export function outcomeOfError(error: unknown): Outcome | null {
  if (!(error instanceof AtError)) return null;
  switch (error.failure) {
    case 'timed-out':
      return 'timed-out';
    case 'reset':
      return 'rebooted';
    case 'closed':
      return 'port-lost';
    case 'not-connected':
      return 'broker-down';
    case 'refused':
    case 'limit':
      return null;
  }
}

/**
 * What an interruption means as a failure, where the session must start over because of it; null where it goes on, or
 * was told to start over. A module that is just starting may well say so.
 */
export function setbackOf(state: State, outcome: Outcome): AppError | null {
  switch (outcome) {
    case 'stuck':
      return new AppError('E_MODULE_STUCK', 'The MQTT client of the module is stuck', 'Press its reset button.');
    case 'timed-out':
      return new AppError('E_MODULE_TIMEOUT', 'The module has stopped answering', 'Check its power and its wiring.');
    case 'rebooted':
      if (state === 'sync') return null;
      return new AppError('E_MODULE_RESET', 'The module has restarted by itself', 'Check its power supply.');
    case 'wifi-lost':
      if (isServing(state) || state === 'await-reconnect') return null;
      return new AppError('E_WIFI_JOIN', 'The network was lost before the hub was reached', 'Move the board closer.');
    case 'broker-down':
      if (isServing(state)) return null;
      return new AppError('E_DPS_CONNECT', 'DPS has closed the connection', 'Check ID_SCOPE and the enrolment.');
    default:
      return null;
  }
}
