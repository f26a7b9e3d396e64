import type { Property } from '../../dtdl/model.ts';
import type { Json } from '../../events.ts';
import { secondsOf } from './answer.ts';

/** Names such as telemetryInterval, reportRate, telemetryFrequencySecs, DesiredSampleRateInSeconds, telemetry_period. */
const NAME =
  /(?:telemetry|report|publish|sampl|send|upload|update|measure|transmi|poll)\w*(?:interval|rate|frequency|period|cadence)/i;
const IN_NAME: readonly [RegExp, number][] = [
  [/(?:ms|milli(?:s|seconds)?)$/i, 0.001],
  [/min(?:ute)?s?$/i, 60],
  [/hours?$/i, 3600],
];
const SECONDS: Readonly<Record<string, number>> = {
  millisecond: 0.001,
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
};
/** Seconds. */
const FASTEST = 1;
const SLOWEST = 86_400;

/** How a property sets the pace of telemetry. */
export interface Pace {
  /** The seconds that a value of the property stands for; undefined for a value that is no pace. */
  toSeconds(value: Json): number | undefined;
  /** The value that stands for so many seconds. */
  fromSeconds(seconds: number): Json;
  /** The lowest and highest number that the property may have; none where it is a duration. */
  range: { minimum: number; maximum: number } | undefined;
}

/** What a property has to do with the pace of telemetry, going by its name, unit and schema; undefined for nothing. */
export function paceOf({ name, unit, schema, writable }: Property): Pace | undefined {
  if (!writable || !NAME.test(name)) return undefined;
  if (schema.kind === 'duration') {
    return {
      toSeconds: (value) => inRange(typeof value === 'string' ? secondsOf(value) : undefined),
      fromSeconds: (seconds) => `PT${seconds}S`,
      range: undefined,
    };
  }
  const whole = schema.kind === 'integer' || schema.kind === 'long';
  if (!whole && schema.kind !== 'double' && schema.kind !== 'float') return undefined;
  const factor = unit === undefined ? (IN_NAME.find(([is]) => is.test(name))?.[1] ?? 1) : SECONDS[unit];
  // Hertz, and whatever else is no time.
  if (factor === undefined) return undefined;
  const minimum = whole ? Math.ceil(FASTEST / factor) : FASTEST / factor;
  const maximum = whole ? Math.floor(SLOWEST / factor) : SLOWEST / factor;
  return {
    toSeconds: (value) => inRange(typeof value === 'number' ? value * factor : undefined),
    fromSeconds(seconds) {
      const value = Math.min(maximum, Math.max(minimum, seconds / factor));
      return whole ? Math.round(value) : value;
    },
    range: { minimum, maximum },
  };
}

function inRange(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds >= FASTEST && seconds <= SLOWEST ? seconds : undefined;
}
