import type { Clock } from '../../../../clock.ts';
import type { AccessPoint } from '../../access-point.ts';
import type { Pace } from '../../pace.ts';
import type { Certificates } from '../certificates.ts';
import type { Console } from '../console.ts';
import type { ModuleTime } from '../module-time.ts';
import type { MqttClient } from '../mqtt/client.ts';
import type { Parameter } from '../parser.ts';
import type { Station } from '../station.ts';
import { STATUS, type Status } from '../status.ts';
import type { Printed, Store } from '../store.ts';

/** What the commands can see and do of the module. */
export interface FirmwareApi {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly console: Console;
  readonly station: Station;
  readonly mqtt: MqttClient;
  readonly time: ModuleTime;
  readonly certificates: Certificates;
  /** The stores of AT+CFG, AT+TLSC (one for each of its configurations) and AT+WSCNC. */
  readonly device: Store;
  readonly tls: [Store, Store];
  readonly scan: Store;
  readonly accessPoints: AccessPoint[];
  verbosity: number;
  baud: number;
  /** Prints an event from the engine's passes, one a pass. */
  announce(print: () => void): void;
  /** Switches to binary mode for `length` bytes; `done` prints what has become of them. */
  receiveBinary(length: number, done: (bytes: Buffer) => void): void;
  restart(): void;
  crash(reason: string): void;
}

/** The status of a command; undefined for the few that end without one (AT protocol 6). */
export type Outcome = Status | undefined;

export type Handler = (firmware: FirmwareApi, parameters: Parameter[]) => Outcome;

/** How one of the module's configurations is reached. */
export interface Configuration {
  ids: number[];
  print(id: number): Printed | undefined;
  write(id: number, value: Parameter): Status;
  /** What lines begin with, up to the id: in a dump of everything, and for one entry. */
  dumpPrefix: string;
  linePrefix: string;
}

/** A store with nothing special about it. */
export function plainConfiguration(store: Store, prefix: string): Configuration {
  return {
    ids: store.ids,
    print: (id) => store.print(id),
    write: (id, value) => (store.write(id, value) ? STATUS.ok : STATUS.configurationAccess),
    dumpPrefix: prefix,
    linePrefix: prefix,
  };
}

/** Reads everything, reads one entry, or writes one entry: what all configuration commands do. */
export function configure(firmware: FirmwareApi, configuration: Configuration, parameters: Parameter[]): Status {
  const [id, value] = parameters;
  if (parameters.length > 2) return STATUS.parameterCount;
  if (id === undefined) {
    for (const each of configuration.ids) printEntry(firmware, configuration, configuration.dumpPrefix, each);
    return STATUS.ok;
  }
  if (typeof id !== 'number') return STATUS.invalidParameter;
  if (value !== undefined) return configuration.write(id, value);
  return printEntry(firmware, configuration, configuration.linePrefix, id);
}

function printEntry(firmware: FirmwareApi, configuration: Configuration, prefix: string, id: number): Status {
  const printed = configuration.print(id);
  if (!printed) return STATUS.configurationAccess;
  if (printed.kind === 'crash') firmware.crash('a text of 128 bytes or more was read back');
  else firmware.console.print(`${prefix}${id},`, ...printed.writes, '\r\n');
  return STATUS.ok;
}
