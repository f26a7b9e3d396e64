import type { C2dQueue } from './c2d.ts';
import type { Json } from './json.ts';
import type { MethodCalls } from './methods.ts';
import type { Qos } from './mqtt-front.ts';
import type { TelemetryLog } from './telemetry.ts';
import type { Twin } from './twin.ts';

/** What DPS remembers of an assignment. */
export interface Registration {
  registrationId: string;
  enrolmentGroup: string | null;
  createdAt: number;
  updatedAt: number;
  etag: string;
  substatus: string;
}

/** What is kept of a device; nothing but JSON. */
export interface DeviceRecord {
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
}

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
  record: DeviceRecord;
  link: DeviceLink | undefined;
  readonly calls: MethodCalls;
  readonly messages: C2dQueue;
  readonly telemetry: TelemetryLog;
}

export const recordAsJson = (record: DeviceRecord): Json => record as unknown as Json;
/** A record as this program has kept it. */
export const recordFromJson = (json: Json): DeviceRecord => json as unknown as DeviceRecord;

export const FILTERS = {
  methods: '$iothub/methods/POST/#',
  twinAnswers: '$iothub/twin/res/#',
  desired: '$iothub/twin/PATCH/properties/desired/#',
  messages: (deviceId: string) => `devices/${deviceId}/messages/devicebound/#`,
} as const;
