import { MAX_VERBOSITY, STATUS } from '../status.ts';
import { configure, type FirmwareApi, type Handler, type Outcome, plainConfiguration } from './firmware-api.ts';

const RATES = [9600, 14_400, 19_200, 38_400, 57_600, 115_200, 230_400];
const REPORT_NOT_BUILT_IN = 1;

/** Identification lines have `=` where all others have a colon (T36). */
const identification =
  (name: string, value: string): Handler =>
  (firmware, parameters) => {
    if (parameters.length > 0) return STATUS.invalidParameter;
    firmware.console.print(`+${name}=`, `"${value}"`, '\r\n');
    return STATUS.ok;
  };

/** AT protocol 1.1: the rate changes at once, while the reply still waits in the transmit ring (T42). */
const rate: Handler = (firmware, parameters) => {
  const [baud] = parameters;
  if (parameters.length > 1) return STATUS.parameterCount;
  if (baud === undefined) {
    firmware.console.print(`+IPR:${firmware.baud}\r\n`);
    return STATUS.ok;
  }
  if (typeof baud !== 'number' || !RATES.includes(baud)) return STATUS.invalidParameter;
  firmware.baud = baud;
  return STATUS.ok;
};

/** AT protocol 1.2: no status; what waits to be sent is lost. */
const restart: Handler = (firmware, parameters) => {
  if (parameters.length > 0) return STATUS.parameterCount;
  firmware.restart();
  return undefined;
};

const device: Handler = (firmware, parameters) =>
  configure(firmware, plainConfiguration(firmware.device, '+CFG:'), parameters);

/** AT protocol 7.3. */
const info: Handler = (_firmware, parameters) => {
  if (parameters.length !== 1) return STATUS.parameterCount;
  return parameters[0] === REPORT_NOT_BUILT_IN ? STATUS.general : STATUS.invalidParameter;
};

/** Does nothing (AT protocol 7.0). */
const switchFirmware: Handler = (_firmware, parameters) => (parameters.length > 0 ? STATUS.parameterCount : STATUS.ok);

/** Prints diagnostics, and nothing else happens: the virtual module does not sleep (AT protocol 7.0). */
const lowPower: Handler = (firmware, parameters) => {
  const [value] = parameters;
  if (parameters.length !== 1) return STATUS.parameterCount;
  if (typeof value !== 'number') return STATUS.invalidParameter;
  firmware.console.raw(`Value is ${value}\n`);
  const remark = powerRemark(value & 0xff, firmware.station.linked);
  if (remark !== undefined) firmware.console.raw(remark);
  return STATUS.ok;
};

/** What is said of a power mode, of which the firmware looks at one byte. */
function powerRemark(mode: number, linked: boolean): string | undefined {
  switch (mode) {
    case 0:
    case 2:
      return linked ? undefined : 'STA is not connected\r\n';
    case 1:
    case 3:
      return linked ? 'Waking up from sleep\n' : 'STA is not connected\r\n';
    case 4:
      return undefined;
    case 5:
      return ' MQTT is connected\r\n';
    default:
      return 'Invalid PM configuration\r\n';
  }
}

/** AT protocol 7.10; the configuration is not repeated in the reply, and MQTT does not use it. */
const tls: Handler = (firmware, parameters) => {
  const [which, ...rest] = parameters;
  if (which === undefined) return STATUS.parameterCount;
  // Here a fourth parameter counts as one of a wrong type.
  if (parameters.length > 3 || (which !== 1 && which !== 2)) return STATUS.invalidParameter;
  const store = which === 1 ? firmware.tls[0] : firmware.tls[1];
  return configure(firmware, plainConfiguration(store, '+TLSC:'), rest);
};

export const SYSTEM_COMMANDS: Record<string, Handler> = {
  '+GMI': identification('GMI', 'Microchip'),
  '+GMM': identification('GMM', 'PIC32MZW1'),
  '+GMR': identification('GMR', '0.3.2'),
  '+IPR': rate,
  '+RST': restart,
  '+CFG': device,
  '+INFO': info,
  '+SWFW': switchFirmware,
  '+LOWPOWER': lowPower,
  '+TLSC': tls,
};

/** The options that may follow AT without a plus sign, and how large their number may be. */
const OPTIONS: Record<string, { max: number; apply(firmware: FirmwareApi, value: number): void }> = {
  E: {
    max: 1,
    apply: (firmware, value) => {
      firmware.console.echo = value === 1;
    },
  },
  V: {
    max: MAX_VERBOSITY,
    apply: (firmware, value) => {
      firmware.verbosity = value;
    },
  },
};

/** A sequence such as `E0V3`: each takes effect even when a later one is wrong (AT protocol 4.1). */
export function applyOptions(firmware: FirmwareApi, text: string): Outcome {
  if (text === '') return STATUS.unknownCommand;
  let at = 0;
  while (at < text.length) {
    const [all, letter = '', digits = ''] = /^([A-Z])([0-9]*)/.exec(text.slice(at)) ?? [''];
    const option = Object.hasOwn(OPTIONS, letter) ? OPTIONS[letter] : undefined;
    const value = toInteger(digits);
    if (!option || value < 0 || value > option.max) return STATUS.unknownCommand;
    option.apply(firmware, value);
    at += all.length;
  }
  return STATUS.ok;
}

/** Decimal digits as a 32-bit integer that overflows, none of them as 0. */
function toInteger(digits: string): number {
  let value = 0;
  for (const digit of digits) value = (Math.imul(value, 10) + Number(digit)) | 0;
  return value;
}
