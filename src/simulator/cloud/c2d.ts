import type { Clock, Timer } from '../../clock.ts';
import type { Json } from '../../json.ts';
import { AzureError } from './azure-error.ts';
import type { DeviceLink } from './device-link.ts';
import { formatPropertyBag, type PropertyBag } from './property-bag.ts';
import { Sequence } from './sequence.ts';
import { listOf, nullOr, number, objectOf, type Reader, recordOf, text } from './shape.ts';

/** A cloud-to-device message that waits for its device. */
export interface QueuedMessage {
  body: Buffer;
  properties: PropertyBag;
  /** Milliseconds since 1970. */
  expires: number;
  deliveries: number;
}

// Azure 2.1; a message lives an hour and is tried ten times, the hub's own defaults.
const MAX_QUEUED = 50;
const MAX_BODY = 64 * 1024;
/** The properties travel in the topic, which cannot be longer than 64 KB in all. */
const MAX_BAG = 32 * 1024;
const LIFETIME = 3_600_000;
const MAX_DELIVERIES = 10;
/** How long a message that was received by HTTPS is kept from others, in milliseconds. */
const LOCK_TIME = 60_000;

/** The cloud-to-device messages of one device, first in, first out, kept until the device has acknowledged them. */
export class C2dQueue {
  readonly #deviceId: string;
  readonly #clock: Clock;
  readonly #save: (messages: Json | undefined) => Promise<void>;
  readonly #sequence = new Sequence();
  #queue: QueuedMessage[];
  readonly #unacknowledged = new Map<number, QueuedMessage>();
  /** Those that a device has received by HTTPS and not settled yet, by their lock. */
  readonly #locked = new Map<string, { message: QueuedMessage; timer: Timer }>();

  /** @param kept what `save` was given last, read. */
  constructor(
    deviceId: string,
    clock: Clock,
    kept: QueuedMessage[],
    save: (messages: Json | undefined) => Promise<void>,
  ) {
    this.#deviceId = deviceId;
    this.#clock = clock;
    this.#save = save;
    this.#queue = kept;
  }

  get length(): number {
    return this.#queue.length;
  }

  /**
   * Queues a message; it is kept when the promise resolves.
   * @throws AzureError 403004 when 50 are waiting, 413001 when it is larger than 64 KB, or its properties than 32 KB.
   */
  async add(body: Buffer, properties: PropertyBag): Promise<void> {
    const bag = formatPropertyBag(properties).length;
    if (body.length + bag > MAX_BODY || bag > MAX_BAG) throw new AzureError(413001, 'The message is too large.');
    await this.#sequence.run(async () => {
      this.#dropExpired();
      if (this.#queue.length >= MAX_QUEUED) throw new AzureError(403004, 'The queue of this device is full.');
      const message = { body, properties, expires: this.#clock.wall() + LIFETIME, deliveries: 0 };
      await this.#save(toJson([...this.#queue, message]));
      this.#queue.push(message);
    });
  }

  /** Sends what waits and is not under way already. */
  async deliver(link: DeviceLink, filter: string): Promise<void> {
    this.#dropExpired();
    const waiting = this.#waiting();
    if (waiting.length === 0) return;
    for (const message of waiting) {
      const to = `/devices/${this.#deviceId}/messages/devicebound`;
      const bag = formatPropertyBag(new Map([['$.to', to], ...message.properties]));
      const topic = `devices/${this.#deviceId}/messages/devicebound/${bag}`;
      const messageId = link.deliver(filter, { topic, payload: message.body, again: message.deliveries > 0 });
      if (messageId === undefined) return;
      message.deliveries++;
      if (messageId === 0) this.#remove(message);
      else this.#unacknowledged.set(messageId, message);
    }
    await this.#keep();
  }

  async acknowledged(messageId: number): Promise<void> {
    const message = this.#unacknowledged.get(messageId);
    if (!message) return;
    this.#unacknowledged.delete(messageId);
    this.#remove(message);
    await this.#keep();
  }

  /**
   * Gives the next message to a device that asks for one, and keeps it from others for a minute.
   * @param lock by which the device will say what has become of it
   * @returns undefined when nothing waits
   */
  async receive(lock: string): Promise<QueuedMessage | undefined> {
    this.#dropExpired();
    const [message] = this.#waiting();
    if (!message) return undefined;
    message.deliveries++;
    const timer = this.#clock.after(LOCK_TIME, () => this.#release(lock));
    this.#locked.set(lock, { message, timer });
    await this.#keep();
    return message;
  }

  /**
   * Ends a lock: the message is done with, or waits again.
   * @throws AzureError 412002 when there is no such lock any more
   */
  async settle(lock: string, how: 'complete' | 'reject' | 'abandon'): Promise<void> {
    const message = this.#release(lock);
    if (!message) throw new AzureError(412002, 'The lock of the message is lost.');
    if (how !== 'abandon') this.#remove(message);
    await this.#keep();
  }

  /** Ends all locks: nobody waits for them any more. */
  close(): void {
    for (const lock of [...this.#locked.keys()]) this.#release(lock);
  }

  #release(lock: string): QueuedMessage | undefined {
    const locked = this.#locked.get(lock);
    if (!locked) return undefined;
    this.#locked.delete(lock);
    locked.timer.cancel();
    if (locked.message.deliveries >= MAX_DELIVERIES) this.#remove(locked.message);
    return locked.message;
  }

  #waiting(): QueuedMessage[] {
    const locked = [...this.#locked.values()].map(({ message }) => message);
    const underWay = new Set([...this.#unacknowledged.values(), ...locked]);
    return this.#queue.filter((message) => !underWay.has(message));
  }

  /** The connection is gone: what it did not acknowledge waits again, unless it was tried too often. */
  disconnected(): void {
    this.#unacknowledged.clear();
    this.#queue = this.#queue.filter(({ deliveries }) => deliveries < MAX_DELIVERIES);
  }

  /** A clean session begins without what was queued before it (Azure 2.1). */
  async purge(): Promise<void> {
    if (this.#queue.length === 0) return;
    this.#queue = [];
    this.#unacknowledged.clear();
    this.close();
    await this.#keep();
  }

  #remove(message: QueuedMessage): void {
    this.#queue = this.#queue.filter((other) => other !== message);
  }

  #dropExpired(): void {
    const now = this.#clock.wall();
    this.#queue = this.#queue.filter(({ expires }) => expires > now);
  }

  /** What the device has taken is gone here at once; that it is gone from the disk matters only after a restart. */
  #keep(): Promise<void> {
    return this.#sequence.run(() => this.#save(this.#queue.length === 0 ? undefined : toJson(this.#queue)));
  }
}

function toJson(queue: QueuedMessage[]): Json {
  return queue.map(({ body, properties, expires, deliveries }) => ({
    body: body.toString('base64'),
    properties: Object.fromEntries(properties),
    expires,
    deliveries,
  }));
}

const readMessage = objectOf({
  body: text,
  properties: recordOf(nullOr(text)),
  expires: number,
  deliveries: number,
});

/** A queue as it was kept. */
export const readMessages: Reader<QueuedMessage[]> = (value, name) =>
  listOf(readMessage)(value, name).map(({ body, properties, expires, deliveries }) => ({
    body: Buffer.from(body, 'base64'),
    properties: new Map(Object.entries(properties)),
    expires,
    deliveries,
  }));
