import { AppError } from '../errors.ts';
import { ModemError, type ModemEvent } from '../modem/modem.ts';
import { isServing, type Outcome, type State } from './table.ts';

/** What an event of the modem means to the session, whatever its state; the table says where it counts. */
export function outcomeOfEvent(event: ModemEvent): Outcome | null {
  switch (event.type) {
    case 'restarted':
      return 'rebooted';
    case 'link-down':
      return 'wifi-lost';
    case 'stuck':
      return 'stuck';
    case 'broker':
      return event.connected ? 'broker-up' : 'broker-down';
    default:
      return null;
  }
}

/** What a failed command means to the session; null when starting over would not help. */
export function outcomeOfError(error: unknown): Outcome | null {
  if (!(error instanceof ModemError)) return null;
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
      return 'refused';
    case 'limit':
      return null;
  }
}

/** What it costs the session that a state was interrupted. */
export type Cost =
  /** It starts over. */
  | { kind: 'setback'; error: AppError }
  /** It goes on soon, without starting over; `error` is what it means when that happens too often. */
  | { kind: 'loss'; error: AppError };

/**
 * What an interruption of `state` costs; null where the session was told to start over.
 * @param error of the command that has failed, where it was one
 */
export function costOf(state: State, outcome: Outcome, error: unknown): Cost | null {
  switch (outcome) {
    case 'refused':
      return error instanceof ModemError ? { kind: 'setback', error } : null;
    case 'stuck':
      return setback('E_MODULE_STUCK', 'The MQTT client of the module is stuck', 'Press its reset button.');
    case 'timed-out':
      return setback('E_MODULE_TIMEOUT', 'The module has stopped answering', 'Check its power and its wiring.');
    case 'rebooted':
      return setback('E_MODULE_RESET', 'The module has restarted by itself', 'Check its power supply.');
    case 'port-lost':
      return loss('E_PORT_LOST', 'The serial port goes away again and again', 'Check cable and adapter.');
    case 'wifi-lost':
      if (!isServing(state) && state !== 'await-reconnect') {
        return setback('E_WIFI_JOIN', 'The network was lost before the hub was reached', 'Move the board closer.');
      }
      return loss('E_WIFI_JOIN', 'The network is lost again and again', 'Move the board closer.');
    case 'broker-down':
      if (!isServing(state)) return setback('E_DPS_CONNECT', 'DPS has closed the connection', DPS_HINT);
      return loss('E_HUB_CONNECT', 'The hub ends every connection soon after it was made', HUB_HINT);
    case 'broker-up':
      return loss('E_HUB_CONNECT', 'The connection to the hub does not last', HUB_HINT);
    case 'unanswered':
      return loss('E_HUB_TWIN', 'The hub does not answer requests for the twin', HUB_HINT);
    default:
      return null;
  }
}

const DPS_HINT = 'Check the ID scope and the enrollment.';
const HUB_HINT = 'Check that nothing else connects with this device id.';

function setback(code: AppError['code'], message: string, hint: string): Cost {
  return { kind: 'setback', error: new AppError(code, message, hint) };
}

function loss(code: AppError['code'], message: string, hint: string): Cost {
  return { kind: 'loss', error: new AppError(code, message, hint) };
}
