import type { Clock } from '../clock.ts';
import type { Device } from '../device/device.ts';
import type { AppError } from '../errors.ts';
import type { Report } from '../events.ts';
import type { Modem, Network, QoS } from '../modem/modem.ts';
import type { CloudGateway } from './cloud-gateway.ts';
import type { TwinHistory } from './hub/twin-history.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { Outcome } from './table.ts';
import type { TelemetryBuffer } from './telemetry-buffer.ts';

/** What a session needs to know. */
export interface SessionSettings {
  readonly wifi: Network;
  readonly ntpServer: string;
  readonly dpsHost: string;
  readonly idScope: string;
  /** Null: the common name of the module's certificate. */
  readonly deviceId: string | null;
  /** A root certificate for the module, as PEM. */
  readonly rootCert: string | null;
  /** 0: whoever listens on the way can read and change everything. */
  readonly mqttTls: 0 | 1;
  /** Of DPS and of the hub. */
  readonly mqttPort: number;
  /** Ends the session after so many accepted telemetry messages. */
  readonly count: number | null;
  readonly qos: QoS;
  /** Whether the device's own telemetry is sent; what is handed to the session is in any case. */
  readonly sampling: boolean;
  readonly onReboot: 'log' | 'restart';
}

/** What lasts as long as the session, and all states work with. */
export interface SessionContext {
  readonly settings: SessionSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly report: Report;
  readonly retry: RetryPolicy;
  readonly device: Device;
  readonly telemetry: TelemetryBuffer;
  readonly twins: TwinHistory;
  /** Null: the module reaches the cloud by itself. */
  readonly gateway: CloudGateway | null;
  /** Opens the way to the module. @throws AppError */
  openModem(signal: AbortSignal): Promise<Modem>;
  /** It is known now who the device is. */
  startDevice(deviceId: string): Promise<void>;
  /** Work beside the state's own has failed: ends the state as the failure of its own work would. */
  fail(error: unknown): void;
  /** Something has happened outside the state's own work; it counts where the table has a row for it. */
  raise(outcome: Outcome): void;
  /** Says that `error` has happened and that the session goes on. @throws it when it is time to give up */
  setback(error: AppError): void;
  /** Does what must not be cut off by the end of the state, nor by that of the session, within a moment. */
  finish<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}
