import type { Json, JsonObject } from '../../json.ts';
import { EventLog } from '../../web/event-log.ts';
import type { Service } from './faults.ts';

/** At which step something was refused. */
export type Stage = 'tls' | 'connect' | 'register' | 'request';

/** What happens in the cloud, for whoever looks on; docs/events.schema.json describes the same for programs. */
export type CloudEvent =
  | { type: 'connect'; service: Service; deviceId: string }
  /** `reason` is why the cloud has closed the connection; null when the device has, or the network. */
  | { type: 'disconnect'; service: Service; deviceId: string; cleanly: boolean; reason: string | null }
  /** `code` is the CONNACK code or the number of Azure; null for a connection that was just closed. */
  | { type: 'refusal'; stage: Stage; service?: Service; deviceId?: string; code: number | null; reason: string }
  | { type: 'provisioning'; deviceId: string; hub: string; status: string }
  | { type: 'telemetry'; deviceId: string; body: Json; properties: JsonObject }
  | { type: 'property'; deviceId: string; side: 'desired' | 'reported'; patch: JsonObject; version: number }
  | { type: 'command'; deviceId: string; name: string; request: Json; status: number; response: Json }
  | { type: 'message'; deviceId: string; body: string }
  /**
   * A packet as it crossed the wire; `connection` numbers the connections in the order in which they came. Service and
   * device are there from CONNACK on.
   */
  | {
      type: 'mqtt';
      connection: number;
      direction: 'in' | 'out';
      packet: JsonObject;
      service?: Service;
      deviceId?: string;
    };

export const EVENT_TYPES = [
  'connect',
  'disconnect',
  'refusal',
  'provisioning',
  'telemetry',
  'property',
  'command',
  'message',
  'mqtt',
] as const satisfies CloudEvent['type'][];

/** An event with the version of its format and its time, ISO 8601. */
export type TimedEvent = { v: 1; ts: string } & CloudEvent;
export type Listener = (event: TimedEvent) => void;

/** Passes events on to those who listen, and keeps the last ones for those who come later. */
export class EventFeed {
  readonly log: EventLog;
  readonly #listeners = new Set<Listener>();
  readonly #now: () => number;
  #time = { ms: Number.NaN, iso: '' };

  /** @param run tells this run from others */
  constructor(now: () => number, run: string) {
    this.#now = now;
    this.log = new EventLog(run);
  }

  /** The present moment, ISO 8601: many events fall into one millisecond, and writing it costs more than the rest. */
  timestamp(): string {
    const ms = this.#now();
    if (this.#time.ms !== ms) this.#time = { ms, iso: new Date(ms).toISOString() };
    return this.#time.iso;
  }

  emit(event: CloudEvent): void {
    const ts = this.timestamp();
    // Put together as text, which is faster than a copy of the event with two members more.
    this.log.append(event.type, event.deviceId, `{"v":1,"ts":"${ts}",${JSON.stringify(event).slice(1)}`);
    for (const listener of this.#listeners) listener({ v: 1, ts, ...event });
  }

  /** Adds a listener; call the result to remove it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
