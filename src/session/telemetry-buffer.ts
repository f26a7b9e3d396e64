import type { JsonObject } from '../events.ts';
import type { QoS } from '../modem/modem.ts';

/** A reading of the sensor, and when it was taken, in milliseconds since 1970. */
export interface Sample {
  body: JsonObject;
  takenAt: number;
}

/** At the shortest interval this keeps about a quarter of an hour. */
const CAPACITY = 1_000;
const AT_ONCE = 0;

/**
 * The telemetry that is due. Sampling goes on while there is no connection: with QoS 1 what falls due then is kept,
 * with QoS 0 it is lost, and counted.
 */
export class TelemetryBuffer {
  readonly #read: () => JsonObject;
  readonly #waiting: Sample[] = [];
  #lastTaken: number | null = null;

  /** @param read the next reading of the sensor */
  constructor(read: () => JsonObject) {
    this.#read = read;
  }

  /** When the next sample falls due, in milliseconds since 1970; the first one at once. `interval` in seconds. */
  due(interval: number): number {
    return this.#lastTaken === null ? AT_ONCE : this.#lastTaken + 1000 * interval;
  }

  /**
   * Takes every sample that has fallen due.
   * @returns how many were lost: with QoS 0 all but the present one, with QoS 1 the oldest beyond the capacity
   */
  take(now: number, interval: number, qos: QoS): number {
    const capacity = qos === 0 ? 1 : CAPACITY;
    let lost = 0;
    for (let due = this.due(interval); due <= now; due = this.due(interval)) {
      this.#lastTaken = due === AT_ONCE ? now : due;
      this.#waiting.push({ body: this.#read(), takenAt: this.#lastTaken });
      if (this.#waiting.length <= capacity) continue;
      this.#waiting.shift();
      lost++;
    }
    return lost;
  }

  /** The oldest sample that waits. */
  get next(): Sample | undefined {
    return this.#waiting[0];
  }

  /** The oldest sample has been sent, or is given up. */
  remove(): void {
    this.#waiting.shift();
  }
}
