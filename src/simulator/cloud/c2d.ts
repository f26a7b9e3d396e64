import type { Clock } from '../../clock.ts';
import { AzureError } from './azure-error.ts';
import type { DeviceLink } from './device.ts';
import { isJsonObject, type Json } from './json.ts';
import { formatPropertyBag, type PropertyBag } from './property-bag.ts';

/** A cloud-to-device message that waits for its device. */
interface QueuedMessage {
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

/** The cloud-to-device messages of one device, first in, first out, kept until the device has acknowledged them. */
export class C2dQueue {
  readonly #deviceId: string;
  readonly #clock: Clock;
  readonly #save: (messages: Json | undefined) => Promise<void>;
  #queue: QueuedMessage[];
  readonly #unacknowledged = new Map<number, QueuedMessage>();

  /** @param kept what `save` was given last. */
  constructor(
    deviceId: string,
    clock: Clock,
    kept: Json | undefined,
    save: (messages: Json | undefined) => Promise<void>,
  ) {
    this.#deviceId = deviceId;
    this.#clock = clock;
    this.#save = save;
    this.#queue = fromJson(kept);
  }

  get length(): number {
    return this.#queue.length;
  }

  /**
   * Queues a message; it is kept when the promise resolves.
   * @throws AzureError 403004 when 50 are waiting, 413001 when it is larger than 64 KB, or its properties than 32 KB.
   */
  async add(body: Buffer, properties: PropertyBag): Promise<void> {
    this.#dropExpired();
    if (this.#queue.length >= MAX_QUEUED) throw new AzureError(403004, 'The queue of this device is full.');
    const bag = formatPropertyBag(properties).length;
    if (body.length + bag > MAX_BODY || bag > MAX_BAG) throw new AzureError(413001, 'The message is too large.');
    this.#queue.push({ body, properties, expires: this.#clock.now() + LIFETIME, deliveries: 0 });
    await this.#keep();
  }

  /** Sends what waits and is not under way already. */
  async deliver(link: DeviceLink, filter: string): Promise<void> {
    this.#dropExpired();
    const underWay = new Set(this.#unacknowledged.values());
    const waiting = this.#queue.filter((message) => !underWay.has(message));
    if (waiting.length === 0) return;
    for (const message of waiting) {
      const to = `/devices/${this.#deviceId}/messages/devicebound`;
      const bag = formatPropertyBag(new Map([['$.to', to], ...message.properties]));
      const topic = `devices/${this.#deviceId}/messages/devicebound/${bag}`;
      const messageId = link.deliver(filter, { topic, payload: message.body });
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
    await this.#keep();
  }

  #remove(message: QueuedMessage): void {
    this.#queue = this.#queue.filter((other) => other !== message);
  }

  #dropExpired(): void {
    const now = this.#clock.now();
    this.#queue = this.#queue.filter(({ expires }) => expires > now);
  }

  #keep(): Promise<void> {
    return this.#save(this.#queue.length === 0 ? undefined : toJson(this.#queue));
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

function fromJson(kept: Json | undefined): QueuedMessage[] {
  if (!Array.isArray(kept)) return [];
  return kept.filter(isJsonObject).map((message) => ({
    body: Buffer.from(String(message['body']), 'base64'),
    properties: new Map(
      Object.entries(
        isJsonObject(message['properties'] ?? null) ? (message['properties'] as Record<string, string>) : {},
      ),
    ),
    expires: Number(message['expires']),
    deliveries: Number(message['deliveries']),
  }));
}
