/** Failure codes and their texts; the odd capitals are the firmware's (AT protocol 6). */
const TEXTS: Record<number, string> = {
  1: 'General Error',
  2: 'Invalid AT Command',
  3: 'Unknown AT Command',
  4: 'Invalid Parameter',
  5: 'Incorrect Number of Parameters',
  6: 'Configuration Update Blocked',
  7: 'Configuration Access Failed',
  8: 'Wi-Fi Request Failed',
  9: 'STA Not Connected',
  21: 'STA Disconnect Not Permitted',
  23: 'STA Connection Not Permitted',
  24: 'STA Connection Failed',
  41: 'DNS Type Not Supported',
  42: 'DNS Query Timeout',
  43: 'Ping Failed',
  46: 'Time Error',
  47: 'MQTT Error',
};

/** The codes by what they say. */
export const STATUS = {
  ok: 0,
  general: 1,
  invalidCommand: 2,
  unknownCommand: 3,
  invalidParameter: 4,
  parameterCount: 5,
  configurationBlocked: 6,
  configurationAccess: 7,
  wifiRequest: 8,
  notConnected: 9,
  disconnectNotPermitted: 21,
  connectNotPermitted: 23,
  connectFailed: 24,
  dnsType: 41,
  dnsTimeout: 42,
  ping: 43,
  time: 46,
  mqtt: 47,
} as const;

export type Status = (typeof STATUS)[keyof typeof STATUS];

export const MAX_VERBOSITY = 5;

/** A status line without its line end. @param verbosity 0..5, as ATV sets it. */
export function statusText(status: Status, verbosity: number): string {
  if (status === STATUS.ok) return verbosity < 2 ? '0' : 'OK';
  const text = TEXTS[status] ?? '';
  switch (verbosity) {
    case 0:
      return '1';
    case 1:
      return `1:${status}`;
    case 2:
      return 'ERROR';
    case 3:
      return `ERROR:${status}`;
    case 4:
      return `ERROR:"${text}"`;
    default:
      return `ERROR:${status},"${text}"`;
  }
}
