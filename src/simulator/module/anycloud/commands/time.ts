import { SECONDS_1900_TO_1970 } from '../../../ntp-epoch.ts';
import { isTimeFormat, type TimeFormat } from '../module-time.ts';
import type { Parameter } from '../parser.ts';
import { STATUS, type Status } from '../status.ts';
import type { FirmwareApi, Handler } from './firmware-api.ts';

/** AT protocol 7.6; a format that was answered also becomes that of the events (T49). */
const time: Handler = (firmware, parameters) => {
  const [format, value] = parameters;
  if (format === undefined || parameters.length > 2) return STATUS.parameterCount;
  if (!isTimeFormat(format)) return STATUS.invalidParameter;
  return value === undefined ? readTime(firmware, format) : setTime(firmware, format, value);
};

function readTime(firmware: FirmwareApi, format: TimeFormat): Status {
  const text = firmware.time.text(format);
  if (text === undefined) return STATUS.time;
  firmware.time.format = format;
  firmware.console.print(`+TIME:${format},`, text, '\r\n');
  return STATUS.ok;
}

/** The one place where a string has to be quoted. */
function setTime(firmware: FirmwareApi, format: TimeFormat, value: Parameter): Status {
  const isText = typeof value !== 'number';
  if (isText !== (format === 3) || (isText && value.form !== 'quoted')) return STATUS.invalidParameter;
  const seconds = isText ? parseTime(value.bytes.toString('latin1')) : unixSeconds(format, value);
  if (seconds === undefined) return STATUS.time;
  firmware.time.set(seconds * 1000);
  return STATUS.ok;
}

function unixSeconds(format: TimeFormat, value: number): number | undefined {
  const seconds = value >>> 0;
  if (format === 1) return seconds;
  return seconds > SECONDS_1900_TO_1970 ? seconds - SECONDS_1900_TO_1970 : undefined;
}

/** The length and the punctuation count; days and times have ranges, and what is over a month's end is in the next one. */
function parseTime(text: string): number | undefined {
  if (!/^.{4}-.{2}-.{2}T.{2}:.{2}:.{2}\...Z$/s.test(text)) return undefined;
  const [year, month, day, hour, minute, second] = [0, 5, 8, 11, 14, 17].map((start) =>
    leadingInteger(text.slice(start)),
  );
  // Before 1970 there is no time; what is not a number counts as 0.
  if (!year || year < 100 || !month || day === undefined || day < 1 || day > 31) return undefined;
  for (const [value = 0, last = 0] of [
    [hour, 23],
    [minute, 59],
    [second, 59],
  ]) {
    if (value < 0 || value > last) return undefined;
  }
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  return seconds < 0 ? undefined : seconds % 2 ** 32;
}

/** As C's atoi reads it: white space, a sign, digits, and nothing of what follows. */
function leadingInteger(text: string): number {
  return Number.parseInt(/^\s*([+-]?[0-9]+)/.exec(text)?.[1] ?? '0', 10);
}

export const TIME_COMMANDS: Record<string, Handler> = { '+TIME': time };
