import { SECONDS_1900_TO_1970 } from '../../ntp-epoch.ts';
import { isTimeFormat, type TimeFormat } from '../module-time.ts';
import type { Parameter } from '../parser.ts';
import { STATUS, type Status } from '../status.ts';
import type { Handler, Machine } from './machine.ts';

/** AT protocol 7.6; asking for a format also selects it for the events (T49). */
const time: Handler = (machine, parameters) => {
  const [format, value] = parameters;
  if (format === undefined || parameters.length > 2) return STATUS.parameterCount;
  if (!isTimeFormat(format)) return STATUS.invalidParameter;
  return value === undefined ? readTime(machine, format) : setTime(machine, format, value);
};

function readTime(machine: Machine, format: TimeFormat): Status {
  machine.time.format = format;
  const text = machine.time.text(format);
  if (text === undefined) return STATUS.time;
  machine.console.print(`+TIME:${format},`, text, '\r\n');
  return STATUS.ok;
}

function setTime(machine: Machine, format: TimeFormat, value: Parameter): Status {
  if ((format === 3) !== (typeof value !== 'number')) return STATUS.invalidParameter;
  const seconds = typeof value === 'number' ? unixSeconds(format, value) : parseTime(value.toString('latin1'));
  if (seconds === undefined) return STATUS.time;
  machine.time.set(seconds * 1000);
  return STATUS.ok;
}

function unixSeconds(format: TimeFormat, value: number): number | undefined {
  const seconds = value >>> 0;
  if (format === 1) return seconds;
  return seconds > SECONDS_1900_TO_1970 ? seconds - SECONDS_1900_TO_1970 : undefined;
}

/** Only length and punctuation count; what is no digit counts as 0. */
function parseTime(text: string): number | undefined {
  const [, ...fields] = /^(.{4})-(.{2})-(.{2})T(.{2}):(.{2}):(.{2})\.(.{2})Z$/.exec(text) ?? [];
  if (fields.length === 0) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields.map(
    (field) => Number.parseInt(field, 10) || 0,
  );
  return (Date.UTC(year, month - 1, day, hour, minute, second) / 1000) >>> 0;
}

export const TIME_COMMANDS: Record<string, Handler> = { '+TIME': time };
