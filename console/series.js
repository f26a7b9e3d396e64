import { isObject } from './json.js';

const MAX_POINTS = 3600;
/** Of all series together; those that have had no value for longest go first. */
const MAX_TOTAL = 1_000_000;
/** Of a message. */
const MAX_PATHS = 64;
/** Of a device. */
const MAX_SERIES = 256;
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
    } else if (Number.isFinite(value) || typeof value === 'boolean') {
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
  /** By device and by path; both in the order of their last value. */
  #devices = new Map();
  #total = 0;

  push(deviceId, path, at, value) {
    const paths = this.#pathsOf(deviceId);
    const series = paths.get(path) ?? new Series();
    paths.delete(path);
    paths.set(path, series);
    if (paths.size > MAX_SERIES) this.#forget(paths, paths.keys().next().value);
    this.#count(series, () => series.push(at, value));
  }

  prepend(deviceId, path, times, values) {
    const paths = this.#pathsOf(deviceId);
    const series = paths.get(path) ?? new Series();
    paths.set(path, series);
    this.#count(series, () => series.prepend(times, values));
  }

  get(deviceId, path) {
    return this.#devices.get(deviceId)?.get(path);
  }

  /** The paths of a device, sorted. */
  paths(deviceId) {
    return [...(this.#devices.get(deviceId)?.keys() ?? [])].sort();
  }

  /** Everything of a device. */
  forget(deviceId) {
    const paths = this.#devices.get(deviceId);
    for (const path of paths?.keys() ?? []) this.#forget(paths, path);
    this.#devices.delete(deviceId);
  }

  clear() {
    this.#devices.clear();
    this.#total = 0;
  }

  #pathsOf(deviceId) {
    const paths = this.#devices.get(deviceId) ?? new Map();
    this.#devices.delete(deviceId);
    this.#devices.set(deviceId, paths);
    return paths;
  }

  #forget(paths, path) {
    this.#total -= paths.get(path).times.length;
    paths.delete(path);
  }

  #count(series, change) {
    const before = series.times.length;
    change();
    this.#total += series.times.length - before;
    for (const [id, paths] of this.#devices) {
      for (const [path, oldest] of paths) {
        if (this.#total <= MAX_TOTAL || oldest === series) return;
        this.#forget(paths, path);
      }
      this.#devices.delete(id);
    }
  }
}
