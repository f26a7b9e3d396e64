import { SECONDS_1900_TO_1970 } from '../../../ntp-epoch.ts';
import { STATUS } from '../status.ts';
import { configure, type Handler, integerOf, textOf } from './api.ts';

const sntp: Handler = (firmware, parameters) =>
  configure(firmware, '+SNTPC', firmware.station.sntp, parameters, firmware.station.active);

/** The answer to a query comes after its status, as an event (RNWF 6). */
const time: Handler = (firmware, parameters) => {
  const [formatParameter, value, ...rest] = parameters;
  const format = integerOf(formatParameter);
  if (formatParameter === undefined || rest.length > 0) return STATUS.parameterCount;
  if (format !== 1 && format !== 2 && format !== 3) return STATUS.invalidParameter;
  if (value === undefined) {
    if (!firmware.time.isSet) return STATUS.time;
    const { unix, ntp, text } = firmware.time;
    firmware.printer.event(`+TIME:${{ 1: unix, 2: ntp, 3: text }[format]}`);
    return STATUS.ok;
  }
  const seconds = integerOf(value);
  const ms =
    format === 3
      ? Date.parse(textOf(value) ?? '')
      : seconds === undefined
        ? Number.NaN
        : 1000 * (format === 1 ? seconds : seconds - SECONDS_1900_TO_1970);
  if (Number.isNaN(ms) || ms < 0) return STATUS.invalidParameter;
  firmware.time.set(ms);
  return STATUS.ok;
};

export const TIME_COMMANDS: Record<string, Handler> = { '+SNTPC': sntp, '+TIME': time };
