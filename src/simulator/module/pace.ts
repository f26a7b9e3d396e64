/** How long the module's own work takes, in milliseconds; protocol timers are the same at every pace. */
export interface Pace {
  /** Whether bytes take their time on the wire (10 bits each at the current baud rate). */
  readonly limitedWire: boolean;
  /** One pass of the AT engine: at most one command (AT protocol 2.1). */
  readonly enginePass: number;
  /** One pass of the MQTT task: at most one incoming packet (AT protocol 8.1). */
  readonly mqttPass: number;
  readonly boot: number;
  readonly associate: number;
  readonly disassociate: number;
  readonly dhcp: number;
  readonly sntp: number;
  readonly scan: number;
  readonly dns: number;
  readonly tlsHandshake: number;
  /** From a failed or lost connection to the next attempt; never 0, since the module retries for ever. */
  readonly reconnect: number;
  /** How long a packet may stay half received; a pass that comes after 50 ms has given it that time already. */
  readonly packetGrace: number;
}

/** As recorded from the firmware. */
const REAL: Pace = {
  limitedWire: true,
  enginePass: 100,
  mqttPass: 50,
  boot: 400,
  associate: 590,
  disassociate: 20,
  dhcp: 200,
  sntp: 500,
  scan: 300,
  dns: 190,
  tlsHandshake: 250,
  reconnect: 50,
  packetGrace: 0,
};

const INSTANT: Pace = {
  limitedWire: false,
  enginePass: 0,
  mqttPass: 0,
  boot: 2,
  associate: 2,
  disassociate: 1,
  dhcp: 1,
  sntp: 1,
  scan: 1,
  dns: 0,
  tlsHandshake: 0,
  reconnect: 250,
  packetGrace: 50,
};

export type PaceName = 'real' | 'instant';

export const PACES: Record<PaceName, Pace> = { real: REAL, instant: INSTANT };
