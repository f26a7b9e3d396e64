import { textOf } from './json.js';

/** Controls, marks that turn the direction of what stands beside them, halves of characters, and letters that show nothing. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]|[\u115f\u1160\u3164\uffa0]|\u034f/gu;
/** More marks on one letter than any language has; they would cover the lines beside. */
const PILED = /(\p{M}{4})\p{M}+/gu;

/** A text from outside in which nothing is invisible. */
export function visible(text) {
  return textOf(text)
    .replaceAll(/\s*\r?\n\s*/g, ' ')
    .replace(INVISIBLE, (mark) => `\\u${mark.codePointAt(0).toString(16).padStart(4, '0')}`)
    .replace(PILED, '$1…');
}

/** A text from outside, visible, of at most `most` characters. */
export function clipped(text, most = 200) {
  const all = textOf(text);
  // A pair that would be cut in two is left out.
  return all.length <= most ? visible(all) : `${visible(all.slice(0, most).replace(/[\ud800-\udbff]$/, ''))}…`;
}

/** A JSON value in one line of at most `most` characters. */
export function brief(value, most = 120) {
  if (value === undefined) return '';
  if (typeof value === 'number') return number(value);
  if (typeof value === 'string') return clipped(value, most);
  return clipped(value, most);
}

/** A number with the digits that a reader can use. */
export function number(value) {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) return value.toExponential(3);
  return String(Number(value.toPrecision(6)));
}

const two = (value) => String(value).padStart(2, '0');

/** The time of day, with milliseconds where `fine`. */
export function timeOfDay(at, fine = false) {
  if (!Number.isFinite(at)) return '';
  const date = new Date(at);
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return fine ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text;
}

/** A span of time in milliseconds, in the largest unit that says enough. */
export function span(ms) {
  if (!Number.isFinite(ms)) return '';
  const positive = Math.max(0, ms);
  if (positive < 1000) return `${Math.round(positive)} ms`;
  if (positive < 60_000) return `${(positive / 1000).toFixed(1)} s`;
  if (positive < 3_600_000) return `${Math.floor(positive / 60_000)} min ${Math.round((positive % 60_000) / 1000)} s`;
  return `${Math.floor(positive / 3_600_000)} h ${Math.floor((positive % 3_600_000) / 60_000)} min`;
}

/** How long ago, for lists: whole seconds, minutes, hours or days. */
export function age(ms) {
  if (!Number.isFinite(ms)) return '–';
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Bytes as people read them. */
export function bytes(count) {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${(count / 1024).toFixed(1)} KB`;
  return `${(count / 1024 / 1024).toFixed(1)} MB`;
}

const encoder = new TextEncoder();
export const byteLength = (text) => encoder.encode(text).length;

const UNITS = new Map(
  Object.entries({
    degreeCelsius: '°C',
    degreeFahrenheit: '°F',
    kelvin: 'K',
    percent: '%',
    unity: '',
    lux: 'lx',
    volt: 'V',
    millivolt: 'mV',
    ampere: 'A',
    milliampere: 'mA',
    microampere: 'µA',
    watt: 'W',
    kilowatt: 'kW',
    kilowattHour: 'kWh',
    pascal: 'Pa',
    kilopascal: 'kPa',
    bar: 'bar',
    millibar: 'mbar',
    second: 's',
    millisecond: 'ms',
    minute: 'min',
    hour: 'h',
    day: 'd',
    metre: 'm',
    centimetre: 'cm',
    millimetre: 'mm',
    kilometre: 'km',
    metrePerSecond: 'm/s',
    kilometrePerHour: 'km/h',
    metrePerSecondSquared: 'm/s²',
    gForce: 'g',
    degreeOfArc: '°',
    degreePerSecond: '°/s',
    radian: 'rad',
    hertz: 'Hz',
    kilohertz: 'kHz',
    megahertz: 'MHz',
    kilogram: 'kg',
    gram: 'g',
    litre: 'l',
    cubicMetre: 'm³',
    newton: 'N',
    joule: 'J',
    decibel: 'dB',
    decibelMilliwatt: 'dBm',
    bit: 'bit',
    byte: 'B',
    kibibyte: 'KiB',
    mebibyte: 'MiB',
    gibibyte: 'GiB',
    revolutionPerMinute: 'rpm',
    ohm: 'Ω',
    farad: 'F',
    tesla: 'T',
    microtesla: 'µT',
    cubicMetrePerSecond: 'm³/s',
  }),
);

/** A unit as it is written behind a number; one that is not known stays as the model has it. */
export const unit = (name) => (name === undefined ? '' : (UNITS.get(name) ?? clipped(name, 24)));

/** A text of a model in the reader's language, in English, or in any. */
export function localized(text, languages = globalThis.navigator?.languages ?? []) {
  const known = Object.keys(text ?? {});
  const base = (language) => language.split('-')[0];
  for (const wanted of [...languages, 'en']) {
    const found = known.find((name) => name === wanted) ?? known.find((name) => base(name) === base(wanted));
    if (found !== undefined) return text[found];
  }
  return known.length === 0 ? '' : text[known[0]];
}

/** What an element of a model is called. */
export const title = (element) => clipped(localized(element.displayName) || element.name, 80);
