import { setMaxListeners } from 'node:events';
import { parseHubTopic } from '../../azure/topics.ts';
import type { Twin } from '../../azure/twin.ts';
import type { JsonObject } from '../../events.ts';
import type { Modem, ModemEvent } from '../../modem/modem.ts';
import type { Assignment } from '../assignment.ts';
import type { SessionContext } from '../context.ts';
import { note } from '../report.ts';
import { mustSend } from './keep-alive.ts';
import { answerCommand } from './methods.ts';
import { TwinSync } from './twin-sync.ts';

/**
 * One connection to the hub: takes what the hub sends, and has it answered, one message after another. What it leaves
 * unfinished when it ends is dropped, since the next twin tells what is still to do.
 */
export class HubConnection {
  readonly #context: SessionContext;
  readonly #modem: Modem;
  readonly #end = new AbortController();
  readonly #twin: TwinSync;
  #work: Promise<void> = Promise.resolve();

  constructor(context: SessionContext, modem: Modem, assignment: Assignment) {
    this.#context = context;
    this.#modem = modem;
    const { signal } = this.#end;
    // Every unconfirmed report listens to it, and there may be many.
    setMaxListeners(0, signal);
    this.#twin = new TwinSync(context, modem, assignment, { signal, enqueue: (task) => this.#enqueue(task) });
    modem.on('event', this.#onEvent);
  }

  /** The connection has ended, or nobody needs it any more. Ending twice does nothing. */
  end(): void {
    this.#modem.off('event', this.#onEvent);
    this.#end.abort(new Error('the connection to the hub has ended'));
  }

  /** Reads the twin, see TwinSync. */
  readTwin(): Promise<Twin | null | 'unanswered'> {
    return this.#twin.read();
  }

  /** Brings device and twin in line, see TwinSync. */
  adoptTwin(twin: Twin | null, ready: () => void): Promise<void> {
    return this.#twin.adopt(twin, ready);
  }

  /** Reads the twin again, since messages may have been missed. */
  refresh(): void {
    this.#twin.refresh();
  }

  /** Reports members that the device has changed by itself. */
  report(members: JsonObject): void {
    this.#twin.report(members);
  }

  readonly #onEvent = (event: ModemEvent): void => {
    if (event.type === 'message') this.#receive(event.topic, event.payload);
    if (event.type === 'lost-message') this.#twin.refresh();
    if (event.type === 'overflow') this.#twin.overflow(event.bytes);
  };

  #receive(topic: string, payload: Buffer): void {
    const { report, clock } = this.#context;
    const parsed = parseHubTopic(topic);
    if (parsed?.kind === 'method') note(report, 'received command from IoT Central');
    if (parsed?.kind === 'desired') note(report, 'property updated from IoT Central');
    if (parsed?.kind === 'message') note(report, 'received message from the cloud');
    report({ type: 'message', topic, payload: payload.toString('utf8') });
    switch (parsed?.kind) {
      case 'method':
        // Commands may take long, and nothing else waits for them.
        void this.#attempt(() => answerCommand(this.#context, this.#modem, { ...parsed, payload }));
        break;
      case 'desired':
        this.#twin.receive(payload, parsed.version);
        break;
      case 'message':
        void this.#attempt(() => this.#context.device.message(payload, parsed.properties));
        break;
      case 'twin-result':
        this.#twin.settle(parsed.rid, { status: parsed.status, payload });
        break;
    }
    this.#enqueue(async () => {
      if (mustSend(this.#modem.mqtt, clock)) await this.#twin.touch();
    });
  }

  #enqueue(task: () => Promise<void>): void {
    this.#work = this.#work.then(() => this.#attempt(task));
  }

  /** Does some work; when it fails while the connection lasts, that is a failure of the state. */
  async #attempt(task: () => Promise<void>): Promise<void> {
    const { signal } = this.#end;
    if (signal.aborted) return;
    try {
      await task();
    } catch (error) {
      if (!signal.aborted) this.#context.fail(error);
    }
  }
}
