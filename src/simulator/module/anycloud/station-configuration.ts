import type { JoinRequest } from '../access-point.ts';
import { type Addresses, NO_ADDRESS } from '../addresses.ts';
import { Store } from './store.ts';

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

export function stationConfiguration(): Store {
  const text = (id: number, max: number) => ({ id, kind: { type: 'text' as const, max }, value: Buffer.alloc(0) });
  const integer = (id: number, value: number) => ({ id, kind: { type: 'integer' as const }, value });
  const flag = (id: number, value: number) => ({ id, kind: { type: 'flag' as const }, value });
  const address = (id: number) => ({ id, kind: { type: 'address' as const }, value: NO_ADDRESS });
  return new Store([
    text(STATION.ssid, 32),
    integer(STATION.security, OPEN),
    text(STATION.credentials, 128),
    integer(STATION.channel, 255),
    text(STATION.bssid, 6),
    address(STATION.address),
    address(STATION.netmask),
    address(STATION.gateway),
    address(STATION.dns1),
    address(STATION.dns2),
    flag(STATION.dhcp, 1),
    text(STATION.ntpServer, 128),
    flag(STATION.ntpStatic, 0),
    flag(STATION.ntpEnabled, 1),
    flag(STATION.roaming, 0),
  ]);
}

/** The attempt that the configuration describes; undefined when the driver would not take it (AT protocol 7.4). */
export function joinRequest(configuration: Store): JoinRequest | undefined {
  const ssid = configuration.text(STATION.ssid);
  const channel = configuration.number(STATION.channel);
  const security = configuration.number(STATION.security);
  const credentials = configuration.text(STATION.credentials);
  const anyChannel = ANY_CHANNEL.includes(channel);
  if (ssid.length === 0 || !(anyChannel || (channel >= 1 && channel <= LAST_CHANNEL))) return undefined;
  // WEP and WPA3 are not built in.
  if (security !== OPEN && !(PERSONAL.includes(security) && isKey(credentials))) return undefined;
  return {
    ssid,
    passphrase: security === OPEN ? undefined : credentials,
    channel: anyChannel ? undefined : channel,
  };
}

/** A passphrase of 8 to 63 characters, or 64 hex digits. */
function isKey(credentials: Buffer): boolean {
  if (credentials.length === 64) return /^[0-9a-fA-F]{64}$/.test(credentials.toString('latin1'));
  return credentials.length >= 8 && credentials.length <= 63;
}

/** The addresses of a station that does without DHCP. */
export function staticAddresses(configuration: Store): Addresses {
  return {
    own: configuration.address(STATION.address),
    netmask: configuration.address(STATION.netmask),
    gateway: configuration.address(STATION.gateway),
    dns1: configuration.address(STATION.dns1),
    dns2: configuration.address(STATION.dns2),
  };
}
