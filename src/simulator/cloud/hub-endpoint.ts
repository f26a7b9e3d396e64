import type { IConnectPacket } from 'mqtt-packet';
import { isJsonObject, type JsonObject, parseJson } from '../../json.ts';
import { AzureError, errorBody, ProtocolViolation } from './azure-error.ts';
import type { CloudContext } from './context.ts';
import type { Device } from './device.ts';
import { type Delivery, type DeviceLink, FILTERS } from './device-link.ts';
import type { DeviceRegistry } from './devices.ts';
import { errorOfFault, type TwinFault } from './faults.ts';
import type { MqttConnection, Qos } from './mqtt-connection.ts';
import type { Endpoint, Incoming } from './mqtt-front.ts';
import { type PropertyBag, parsePropertyBag } from './property-bag.ts';
import { receiveTelemetry } from './receive-telemetry.ts';
import { parseTopic } from './topics.ts';
import { applyPatch, sectionForDevice } from './twin.ts';

/** Properties included (Azure 2.1), in bytes. */
export const MAX_MESSAGE = 256 * 1024;
const MAX_ANSWER = 128 * 1024;
const METHOD_ANSWER = /^\$iothub\/methods\/res\/(-?\d{1,9})\/$/;
/** More than the module's receive buffer of 1500 bytes takes (AT protocol 8.1). */
const OVERSIZE = 2000;

interface TwinAnswer {
  status: number;
  /** What follows `$rid` in the topic. */
  parameters?: string;
  body: JsonObject | null;
}

/** One device's connection to the hub (Azure 2.2 to 2.6). */
export class HubEndpoint implements Endpoint, DeviceLink {
  readonly service = 'hub';
  readonly deviceId: string;
  readonly #context: CloudContext;
  readonly #devices: DeviceRegistry;
  readonly #device: Device;
  readonly #connection: MqttConnection;
  readonly #connect: IConnectPacket;
  /** False for a client of a time without twins and methods. */
  readonly #hasTwins: boolean;
  readonly #subscriptions: Map<string, Qos>;
  #lastMessageId = 0;

  constructor(
    context: CloudContext,
    devices: DeviceRegistry,
    device: Device,
    connection: MqttConnection,
    connect: IConnectPacket,
    hasTwins: boolean,
  ) {
    const { record } = device;
    this.deviceId = record.id;
    this.#context = context;
    this.#devices = devices;
    this.#device = device;
    this.#connection = connection;
    this.#connect = connect;
    this.#hasTwins = hasTwins;
    this.#subscriptions = new Map(connect.clean ? [] : Object.entries(record.session ?? {}));
  }

