import type { Qos } from './mqtt-connection.ts';

export interface Delivery {
  topic: string;
  payload: Buffer | string;
  /** The quality of service is the subscription's, or less. */
  atMost?: Qos;
  /** It may have arrived before. */
  again?: boolean;
}

/** A device's live connection. */
export interface DeviceLink {
  /** Sends to whoever listens to `filter`. Gives the packet identifier of a QoS 1 message, 0 for QoS 0, undefined for nobody. */
  deliver(filter: string, delivery: Delivery): number | undefined;
  listens(filter: string): boolean;
  close(reason: string): void;
}

/** What a device subscribes to (Azure 2.2). */
export const FILTERS = {
  methods: '$iothub/methods/POST/#',
  twinAnswers: '$iothub/twin/res/#',
  desired: '$iothub/twin/PATCH/properties/desired/#',
  messages: (deviceId: string) => `devices/${deviceId}/messages/devicebound/#`,
} as const;
