import type { AccessPoint } from '../../access-point.ts';
import type { ModuleIdentity } from '../../identity.ts';
import type { ModuleClock } from '../clock.ts';
import type { Flash } from '../flash.ts';
import type { MqttClient } from '../mqtt/client.ts';
import type { RnwfPace } from '../pace.ts';
import type { Parameter } from '../parser.ts';
import type { Printer } from '../printer.ts';
import type { Product } from '../product.ts';
import type { Station } from '../station.ts';
import { STATUS, type Status } from '../status.ts';
import type { Store } from '../store.ts';
import type { Transfers } from '../transfers.ts';

/** What the commands can see and do of the module. */
export interface FirmwareApi {
  readonly product: Product;
  readonly pace: RnwfPace;
  readonly printer: Printer;
  readonly station: Station;
  readonly mqtt: MqttClient;
  readonly time: ModuleClock;
  readonly flash: Flash;
  readonly transfers: Transfers;
  readonly tls: readonly Store[];
  readonly scan: Store;
  readonly device: Store;
  readonly identity: ModuleIdentity;
  readonly accessPoints: readonly AccessPoint[];
  verbosity: number;
  baud: number;
  /** Does something later, while the power lasts. */
  after(ms: number, work: () => void): void;
  /** Prints a line of the answer. */
  info(line: string): void;
  /** Asks for the bytes of a file by XMODEM, until it is whole or given up; the status comes then. */
  receiveFile(type: number, name: string, length: number): void;
  restart(): void;
}

/** A status that comes later. */
export const LATER = 'later';
export type Outcome = Status | typeof LATER;
export type Handler = (firmware: FirmwareApi, parameters: readonly Parameter[]) => Outcome;

/** The value of a parameter that must be a whole number; undefined for anything else. */
export const integerOf = (parameter: Parameter | undefined): number | undefined =>
  parameter?.kind === 'integer' ? parameter.value : undefined;

/** The bytes of a parameter that must be a string. */
export const bytesOf = (parameter: Parameter | undefined): Buffer | undefined =>
  parameter?.kind === 'string' ? parameter.bytes : undefined;

/** The text of a parameter that must be a string. */
export const textOf = (parameter: Parameter | undefined): string | undefined => bytesOf(parameter)?.toString('utf8');

/**
 * Reads everything, reads one setting, or writes one: what all configuration commands do (RNWF 3).
 * @param isLocked settings cannot be written now
 */
export function configure(
  firmware: FirmwareApi,
  name: string,
  store: Store,
  parameters: readonly Parameter[],
  isLocked = false,
): Status {
  const [id, value, ...rest] = parameters;
  if (rest.length > 0) return STATUS.parameterCount;
  if (value !== undefined && id !== undefined) return isLocked ? STATUS.updateBlocked : store.write(id, value);
  const lines = id === undefined ? store.printAll() : store.print(id);
  if (!lines) return STATUS.accessFailed;
  for (const line of lines) firmware.info(`${name}:${line}`);
  return STATUS.ok;
}
