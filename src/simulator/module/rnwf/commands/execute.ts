import { type BasicCommand, parseLine, parseParameters } from '../parser.ts';
import { MAX_VERBOSITY, STATUS, type Status } from '../status.ts';
import type { FirmwareApi, Handler, Outcome } from './api.ts';
import { CHIP_COMMANDS } from './chip.ts';
import { FILE_COMMANDS } from './files.ts';
import { MQTT_COMMANDS } from './mqtt.ts';
import { SYSTEM_COMMANDS } from './system.ts';
import { TIME_COMMANDS } from './time.ts';
import { WIFI_COMMANDS } from './wifi.ts';

const COMMON: ReadonlyMap<string, Handler> = new Map(
  Object.entries({ ...SYSTEM_COMMANDS, ...WIFI_COMMANDS, ...TIME_COMMANDS, ...MQTT_COMMANDS, ...FILE_COMMANDS }),
);
const OF_CHIP: ReadonlyMap<string, Handler> = new Map(Object.entries(CHIP_COMMANDS));

/** Carries out a command line (RNWF 2). */
export function execute(firmware: FirmwareApi, line: string): Outcome {
  const parsed = parseLine(line);
  if (!parsed) return STATUS.invalidCommand;
  for (const basic of parsed.basics) {
    const status = applyBasic(firmware, basic);
    if (status !== STATUS.ok) return status;
  }
  if (parsed.name === undefined) return STATUS.ok;
  const handler = COMMON.get(parsed.name) ?? (firmware.product.hasChip ? OF_CHIP.get(parsed.name) : undefined);
  if (!handler || (parsed.name === '+CFG' && firmware.product.hasChip)) return STATUS.unknownCommand;
  if (parsed.parameters === undefined) return handler(firmware, []);
  const parameters = parseParameters(parsed.parameters);
  return parameters ? handler(firmware, parameters) : STATUS.invalidParameter;
}

/** Echo, verbosity and flow control; numeric names and other forms of strings are not simulated. */
function applyBasic(firmware: FirmwareApi, { letter, argument }: BasicCommand): Status {
  switch (letter) {
    case 'E':
      if (argument !== 0 && argument !== 1) return STATUS.invalidParameter;
      firmware.printer.echo = argument === 1;
      return STATUS.ok;
    case 'V':
      if (argument === undefined || argument > MAX_VERBOSITY) return STATUS.invalidParameter;
      firmware.verbosity = argument;
      return STATUS.ok;
    case '&K':
      return argument === 0 || argument === 1 || argument === 3 ? STATUS.ok : STATUS.invalidParameter;
    default:
      return STATUS.unknownCommand;
  }
}
