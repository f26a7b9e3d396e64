/** How a virtual module is doing, seen from outside its wire. */
export interface ModuleState {
  power: 'off' | 'on' | 'crashed';
  /** The network it is linked to. */
  ssid?: string;
  /** Its IPv4 address, once there is one. */
  address?: string;
  /** Whether SNTP has ever answered. */
  synchronised: boolean;
  /** The time by its own clock, milliseconds since 1970. */
  time: number;
  /** The state of its MQTT client, as the firmware tells them apart. */
  mqtt: string;
  /** The broker that its MQTT client was last sent to, as host and port. */
  broker?: string;
}

/** One line that a person can read. @param faults those in force, as control lines. */
export function stateLine(state: ModuleState, faults: string[]): string {
  return [describe(state), ...(faults.length > 0 ? [`faults: ${faults.join(', ')}`] : [])].join('; ');
}

function describe({ power, ssid, address, synchronised, time, mqtt, broker }: ModuleState): string {
  if (power === 'off') return 'off';
  const wifi = ssid === undefined ? 'no Wi-Fi' : `Wi-Fi ${JSON.stringify(ssid)}, ${address ?? 'no address yet'}`;
  const clock = synchronised ? `${new Date(time).toISOString().slice(0, 19)}Z` : 'no time yet';
  const client = `MQTT ${mqtt}${broker === undefined ? '' : ` (${broker})`}`;
  return `${power === 'crashed' ? 'crashed, no answer until a reset; last: ' : ''}${wifi}; ${clock}; ${client}`;
}
