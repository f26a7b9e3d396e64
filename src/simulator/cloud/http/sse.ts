import type { ServerResponse } from 'node:http';
import type { Clock } from '../../../clock.ts';
import type { EventFeed, TimedEvent } from '../events.ts';
import { HttpError } from './http-error.ts';

const MAX_STREAMS = 32;
/** A reader that falls behind by more than this is dropped. */
const MAX_UNSENT = 1024 * 1024;
/** A comment now and then keeps proxies from closing a quiet stream, in milliseconds. */
const HEARTBEAT = 15_000;

/** The streams of server-sent events. */
export class EventStreams {
  readonly #clock: Clock;
  readonly #events: EventFeed;
  readonly #streams = new Set<ServerResponse>();

  constructor(clock: Clock, events: EventFeed) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Answers with a stream that goes on until the reader leaves. @throws HttpError 503 when there are too many. */
  open(response: ServerResponse): void {
    if (this.#streams.size >= MAX_STREAMS) throw new HttpError(503, 'Too many event streams are open.');
    this.#streams.add(response);
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': events of the local cloud\n\n');
    const stopListening = this.#events.listen((event) => this.#send(response, event));
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

  #send(response: ServerResponse, event: TimedEvent): void {
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    if (response.writableLength > MAX_UNSENT) response.destroy();
  }
}
