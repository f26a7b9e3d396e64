import { isJsonObject, type Json, own } from '../../json.ts';

export type Sample = {
  value: Json;
  /** ISO 8601 */
  timestamp: string;
};

/** Per device: so many names, and so many values of each; the oldest go first. */
const MAX_NAMES = 64;
const MAX_SAMPLES = 1000;
/** Longer values are kept as the last one only, not in the history. */
const MAX_SAMPLE_SIZE = 1024;

interface Series {
  last: Sample;
  /** The number of its last message, for the order of the names: to move them in the map with each would be felt. */
  order: number;
  history: Sample[];
}

function isLong(value: Json): boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return false;
  return JSON.stringify(value).length > MAX_SAMPLE_SIZE;
}

/** A field of a sample's value; undefined when it has none of this name. */
function pick({ value, timestamp }: Sample, fields: string[]): Sample | undefined {
  let field: Json | undefined = value;
  for (const name of fields) field = isJsonObject(field) ? own(field, name) : undefined;
  return field === undefined ? undefined : { value: field, timestamp };
}

/** The last values of a device's telemetry, by name; bounded, whatever a device sends. */
export class TelemetryLog {
  readonly #series = new Map<string, Series>();
  #count = 0;

  /** Takes the members of a message apart. A component's telemetry is kept as `component.name`. */
  add(body: Json, component: string | null, timestamp: string): void {
    if (!isJsonObject(body)) return;
    for (const [name, value] of Object.entries(body)) {
      this.#append(component === null ? name : `${component}.${name}`, { value, timestamp });
    }
  }

  #append(name: string, sample: Sample): void {
    const series = this.#series.get(name) ?? this.#begin(name, sample);
    series.last = sample;
    series.order = ++this.#count;
    if (isLong(sample.value)) return;
    series.history.push(sample);
    if (series.history.length > MAX_SAMPLES) series.history.shift();
  }

  #begin(name: string, last: Sample): Series {
    if (this.#series.size === MAX_NAMES) this.#forgetOldest();
    const series = { last, order: 0, history: [] };
    this.#series.set(name, series);
    return series;
  }

  #forgetOldest(): void {
    let oldest: { name: string; order: number } | undefined;
    for (const [name, { order }] of this.#series) if (order < (oldest?.order ?? Infinity)) oldest = { name, order };
    if (oldest) this.#series.delete(oldest.name);
  }

  /** In the order of their last messages. */
  #inOrder(): [string, Series][] {
    return [...this.#series].sort(([, a], [, b]) => a.order - b.order);
  }

  /** @param path a name, or a field in a value: `accelerometer.x` */
  last(path: string): Sample | undefined {
    const found = this.#find(path);
    return found && pick(found.series.last, found.fields);
  }

  /** Oldest first; empty when nothing of this name has come. @param path see `last` */
  history(path: string): Sample[] {
    const found = this.#find(path);
    return found ? found.series.history.flatMap((sample) => pick(sample, found.fields) ?? []) : [];
  }

  /** The last values by name, without those that are too long for the history. */
  lasts(): Record<string, Sample> {
    const series = this.#inOrder().filter(([, { last }]) => !isLong(last.value));
    return Object.fromEntries(series.map(([name, { last }]) => [name, last]));
  }

  /** The series whose name is the longest beginning of a path, and the fields that are left. */
  #find(path: string): { series: Series; fields: string[] } | undefined {
    const parts = path.split('.');
    for (let length = parts.length; length > 0; length--) {
      const series = this.#series.get(parts.slice(0, length).join('.'));
      if (series) return { series, fields: parts.slice(length) };
    }
    return undefined;
  }
}
