import type { Clock } from '../clock.ts';
import type { Sample } from '../device/device.ts';
import type { Json } from '../events.ts';
import type { QoS } from '../modem/modem.ts';

/** At the shortest interval this keeps about a quarter of an hour. */
const CAPACITY = 1_000;

/** A message that waits to be sent. */
export interface Waiting {
  readonly sample: Sample;
  /** When it was handed over, in milliseconds of the monotonic clock. */
  readonly since: number;
  /** It stays until it is accepted. */
  readonly mustBeSent: boolean;
}

interface Entry extends Waiting {
  /** Settles the promise of whoever must know that the module has taken it. */
  readonly taken?: { resolve(): void; reject(reason: Error): void };
}

/**
 * The telemetry that is to be sent. Sampling goes on while there is no connection: with QoS 1 what falls due then is
 * kept, with QoS 0 all but that of the latest moment is lost, and counted. A message that must not be lost stays in any case.
 */
export class TelemetryBuffer {
  readonly #clock: Clock;
  readonly #qos: QoS;
  readonly #entries: Entry[] = [];
  #lost = 0;
  #sent = 0;
  #onFilled: (() => void) | null = null;

  constructor(clock: Clock, qos: QoS) {
    this.#clock = clock;
    this.#qos = qos;
  }

  /** Takes a sample that may be lost: with QoS 0 when there is no connection, else when the buffer is full. */
  add(sample: Sample): void {
    const droppable = this.#entries.filter(({ mustBeSent }) => !mustBeSent);
    const latestOnly = this.#qos === 0 && this.#onFilled === null;
    // A device with components has several samples of one moment.
    const lost = latestOnly
      ? droppable.filter((entry) => entry.sample.takenAt !== sample.takenAt)
      : droppable.slice(0, droppable.length < CAPACITY ? 0 : 1);
    for (const entry of lost) this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#lost += lost.length;
    this.#push({ sample, since: this.#clock.monotonic(), mustBeSent: false });
  }

  /**
   * Takes a message that must not be lost.
   * @returns a promise that settles when the module has taken it
   * @throws when the buffer is full of such messages: whoever sends must wait for the promises
   */
  send(sample: Sample): Promise<void> {
    if (this.#entries.length >= 2 * CAPACITY) {
      return Promise.reject(new Error(`${CAPACITY} messages are waiting to be sent already`));
    }
    return new Promise((resolve, reject) => {
      this.#push({ sample, since: this.#clock.monotonic(), mustBeSent: true, taken: { resolve, reject } });
    });
  }

  /** The oldest message that waits. */
  get next(): Waiting | undefined {
    return this.#entries[0];
  }

  /** The oldest message is given up. */
  remove(): void {
    this.#entries.shift()?.taken?.resolve();
  }

  /** The oldest message can never be sent. */
  refuse(reason: Error): void {
    this.#entries.shift()?.taken?.reject(reason);
  }

  /** The oldest message, one that may be lost, is sent in parts instead. */
  split(bodies: readonly Json[]): void {
    const [whole] = this.#entries.splice(0, 1);
    if (whole) this.#entries.unshift(...bodies.map((body) => ({ ...whole, sample: { ...whole.sample, body } })));
  }

  /** The oldest message has been accepted. */
  accept(): void {
    this.#sent++;
    this.remove();
  }

  /** How many messages were accepted. */
  get sent(): number {
    return this.#sent;
  }

  /** How many samples were lost since this was last asked. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  /** There is a connection: `onFilled` is called whenever something comes, until the returned function is called. */
  open(onFilled: () => void): () => void {
    this.#onFilled = onFilled;
    return () => {
      this.#onFilled = null;
    };
  }

  /** The session has ended: nothing more will be sent. */
  close(): void {
    for (const { taken } of this.#entries.splice(0)) taken?.reject(new Error('the session has ended'));
  }

  #push(entry: Entry): void {
    this.#entries.push(entry);
    this.#onFilled?.();
  }
}
