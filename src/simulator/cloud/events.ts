import type { Service } from './faults.ts';
import type { Json, JsonObject } from './json.ts';

/** What happens in the cloud, for whoever looks on. */
export type CloudEvent =
  | { type: 'connect'; service: Service; deviceId: string }
  | { type: 'disconnect'; service: Service; deviceId: string; cleanly: boolean }
  | { type: 'provisioning'; deviceId: string; hub: string; status: string }
  | { type: 'telemetry'; deviceId: string; body: Json; properties: JsonObject }
  | { type: 'property'; deviceId: string; side: 'desired' | 'reported'; patch: JsonObject; version: number }
  | { type: 'command'; deviceId: string; name: string; request: Json; status: number; response: Json }
  | { type: 'message'; deviceId: string; body: string }
  /** A packet as it crossed the wire; `connection` numbers the connections in the order in which they came. */
  | { type: 'mqtt'; connection: number; direction: 'in' | 'out'; packet: JsonObject };

export type TimedEvent = CloudEvent & { time: string };
export type Listener = (event: TimedEvent) => void;

/** Passes events on to those who listen. */
export class EventFeed {
  readonly #listeners = new Set<Listener>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** True when somebody listens: what is costly to describe is described only then. */
  get heard(): boolean {
    return this.#listeners.size > 0;
  }

  emit(event: CloudEvent): void {
    if (!this.heard) return;
    const timed = { ...event, time: new Date(this.#now()).toISOString() };
    for (const listener of this.#listeners) listener(timed);
  }

  /** Adds a listener; call the result to remove it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
