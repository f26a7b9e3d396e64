import { brief, clipped } from './format.js';

const MOST = 200;

/** States of a session that it has only when something is wrong. */
const RECOVERING = new Map([
  ['await-reconnect', 'The session waits for the module to reconnect.'],
  ['rejoin', 'The session joins the network again.'],
  ['reset', 'The session resets the module.'],
  ['open-port', 'The session opens the port.'],
]);
const SERVICES = new Map([
  ['dps', 'DPS'],
  ['hub', 'the hub'],
]);
const serviceOf = ({ service }) => SERVICES.get(service) ?? 'the cloud';

/** What an event says of how things go: a tone ('bad' or 'step') and a sentence; undefined for what says nothing. */
function told(event) {
  switch (event.type) {
    case 'connect':
      return ['step', `Connected to ${serviceOf(event)}.`];
    case 'disconnect':
      if (event.service === 'dps' && event.cleanly === true) return ['step', 'Left DPS.'];
      return ['bad', `Disconnected from ${serviceOf(event)}${event.reason ? `: ${clipped(event.reason, 200)}` : '.'}`];
    case 'refusal':
      return ['bad', `Refused by ${serviceOf(event)}: ${clipped(event.reason, 200)}`];
    case 'provisioning':
      return event.status === 'assigned'
        ? ['step', `DPS has assigned ${clipped(event.hub, 100)}.`]
        : ['bad', `DPS says ${brief(event.status, 40)}.`];
    case 'state': {
      const recovering = RECOVERING.get(event.state);
      return recovering === undefined ? undefined : ['bad', recovering];
    }
    case 'event':
      return [event.level === 'warning' ? 'bad' : 'step', clipped(event.message, 300)];
    case 'error':
      return ['bad', clipped(event.message, 300)];
    case 'exit':
      return ['bad', `The session has ended: ${clipped(event.reason, 300)}`];
    default:
      return undefined;
  }
}

/** What has happened since a fault was asked for, until telemetry flows again. */
export class Aftermath {
  /** Oldest first: { at, tone, text }. */
  rows = [];
  /** When the first trouble was seen; null while there is none. */
  struckAt = null;
  /** When telemetry came again after the last trouble; null while it has not. */
  recoveredAt = null;
  /** Messages of telemetry before any trouble. */
  unharmed = 0;

  /** @param fault of the table, in console/faults.js */
  constructor(fault, at) {
    this.fault = fault;
    this.at = at;
  }

  take(event, at) {
    if (event.type === 'telemetry') {
      if (this.struckAt === null) this.unharmed++;
      else if (this.recoveredAt === null) {
        this.recoveredAt = at;
        this.#add(at, 'ok', 'Telemetry flows again.');
      }
      return;
    }
    const [tone, text] = told(event) ?? [];
    if (text === undefined) return;
    if (tone === 'bad') {
      this.struckAt ??= at;
      this.recoveredAt = null;
    } else if (this.recoveredAt !== null) return;
    this.#add(at, tone, text);
  }

  #add(at, tone, text) {
    this.rows.push({ at, tone, text });
    if (this.rows.length > MOST) this.rows.shift();
  }
}
