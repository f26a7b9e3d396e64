import type { C2dQueue } from './c2d.ts';
import type { DeviceLink } from './device-link.ts';
import type { DeviceRecord } from './device-record.ts';
import type { MethodCalls } from './methods.ts';
import type { TelemetryLog } from './telemetry.ts';

/** A device: what is kept of it, and what lives only as long as the process. */
export interface Device {
  /** What is in force, which is what has been written down: see DeviceRegistry. */
  record: DeviceRecord;
  link: DeviceLink | undefined;
  /** When the device was last heard of, in milliseconds since 1970; null before that. */
  lastActivity: number | null;
  readonly calls: MethodCalls;
  readonly messages: C2dQueue;
  readonly telemetry: TelemetryLog;
}
