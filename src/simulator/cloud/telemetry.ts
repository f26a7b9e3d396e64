import { isJsonObject, type Json } from './json.ts';

export interface Sample {
  value: Json;
  /** ISO 8601 */
  timestamp: string;
}

/** Per device: so many names, and so many values of each; the oldest go first. */
const MAX_NAMES = 64;
const MAX_SAMPLES = 100;
/** Longer values are kept as the last one only, not in the history. */
const MAX_SAMPLE_SIZE = 1024;

interface Series {
  last: Sample;
  history: Sample[];
}

/** The last values of a device's telemetry, by name; bounded, whatever a device sends. */
export class TelemetryLog {
  readonly #series = new Map<string, Series>();

  /** Takes the members of a message apart. A component's telemetry is kept as `component.name`. */
  add(body: Json, component: string | null, timestamp: string): void {
    if (!isJsonObject(body)) return;
    for (const [name, value] of Object.entries(body)) {
      this.#append(component === null ? name : `${component}.${name}`, { value, timestamp });
    }
  }

  #append(name: string, sample: Sample): void {
    const history = this.#series.get(name)?.history ?? [];
    if (JSON.stringify(sample.value).length <= MAX_SAMPLE_SIZE) history.push(sample);
    if (history.length > MAX_SAMPLES) history.shift();
    // Deleted first, so that the names stand in the order of their last message.
    this.#series.delete(name);
    this.#series.set(name, { last: sample, history });
    if (this.#series.size <= MAX_NAMES) return;
    for (const oldest of this.#series.keys()) {
      this.#series.delete(oldest);
      return;
    }
  }

  last(name: string): Sample | undefined {
    return this.#series.get(name)?.last;
  }

  /** Oldest first; empty when nothing of this name has come. */
  history(name: string): Sample[] {
    return [...(this.#series.get(name)?.history ?? [])];
  }
}
