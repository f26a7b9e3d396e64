import type { Product } from './product.ts';
import { integer, list, live, Store, text } from './store.ts';

// The configurations, with the ids of the reference (RNWF 4 to 8).

export const STATION = { ssid: 1, security: 2, credentials: 3, channel: 4 } as const;

export const stationSettings = () =>
  new Store(() => [
    text(STATION.ssid, 32),
    integer(STATION.security, 0, 0, 9),
    text(STATION.credentials, 128),
    integer(STATION.channel, 0, 0, 13),
    text(5, 17),
    integer(7, 100, 0, 0x7fff_ffff),
    integer(8, 0, 0, 1),
    integer(9, 0, 0, 2),
  ]);

export const SCAN = { filter: 10 } as const;

export const scanSettings = () =>
  new Store(() => [
    integer(1, 0, 0, 13),
    integer(2, 20),
    integer(3, 120),
    integer(4, 1),
    integer(5, 2),
    integer(6, 0),
    integer(7, 0),
    integer(8, 1, 0, 1),
    list(SCAN.filter, 32),
  ]);

export const SNTP = { enabled: 1, isManual: 2, server: 3 } as const;

export const sntpSettings = () =>
  new Store(() => [integer(SNTP.enabled, 0, 0, 1), integer(SNTP.isManual, 0, 0, 1), text(SNTP.server, 128)]);

export const INTERFACE = { dhcp: 10 } as const;

/** @param addresses those of the interface, with the length of their prefixes */
export const interfaceSettings = (mac: string, addresses: () => string[], gateway: () => string) =>
  new Store(() => [
    live(1, () => ['1,"wlan0"']),
    live(2, () => [`2,"${mac}"`]),
    text(3, 16, 'rnwf'),
    integer(INTERFACE.dhcp, 1, 0, 1),
    live(40, () => addresses().map((address, index) => `40.${index},"${address}"`)),
    live(41, () => [`41,"${gateway()}"`]),
  ]);

export const TLS = {
  root: 1,
  certificate: 2,
  key: 3,
  password: 4,
  serverName: 5,
  domain: 6,
  chip: 8,
  verifyPeer: 40,
  verifyDomain: 41,
} as const;

export const tlsSettings = ({ limits, hasChip, hasVerification }: Product) =>
  new Store(() => [
    text(TLS.root, 32),
    text(TLS.certificate, 32),
    text(TLS.key, 32),
    text(TLS.password, 64),
    text(TLS.serverName, limits.serverName),
    text(TLS.domain, limits.domain),
    integer(7, 1, 1, 2),
    hasChip ? integer(TLS.chip, 0, 0, 1) : text(TLS.chip, 32),
    ...(hasVerification ? [integer(TLS.verifyPeer, 1, 0, 1), integer(TLS.verifyDomain, 1, 0, 1)] : []),
  ]);

export const MQTT = {
  host: 1,
  port: 2,
  clientId: 3,
  userName: 4,
  password: 5,
  keepAlive: 6,
  tls: 7,
  version: 8,
  threshold: 9,
} as const;

/** Below it a message is printed at once; what it is at a start is not published, but it is small (RNWF 8). */
const THRESHOLD = 100;

export const mqttSettings = ({ limits, hasChip, tlsConfigurations }: Product) =>
  new Store(() => [
    text(MQTT.host, limits.broker),
    integer(MQTT.port, 1883, 0, 0xffff),
    text(MQTT.clientId, limits.clientId),
    text(MQTT.userName, 128),
    text(MQTT.password, 256),
    integer(MQTT.keepAlive, 60, 0, 0x7fff),
    { id: MQTT.tls, kind: 'integer' as const, value: 0, min: 0, max: tlsConfigurations, hidden: 'at-0' as const },
    integer(MQTT.version, 3, 3, 5),
    integer(MQTT.threshold, THRESHOLD, 0, 0xffff),
    hasChip ? integer(10, 0, 0, 1) : integer(10, 0),
  ]);
