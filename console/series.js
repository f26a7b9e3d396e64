import { isObject } from './json.js';

const MAX_POINTS = 3600;
/** Of all series together; those that have had no value for longest go first. */
const MAX_TOTAL = 1_000_000;
const MAX_PATHS = 64;
const MAX_DEPTH = 5;
const LONGEST_TEXT = 64;

/** The values in a telemetry body that can be followed over time, by path: `accelerometer.x`. */
export function leaves(body, prefix = '') {
  const found = [];
  const walk = (value, path, depth) => {
    if (found.length >= MAX_PATHS) return;
    if (isObject(value)) {
      if (depth >= MAX_DEPTH) return;
      for (const [name, member] of Object.entries(value))
        walk(member, path === '' ? name : `${path}.${name}`, depth + 1);
    } else if (typeof value === 'number' || typeof value === 'boolean') {
      found.push([path, value]);
    } else if (typeof value === 'string' && value.length <= LONGEST_TEXT) {
      found.push([path, value]);
    }
  };
  walk(body, prefix, 0);
  return found;
}

/** One value over time, oldest first. */
class Series {
  times = [];
  values = [];

  push(at, value) {
    const last = this.times.length - 1;
    if (last >= 0 && at < this.times[last]) return; // from a clock that was stepped: a line goes forward only
    this.times.push(at);
    this.values.push(value);
    if (this.times.length < 2 * MAX_POINTS) return;
    this.times = this.times.slice(-MAX_POINTS);
    this.values = this.values.slice(-MAX_POINTS);
  }

  /** Puts the past before what is there already. */
  prepend(times, values) {
    const first = this.times[0] ?? Number.POSITIVE_INFINITY;
    const count = times.findIndex((time) => time >= first);
    const older = count < 0 ? times.length : count;
    this.times = [...times.slice(0, older), ...this.times].slice(-MAX_POINTS);
    this.values = [...values.slice(0, older), ...this.values].slice(-MAX_POINTS);
  }
}

/** Every series of every device, bounded. */
export class SeriesStore {
  /** By device and path, in the order of their last value. */
  #all = new Map();
  #total = 0;

  push(deviceId, path, at, value) {
    const key = `${deviceId}\n${path}`;
    const series = this.#all.get(key) ?? new Series();
    this.#all.delete(key);
    this.#all.set(key, series);
    this.#count(series, () => series.push(at, value));
  }

  prepend(deviceId, path, times, values) {
    const key = `${deviceId}\n${path}`;
    const series = this.#all.get(key) ?? new Series();
    this.#all.set(key, series);
    this.#count(series, () => series.prepend(times, values));
  }

  get(deviceId, path) {
    return this.#all.get(`${deviceId}\n${path}`);
  }

  /** The paths of a device, sorted. */
  paths(deviceId) {
    const start = `${deviceId}\n`;
    return [...this.#all.keys()]
      .filter((key) => key.startsWith(start))
      .map((key) => key.slice(start.length))
      .sort();
  }

  clear() {
    this.#all.clear();
    this.#total = 0;
  }

  #count(series, change) {
    const before = series.times.length;
    change();
    this.#total += series.times.length - before;
    for (const [key, oldest] of this.#all) {
      if (this.#total <= MAX_TOTAL || oldest === series) break;
      this.#total -= oldest.times.length;
      this.#all.delete(key);
    }
  }
}