  begin(): void {
    // The newcomer wins (Azure 2.1).
    this.#device.link?.close('the device has connected again');
    this.#device.link = this;
    this.#device.lastActivity = this.#context.clock.wall();
    if (this.#connect.clean) this.#inBackground(this.#device.messages.purge());
    this.#context.events.emit({ type: 'connect', service: 'hub', deviceId: this.deviceId });
  }

  allows(filter: string): boolean {
    const { methods, twinAnswers, desired, messages } = FILTERS;
    if (filter === messages(this.deviceId)) return true;
    return this.#hasTwins && [methods, twinAnswers, desired].some((known) => known === filter);
  }

  async subscribe(filter: string, qos: Qos): Promise<void> {
    const isNew = !this.#subscriptions.has(filter);
    this.#subscriptions.set(filter, qos);
    // In a clean session, a device gets what is sent after it has subscribed (Azure 2.1).
    if (isNew && this.#connect.clean && filter === FILTERS.messages(this.deviceId)) await this.#device.messages.purge();
    await this.#keepSession();
  }

  subscribed(): void {
    if (this.listens(FILTERS.methods)) this.#device.calls.ready();
    const messages = FILTERS.messages(this.deviceId);
    if (this.listens(messages)) this.#inBackground(this.#device.messages.deliver(this, messages));
  }

  async unsubscribe(filter: string): Promise<void> {
    if (this.#subscriptions.delete(filter)) await this.#keepSession();
  }

  async publish({ topic, payload, retain }: Incoming, accept: () => void): Promise<void> {
    this.#device.lastActivity = this.#context.clock.wall();
    const bag = bagOf(this.deviceId, topic);
    if (bag !== undefined) {
      // The properties count too (Azure 2.1).
      if (payload.length + Buffer.byteLength(bag) > MAX_MESSAGE)
        throw new ProtocolViolation('the message is larger than 256 KB');
      const properties = parsePropertyBag(bag);
      if (!properties) throw new ProtocolViolation('a property bag that is not URL-encoded');
      accept();
      return this.#telemetry(payload, retain ? properties.set('mqtt-retain', 'true') : properties);
    }
    if (!this.#hasTwins) throw new ProtocolViolation(`the topic ${topic} needs an api-version in the user name`);
    const { path, parameters } = parseTopic(topic);
    const rid = parameters.get('$rid');
    if (path === '$iothub/twin/GET/') {
      if (rid === undefined) throw new ProtocolViolation('a twin GET without $rid');
      accept();
      return this.#answerTwin('get', rid, async () => ({ status: 200, body: this.#twin() }));
    }
    if (path === '$iothub/twin/PATCH/properties/reported/') {
      // Without $rid the patch is applied, and nothing is ever answered, not even an error (Azure 2.6).
      return this.#answerTwin('patch', rid, () => this.#report(payload), accept);
    }
    const [, status] = METHOD_ANSWER.exec(path) ?? [];
    if (status === undefined) throw new ProtocolViolation(`the topic ${topic} does not exist`);
    accept();
    this.#methodAnswer(Number(status), rid, payload);
  }

  acknowledged(messageId: number): void {
    this.#inBackground(this.#device.messages.acknowledged(messageId));
  }

  closed(cleanly: boolean, reason: string | null): void {
    const { will } = this.#connect;
    const properties = will && telemetryProperties(this.deviceId, will.topic);
    if (properties && !cleanly)
      this.#telemetry(Buffer.from(will.payload), properties.set('iothub-MessageType', 'Will'));
    this.#context.events.emit({ type: 'disconnect', service: 'hub', deviceId: this.deviceId, cleanly, reason });
    if (this.#device.link !== this) return;
    this.#device.link = undefined;
    this.#device.calls.disconnected();
    this.#device.messages.disconnected();
  }

  listens(filter: string): boolean {
    return this.#connection.open && this.#subscriptions.has(filter);
  }

  deliver(filter: string, { topic, payload, atMost = 1, again = false }: Delivery): number | undefined {
    const granted = this.#subscriptions.get(filter);
    if (granted === undefined || !this.#connection.open) return undefined;
    const qos = granted < atMost ? granted : atMost;
    const packet = { cmd: 'publish', topic, payload, qos, dup: again && qos === 1, retain: false } as const;
    if (qos === 0) {
      this.#connection.send(packet);
      return 0;
    }
    this.#lastMessageId = (this.#lastMessageId % 65_535) + 1;
    this.#connection.send({ ...packet, messageId: this.#lastMessageId });
    return this.#lastMessageId;
  }

  close(reason: string): void {
    this.#connection.close(reason);
  }

  #telemetry(payload: Buffer, properties: PropertyBag): void {
    receiveTelemetry(this.#context, this.#device, payload, properties);
  }

  #twin(): JsonObject {
    const { desired, reported } = this.#device.record.twin;
    return { desired: sectionForDevice(desired), reported: sectionForDevice(reported) };
  }

  async #report(payload: Buffer): Promise<TwinAnswer> {
    const patch = parseJson(payload);
    const { record } = await this.#devices.update(this.deviceId, (before) => {
      const reported = applyPatch(before.twin.reported, patch, this.#context.clock.wall());
      return { ...before, twin: { ...before.twin, reported, version: before.twin.version + 1 } };
    });
    const { version } = record.twin.reported;
    if (isJsonObject(patch)) {
      this.#context.events.emit({ type: 'property', deviceId: this.deviceId, side: 'reported', patch, version });
    }
    return { status: 204, parameters: `&$version=${version}`, body: null };
  }

  /** Performs a twin request and answers it, unless a fault has it otherwise. */
  async #answerTwin(
    on: 'get' | 'patch',
    rid: string | undefined,
    perform: () => Promise<TwinAnswer>,
    accept: () => void = () => {},
  ): Promise<void> {
    const { clock, random, faults } = this.#context;
    const fault = faults.takeTwin(on, this.deviceId);
    let answer: TwinAnswer;
    try {
      if (fault?.answer === 'drop') throw new ProtocolViolation('a fault that was asked for');
      if (fault?.answer === 'status') throw errorOfFault(fault);
      if (faults.throttled('hub', this.deviceId, clock.wall())) throw new AzureError(429001, 'Throttled.');
      answer = await perform();
    } catch (error) {
      if (!(error instanceof AzureError)) throw error;
      answer = { status: error.status, body: errorBody(error, clock.wall(), random) };
      this.#refused(`the twin ${on === 'get' ? 'cannot be read' : 'report is refused'}: ${error.reason}`, error.code);
    }
    accept();
    if (rid === undefined || fault?.answer === 'none') return;
    const parameters = fault?.retryAfter === undefined ? (answer.parameters ?? '') : `&retry-after=${fault.retryAfter}`;
    const topic = `$iothub/twin/res/${answer.status}/?$rid=${rid}${parameters}`;
    const send = () => {
      this.deliver(FILTERS.twinAnswers, { topic, payload: distort(answer.body, fault) });
    };
    if (fault?.answer === 'delay') clock.after(fault.delay ?? 0, send);
    else send();
  }

  #methodAnswer(status: number, rid: string | undefined, payload: Buffer): void {
    if (rid === undefined) throw new ProtocolViolation('a method answer without $rid');
    if (payload.length > MAX_ANSWER) {
      this.#refused('the answer to a command is larger than 128 KB', null);
      return;
    }
    const body = parseJson(payload);
    if (body === undefined && payload.length > 0) {
      // Azure does not say so to the device either; the caller waits for its time-out.
      this.#refused('the answer to a command is not JSON', null);
      return;
    }
    this.#device.calls.answer(rid, { status, response: body ?? null });
  }

  #refused(reason: string, code: number | null): void {
    const { events } = this.#context;
    events.emit({ type: 'refusal', stage: 'request', service: 'hub', deviceId: this.deviceId, code, reason });
  }

