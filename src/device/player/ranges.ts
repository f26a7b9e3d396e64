import type { Field } from '../../dtdl/model.ts';

/** Where a played number moves. */
export type Range = readonly [low: number, high: number];

/**
 * What is measured, told by its semantic type or else by its name: the usual unit, and where such values move indoors.
 * The first row that fits counts.
 */
const QUANTITIES: readonly { is: RegExp; unit?: string; range: Range }[] = [
  { is: /humid/i, unit: 'percent', range: [30, 60] },
  { is: /probability|confidence/i, unit: 'percent', range: [80, 99] },
  { is: /batt.*volt|vbat/i, unit: 'volt', range: [3.6, 4.1] },
  { is: /batt/i, unit: 'percent', range: [60, 90] },
  { is: /temperature|^temp(?![a-z])|temp$|thermal/i, unit: 'degreeCelsius', range: [20, 30] },
  { is: /press(?:ure)?$|barometer/i, unit: 'kilopascal', range: [99, 103] },
  { is: /illuminance|^light|lux/i, unit: 'lux', range: [200, 800] },
  { is: /latitude|lat$/i, unit: 'degreeOfArc', range: [33.3, 33.4] },
  { is: /longitude|lon$|lng$/i, unit: 'degreeOfArc', range: [-111.9, -111.8] },
  { is: /altitude|alt$|elevation/i, unit: 'metre', range: [360, 380] },
  { is: /angular|gyro|^g_?[xyz]$/i, unit: 'degreePerSecond', range: [-20, 20] },
  { is: /accel|^a_?[xyz]$/i, unit: 'metrePerSecondSquared', range: [-2, 2] },
  { is: /magnet|^m_?[xyz]$/i, unit: 'tesla', range: [0.000025, 0.000065] },
  { is: /rssi|signal_?strength/i, range: [-75, -55] },
  { is: /snr/i, range: [5, 15] },
  { is: /co2(?![a-z])/i, unit: 'partsPerMillion', range: [420, 900] },
  { is: /tvoc|voc$/i, unit: 'partsPerBillion', range: [50, 300] },
  { is: /aqi/i, range: [1, 4] },
  { is: /pm(?:1|2|4|10)/i, range: [3, 25] },
  { is: /heart_?rate|pulse$|bpm/i, range: [62, 88] },
  { is: /usage|load|util|percent|level/i, unit: 'percent', range: [20, 60] },
  { is: /volt/i, unit: 'volt', range: [3.2, 3.4] },
  { is: /current/i, unit: 'ampere', range: [0.2, 0.8] },
  { is: /power/i, unit: 'watt', range: [5, 50] },
  { is: /energy/i, unit: 'kilowattHour', range: [120, 140] },
  { is: /speed|velocity/i, unit: 'metrePerSecond', range: [0.5, 9.5] },
  { is: /sound|noise/i, unit: 'decibel', range: [35, 60] },
  { is: /heading|bearing|angle/i, unit: 'degreeOfArc', range: [0, 90] },
  { is: /distance|length|range/i, unit: 'metre', range: [1, 10] },
  { is: /timespan|time|delay|interval|period|duration/i, unit: 'second', range: [1, 60] },
];

/** Where values move that are known by their unit only. */
const UNITS: Readonly<Record<string, Range>> = {
  degreeCelsius: [20, 30],
  degreeFahrenheit: [68, 86],
  kelvin: [293, 303],
  percent: [30, 60],
  unity: [0.3, 0.6],
  pascal: [99_000, 103_000],
  hectopascal: [990, 1030],
  kilopascal: [99, 103],
  bar: [0.99, 1.03],
  millibar: [990, 1030],
  millimetresOfMercury: [740, 775],
  inchesOfMercury: [29.2, 30.5],
  poundPerSquareInch: [14.3, 15],
  lux: [200, 800],
  lumen: [300, 800],
  candela: [10, 80],
  nanometre: [400, 700],
  micron: [1, 10],
  millimetre: [100, 900],
  centimetre: [10, 90],
  metre: [1, 10],
  kilometre: [1, 10],
  metrePerSecond: [0.5, 9.5],
  kilometrePerHour: [5, 50],
  milePerHour: [3, 30],
  metrePerSecondSquared: [-2, 2],
  gForce: [-0.2, 0.2],
  radian: [-1.5, 1.5],
  degreeOfArc: [0, 90],
  radianPerSecond: [-0.4, 0.4],
  degreePerSecond: [-20, 20],
  revolutionPerMinute: [900, 1500],
  tesla: [0.000025, 0.000065],
  microvolt: [100, 900],
  millivolt: [3200, 3400],
  volt: [3.2, 3.4],
  kilovolt: [0.22, 0.24],
  microampere: [100, 900],
  milliampere: [200, 800],
  ampere: [0.2, 0.8],
  milliwatt: [100, 900],
  watt: [5, 50],
  kilowatt: [0.5, 5],
  watthour: [120, 140],
  kilowattHour: [120, 140],
  joule: [100, 900],
  ohm: [1000, 1100],
  kiloohm: [1, 1.1],
  hertz: [49.9, 50.1],
  kilohertz: [30, 35],
  megahertz: [2402, 2480],
  decibel: [35, 60],
  kilogramPerCubicMetre: [0.007, 0.011],
  gramPerCubicMetre: [7, 11],
  millisecond: [20, 200],
  second: [1, 60],
  minute: [1, 60],
  hour: [1, 24],
  day: [1, 30],
  partsPerMillion: [420, 900],
};

const ANY: Range = [0, 100];

/** Where a value of the field moves: as its kind and unit suggest, inside what the model says is to be expected. */
export function rangeOf(field: Pick<Field, 'name' | 'semanticTypes' | 'unit' | 'min' | 'max'>): Range {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = field;
  const [low, high] = usualRange(field);
  if (min > max) return [low, high];
  const within: Range = [Math.max(low, min), Math.min(high, max)];
  if (within[0] < within[1]) return within;
  // What is usual lies outside: as much of what is expected as is usual, or all of it.
  const span = high - low;
  return min > low ? [min, Math.min(max, min + span)] : [Math.max(min, max - span), max];
}

function usualRange({ name, semanticTypes, unit }: Pick<Field, 'name' | 'semanticTypes' | 'unit'>): Range {
  const byUnit = unit !== undefined && Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  for (const text of [...semanticTypes, name]) {
    const quantity = QUANTITIES.find(({ is }) => is.test(text));
    if (quantity && (byUnit === undefined || quantity.unit === unit)) return quantity.range;
  }
  return byUnit ?? ANY;
}
