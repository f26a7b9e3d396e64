import type { Store } from './store.ts';

/** A Wi-Fi network that the module can find. */
export interface AccessPoint {
  ssid: string;
  /** Empty for an open network. */
  passphrase: string;
  /** As `AT+WSTAC=2` has it: 0 open, 2 WPA/WPA2 mixed, 3 WPA2. */
  security: number;
  /** Upper-case hex with colons. */
  bssid: string;
  channel: number;
  rssi: number;
}

/** How a simulated access point is received, and its BSSID. */
export const RECEPTION = { bssid: '5C:76:95:1B:D9:2F', channel: 6, rssi: -48 } as const;

/** Ids of the station configuration (AT protocol 7.4). */
export const STATION = {
  ssid: 1,
  security: 2,
  credentials: 3,
  channel: 4,
  bssid: 5,
  address: 6,
  netmask: 7,
  gateway: 8,
  dns1: 9,
  dns2: 10,
  dhcp: 11,
  ntpServer: 12,
  ntpStatic: 13,
  ntpEnabled: 14,
  roaming: 15,
} as const;

const OPEN = 0;
const PERSONAL = [2, 3];
const ANY_CHANNEL = [0, 255];
const LAST_CHANNEL = 13;

/** What a connection attempt was started with. */
export interface Join {
  ssid: Buffer;
  security: number;
  credentials: Buffer;
  channel: number;
}

export function joinFrom(configuration: Store): Join {
  return {
    ssid: configuration.text(STATION.ssid),
    security: configuration.number(STATION.security),
    credentials: configuration.text(STATION.credentials),
    channel: configuration.number(STATION.channel),
  };
}

/** Whether the driver takes such an attempt at all; WEP and WPA3 are not built in (AT protocol 7.4). */
export function isUsable({ ssid, security, credentials, channel }: Join): boolean {
  const channelUsable = ANY_CHANNEL.includes(channel) || (channel >= 1 && channel <= LAST_CHANNEL);
  if (ssid.length === 0 || !channelUsable) return false;
  if (security === OPEN) return true;
  return PERSONAL.includes(security) && isKey(credentials);
}

/** A passphrase of 8 to 63 characters, or 64 hex digits. */
function isKey(credentials: Buffer): boolean {
  if (credentials.length === 64) return /^[0-9a-fA-F]{64}$/.test(credentials.toString('latin1'));
  return credentials.length >= 8 && credentials.length <= 63;
}

/** The network that such an attempt ends up in, if any. */
export function findAccessPoint(accessPoints: AccessPoint[], join: Join): AccessPoint | undefined {
  return accessPoints.find(
    (accessPoint) =>
      join.ssid.equals(Buffer.from(accessPoint.ssid)) &&
      (ANY_CHANNEL.includes(join.channel) || join.channel === accessPoint.channel) &&
      (accessPoint.security === OPEN
        ? join.security === OPEN
        : PERSONAL.includes(join.security) && join.credentials.equals(Buffer.from(accessPoint.passphrase))),
  );
}