  async #keepSession(): Promise<void> {
    if (this.#connect.clean) return;
    const session = Object.fromEntries(this.#subscriptions);
    await this.#devices.update(this.deviceId, (record) => ({ ...record, session }));
  }

  /** What fails here has been logged where it failed, and nobody waits for it. */
  #inBackground(work: Promise<void>): void {
    work.catch(() => {});
  }
}

/** The property bag in a telemetry topic of this device, as it stands there; undefined when it is another topic. */
function bagOf(deviceId: string, topic: string): string | undefined {
  const events = `devices/${deviceId}/messages/events`;
  if (!topic.startsWith(events)) return undefined;
  if (topic.length === events.length) return '';
  return topic[events.length] === '/' ? topic.slice(events.length + 1) : undefined;
}

/** The properties in a telemetry topic of this device; undefined when it is another topic, or they are malformed. */
export function telemetryProperties(deviceId: string, topic: string): PropertyBag | undefined {
  const bag = bagOf(deviceId, topic);
  return bag === undefined ? undefined : parsePropertyBag(bag);
}

function distort(body: JsonObject | null, fault: TwinFault | undefined): string {
  if (fault?.answer === 'empty') return '';
  if (fault?.answer === 'malformed') return '{"desired":{"$version":';
  if (fault?.answer === 'oversize') return JSON.stringify({ ...body, padding: 'x'.repeat(OVERSIZE) });
  return body === null ? '' : JSON.stringify(body);
}
