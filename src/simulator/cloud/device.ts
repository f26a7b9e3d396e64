import type { C2dQueue } from './c2d.ts';
import type { MethodCalls } from './methods.ts';
import type { Qos } from './mqtt-front.ts';
import { flag, nullOr, number, object, objectOf, oneOf, type Reader, recordOf, text } from './shape.ts';
import type { TelemetryLog } from './telemetry.ts';
import type { Twin, TwinSection } from './twin.ts';

/** What DPS remembers of an assignment. */
export type Registration = {
  registrationId: string;
  enrolmentGroup: string | null;
  createdAt: number;
  updatedAt: number;
  etag: string;
  substatus: string;
};

/** What is kept of a device; nothing but JSON (so a type, not an interface), and never changed but as a whole. */
export type DeviceRecord = {
  id: string;
  /** Null for the hub that all devices begin at, whatever it is called in this run. */
  hub: string | null;
  enabled: boolean;
  /** SHA-1 or SHA-256 of the leaf that the hub accepts over TLS; null when there is none yet. */
  thumbprint: string | null;
  modelId: string | null;
  /** Set when the device was given to another hub and has not been to DPS since: its old hub knows it no more. */
  movedTo: string | null;
  registration: Registration | null;
  twin: Twin;
  /** The filters of a persistent session; null when there is none. */
  session: Record<string, Qos> | null;
};

export interface Delivery {
  topic: string;
  payload: Buffer | string;
  /** The quality of service is the subscription's, or less. */
  atMost?: Qos;
}

/** A device's live connection. */
export interface DeviceLink {
  /** Sends to whoever listens to `filter`. Gives the packet identifier of a QoS 1 message, 0 for QoS 0, undefined for nobody. */
  deliver(filter: string, delivery: Delivery): number | undefined;
  listens(filter: string): boolean;
  close(): void;
}

/** A device: what is kept of it, and what lives only as long as the process. */
export interface Device {
  /** What is in force, which is what has been written down: see DeviceRegistry. */
  record: DeviceRecord;
  link: DeviceLink | undefined;
  readonly calls: MethodCalls;
  readonly messages: C2dQueue;
  readonly telemetry: TelemetryLog;
}

const readSection: Reader<TwinSection> = objectOf({
  properties: object,
  version: number,
  changes: recordOf(objectOf({ at: text, version: number })),
});

const readRegistration: Reader<Registration> = objectOf({
  registrationId: text,
  enrolmentGroup: nullOr(text),
  createdAt: number,
  updatedAt: number,
  etag: text,
  substatus: text,
});

/** A record as it was kept. */
export const readDevice: Reader<DeviceRecord> = objectOf({
  id: text,
  hub: nullOr(text),
  enabled: flag,
  thumbprint: nullOr(text),
  modelId: nullOr(text),
  movedTo: nullOr(text),
  registration: nullOr(readRegistration),
  twin: objectOf({ desired: readSection, reported: readSection }),
  session: nullOr(recordOf(oneOf<Qos>(0, 1))),
});

export const FILTERS = {
  methods: '$iothub/methods/POST/#',
  twinAnswers: '$iothub/twin/res/#',
  desired: '$iothub/twin/PATCH/properties/desired/#',
  messages: (deviceId: string) => `devices/${deviceId}/messages/devicebound/#`,
} as const;
