import { cString } from '../forms.ts';
import { Store } from '../store.ts';
import type { Address } from './network.ts';

/** Ids of the MQTT configuration (AT protocol 7.11). The password is stored and never sent (T16). */
const BROKER = { host: 1, port: 2, clientId: 3, userName: 4, password: 5, keepalive: 6, tls: 7 } as const;

const DEFAULT_KEEPALIVE = 60;

/** What a connection is made with: copied when it is asked for, and used for every automatic reconnection. */
export interface Settings {
  address: Address;
  clientId: Buffer;
  userName: Buffer;
  /** Seconds. */
  keepalive: number;
}

/** @param deviceName what the client id is until it is written. */
export function brokerConfiguration(deviceName: Buffer): Store {
  const text = (id: number, max: number, value: Buffer = Buffer.alloc(0)) => ({
    id,
    kind: { type: 'text' as const, max },
    value,
  });
  const integer = (id: number, value: number) => ({ id, kind: { type: 'integer' as const }, value });
  return new Store([
    text(BROKER.host, 64),
    integer(BROKER.port, 8883),
    text(BROKER.clientId, 23, deviceName),
    text(BROKER.userName, 128),
    text(BROKER.password, 256),
    integer(BROKER.keepalive, 0),
    integer(BROKER.tls, 1),
  ]);
}

/** @param mac the module's own address, whose last three bytes are in the client id that stands for an empty one. */
export function readSettings(configuration: Store, mac: string): Settings {
  const clientId = cString(configuration.text(BROKER.clientId));
  return {
    address: {
      host: cString(configuration.text(BROKER.host)).toString('latin1'),
      port: configuration.number(BROKER.port) & 0xffff,
      tls: configuration.number(BROKER.tls) > 0,
    },
    clientId: clientId.length > 0 ? clientId : Buffer.from(`MCHP_${mac.toLowerCase().split(':').slice(-3).join('')}`),
    userName: cString(configuration.text(BROKER.userName)),
    keepalive: (configuration.number(BROKER.keepalive) || DEFAULT_KEEPALIVE) & 0xffff,
  };
}
