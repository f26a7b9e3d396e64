import type { JsonObject } from '../events.ts';

const LOWEST = 15;
const HIGHEST = 25;
const STEP = 0.25;

/** The board's temperature sensor, played: from 15 °C to 25 °C in quarters, over and over. */
export class TemperatureSensor {
  #temperature = LOWEST;

  /** The next telemetry message; quarters are exact in binary, so no digits creep in. */
  next(): JsonObject {
    const temperature = this.#temperature;
    this.#temperature = temperature === HIGHEST ? LOWEST : temperature + STEP;
    return { temperature };
  }
}
