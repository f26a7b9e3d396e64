import type { ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { EventLog, LoggedEvent } from './event-log.ts';
import { HttpError } from './http-error.ts';

const MAX_STREAMS = 32;
/** A reader that falls behind by more than this is dropped; it comes back with the number of the last event it has seen. */
const MAX_UNSENT = 16 * 1024 * 1024;
/** A comment now and then keeps proxies from closing a quiet stream, in milliseconds. */
const HEARTBEAT = 15_000;
const ID = /^([0-9A-Za-z]+)-(\d{1,15})$/;

export interface StreamOptions {
  /** Only events of these devices; null for all. */
  devices: ReadonlySet<string> | null;
  /** Only events of these types; null for all. */
  types: ReadonlySet<string> | null;
  /** The id of the last event that the reader has seen; '0' for the time before the first, null to begin with the next. */
  lastEventId: string | null;
}

/** The streams of server-sent events. */
export class EventStreams {
  readonly #clock: Clock;
  readonly #log: EventLog;
  readonly #streams = new Set<ServerResponse>();

  constructor(clock: Clock, log: EventLog) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Answers with a stream that goes on until the reader leaves. What it has missed since the event it names comes first; when
   * that is no longer kept, or was another run's, an event `gap` says so.
   * @throws HttpError 400 for an id that was never given, 503 when there are too many streams
   */
  open(response: ServerResponse, options: StreamOptions): void {
    const past = this.#past(options.lastEventId);
    if (this.#streams.size >= MAX_STREAMS) throw new HttpError(503, 'Too many event streams are open.');
    this.#streams.add(response);
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': events\n\n');
    if (past.missed) response.write(`event: gap\ndata: ${this.#gap()}\n\n`);
    for (const event of past.events) this.#send(response, event, options);
    const stopListening = this.#log.listen((event) => this.#send(response, event, options));
    let heartbeat = this.#clock.after(HEARTBEAT, () => beat());
    const beat = () => {
      response.write(':\n\n');
      heartbeat = this.#clock.after(HEARTBEAT, beat);
    };
    response.once('close', () => {
      heartbeat.cancel();
      stopListening();
      this.#streams.delete(response);
    });
  }

  #past(lastEventId: string | null): { events: LoggedEvent[]; missed: boolean } {
    if (lastEventId === null) return { events: [], missed: false };
    if (lastEventId === '0') return { ...this.#log.after(0), missed: false };
    const [, run, number] = ID.exec(lastEventId) ?? [];
    if (run === undefined) throw new HttpError(400, 'Last-Event-ID must be the id of an event, or 0.');
    const isOurs = run === this.#log.run && Number(number) <= this.#log.last;
    return isOurs ? this.#log.after(Number(number)) : { ...this.#log.after(0), missed: true };
  }

  #gap(): string {
    return JSON.stringify({ v: 1, ts: new Date(this.#clock.wall()).toISOString(), type: 'gap' });
  }

  #send(response: ServerResponse, event: LoggedEvent, { devices, types }: StreamOptions): void {
    if (devices && (event.deviceId === undefined || !devices.has(event.deviceId))) return;
    if (types && !types.has(event.type)) return;
    response.write(`id: ${this.#log.run}-${event.number}\nevent: ${event.type}\ndata: ${event.text}\n\n`);
    if (response.writableLength > MAX_UNSENT) response.destroy();
  }
}
