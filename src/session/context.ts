import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { WritableProperties } from '../device/properties.ts';
import type { AppError } from '../errors.ts';
import type { Report } from '../events.ts';
import type { Modem, Network, QoS } from '../modem/modem.ts';
import type { HubClient } from './hub-client.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { Outcome, State } from './table.ts';
import type { TelemetryBuffer } from './telemetry-buffer.ts';

/** What a session needs to know. */
export interface SessionSettings {
  readonly wifi: Readonly<Network>;
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
  readonly modelId: string;
  /** Seconds between telemetry messages until the cloud asks for something else. */
  readonly interval: number;
  /** Ends the session after so many accepted messages. */
  readonly count: number | null;
  readonly qos: QoS;
  readonly onReboot: 'log' | 'restart';
}

/** What the states' effects work with. */
export interface Context {
  readonly settings: SessionSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly report: Report;
  readonly setbacks: RetryPolicy;
  readonly properties: WritableProperties;
  readonly outbox: TelemetryBuffer;
  /** Opens the way to the module. @throws AppError */
  open(signal: AbortSignal): Promise<Duplex>;
  /** Makes the opened stream the session's module. */
  attach(stream: Duplex): void;
  /** The module. @throws when no port is open */
  readonly modem: Modem;
  /** Who the device is at DPS; empty before it is known. */
  deviceId: string;
  /** The joined network: the module's address in it, and whether this session has joined it or found it so. */
  network: { ip: string; found: boolean } | null;
  /** The hub and the identity that DPS has assigned; null before. */
  hub: HubClient | null;
  /** Messages that were accepted. */
  sent: number;
  /** Work beside the state's own has failed: ends the state as the failure of its own work would. */
  fail(error: unknown): void;
  /** Something has happened outside the state's own work; it counts where the table has a row for it. */
  raise(outcome: Outcome): void;
  /** Says that `error` has happened and that the session goes on. @throws it when it is time to give up */
  setback(error: AppError): void;
}

/** Does what a state is for, and returns what came of it. Ends at once when `signal` is aborted. */
export type StateHandler<S extends State> = (context: Context, signal: AbortSignal) => Promise<Outcome<S>>;
