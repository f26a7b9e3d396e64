import type { IConnectPacket, IPublishPacket, ISubscribePacket, IUnsubscribePacket, Packet } from 'mqtt-packet';
import type { Clock } from '../../clock.ts';
import { AzureError, ProtocolViolation } from './azure-error.ts';
import type { EventFeed } from './events.ts';
import type { FaultQueue, LoseFault, Service } from './faults.ts';
import type { MqttConnection, Qos } from './mqtt-connection.ts';

/** A message from the device, quality of service 0 or 1. */
export interface Incoming {
  topic: string;
  payload: Buffer;
  retain: boolean;
}

/** What a service makes of one device's connection; the rules that DPS and hub share are this file's. */
export interface Endpoint {
  readonly service: Service;
  readonly deviceId: string;
  /** Called once, when CONNACK has been sent and before anything else is: from now on this is the device's connection. */
  begin(): void;
  /** Azure allows only its documented filters, spelt exactly so (Azure 1.1, 2.1). */
  allows(filter: string): boolean;
  /** Called before SUBACK, so that what is confirmed is also kept. */
  subscribe(filter: string, qos: Qos): Promise<void>;
  /** Called after SUBACK: what was waiting for a subscriber goes out now. */
  subscribed(): void;
  unsubscribe(filter: string): Promise<void>;
  /**
   * Handles a message; `accept` acknowledges it, and is called before any answer is sent.
   * @throws ProtocolViolation for what Azure closes a connection for.
   */
  publish(message: Incoming, accept: () => void): Promise<void>;
  /** The device has acknowledged what was sent under this packet identifier. */
  acknowledged(messageId: number): void;
  /** The connection, which had begun, is gone: with DISCONNECT, or without. @param reason see the disconnect event */
  closed(cleanly: boolean, reason: string | null): void;
}

/** MQTT 3.1.1 return codes (3.2.2.3): level, client id, unavailable, user name, authorisation. */
export type Refusal = 1 | 2 | 3 | 4 | 5;
export type Admission =
  /** `until`: the moment at which the proof of who the client is expires, in milliseconds since 1970. */
  { endpoint: Endpoint; sessionPresent: boolean; until?: number } | { refusal: Refusal; reason: string };
export type Admit = (connect: IConnectPacket, connection: MqttConnection) => Promise<Admission>;

export const serviceOf = (connect: IConnectPacket): Service =>
  (connect.username ?? '').includes('/registrations/') ? 'dps' : 'hub';

/** A client that never says CONNECT is closed after so many milliseconds. */
const CONNECT_TIME = 30_000;
/** The hub's longest keep-alive (Azure 2.1), in seconds. */
const MAX_KEEP_ALIVE = 1767;
const MQTT_3_1_1 = 4;
const UNAVAILABLE = 3;
const FAULT = 'a fault that was asked for';

export interface FrontOptions {
  clock: Clock;
  faults: FaultQueue;
  admit: Admit;
  events: EventFeed;
  /** Called when a CONNECT has been accepted. */
  onAccepted: (service: Service, deviceId: string) => void;
}

/** One client's MQTT conversation, from CONNECT to its end: what MQTT and Azure ask of every connection alike. */
class Conversation {
  readonly #connection: MqttConnection;
  readonly #options: FrontOptions;
  #connected = false;
  #endpoint: Endpoint | undefined;
  #cleanly = false;
  #claimed: IConnectPacket | undefined;
  #refused = false;

  constructor(connection: MqttConnection, options: FrontOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  async run(): Promise<void> {
    const deadline = this.#options.clock.after(CONNECT_TIME, () => {
      if (!this.#endpoint) this.#connection.close('no CONNECT came in time');
    });
    await this.#connection.run(
      (packet) => this.#handle(packet),
      () => {
        deadline.cancel();
        this.#closed();
      },
    );
  }

  async #handle(packet: Packet): Promise<void> {
    try {
      if (this.#connected === (packet.cmd === 'connect')) throw new ProtocolViolation('CONNECT comes first, and once');
      await this.#dispatch(packet);
    } catch (error) {
      this.#connection.close(error instanceof Error ? error.message : String(error));
    }
  }

  #closed(): void {
    const reason = this.#connection.closeReason;
    if (this.#endpoint) this.#endpoint.closed(this.#cleanly, reason);
    else if (reason !== null && !this.#refused) this.#refuse(null, reason);
  }

  #refuse(code: number | null, reason: string): void {
    this.#refused = true;
    const claimed = this.#claimed;
    const who = claimed ? { service: serviceOf(claimed), deviceId: claimed.clientId } : {};
    this.#options.events.emit({ type: 'refusal', stage: 'connect', ...who, code, reason });
  }

  /** Not async itself: every message goes through here, and a promise more for each is felt. */
  #dispatch(packet: Packet): Promise<void> | undefined {
    switch (packet.cmd) {
      case 'connect':
        return this.#connect(packet);
      case 'subscribe':
        return this.#subscribe(packet);
      case 'unsubscribe':
        return this.#unsubscribe(packet);
      case 'publish':
        return this.#publish(packet);
      case 'puback':
        this.#endpoint?.acknowledged(packet.messageId ?? 0);
        return;
      case 'pingreq':
        this.#sendUnlessLost({ cmd: 'pingresp' }, 'pingresp');
        return;
      case 'disconnect':
        this.#cleanly = true;
        this.#connection.close();
        return;
      default:
        throw new ProtocolViolation(`${packet.cmd} is not for a client of this server to send`);
    }
  }

  async #connect(packet: IConnectPacket): Promise<void> {
    this.#connected = true;
    this.#claimed = packet;
    const admission = await this.#judge(packet);
    if (!admission) return;
    if (!this.#connection.open) return;
    if ('refusal' in admission) {
      this.#refuse(admission.refusal, admission.reason);
      this.#connection.send({ cmd: 'connack', returnCode: admission.refusal, sessionPresent: false });
      this.#connection.close();
      return;
    }
    this.#endpoint = admission.endpoint;
    this.#options.onAccepted(this.#endpoint.service, this.#endpoint.deviceId);
    this.#connection.send({ cmd: 'connack', returnCode: 0, sessionPresent: admission.sessionPresent });
    this.#endpoint.begin();
    this.#connection.expectTraffic(packet.keepalive ?? 0, MAX_KEEP_ALIVE);
    if (admission.until !== undefined) this.#connection.closeAt(admission.until, 'the token has expired');
    this.#endpoint.subscribed();
  }

  /** Undefined for a CONNECT that a fault leaves without an answer. */
  async #judge(packet: IConnectPacket): Promise<Admission | undefined> {
    const fault = this.#options.faults.takeConnect(serviceOf(packet), packet.clientId);
    if (fault?.answer === 'none') return undefined;
    if (fault?.answer === 'drop') throw new ProtocolViolation(FAULT);
    if (fault) return { refusal: fault.code ?? 3, reason: FAULT };
    if ('bridgeMode' in packet && packet.bridgeMode)
      return { refusal: 1, reason: 'bridges are not let in: switch the bridge bit off' };
    if (packet.protocolVersion !== MQTT_3_1_1) {
      return {
        refusal: 1,
        reason: `MQTT ${packet.protocolVersion === 5 ? '5' : '3.1'} is not spoken here, only 3.1.1`,
      };
    }
    try {
      return await this.#options.admit(packet, this.#connection);
    } catch (error) {
      if (error instanceof AzureError) return { refusal: UNAVAILABLE, reason: error.message };
      throw error;
    }
  }

  async #subscribe(packet: ISubscribePacket): Promise<void> {
    requireId(packet.messageId);
    const endpoint = this.#endpoint;
    if (!endpoint) return;
    if (packet.subscriptions.length === 0) throw new ProtocolViolation('SUBSCRIBE without a filter');
    const granted: Qos[] = [];
    for (const { topic, qos } of packet.subscriptions) {
      if (!endpoint.allows(topic)) throw new ProtocolViolation(`the topic filter ${topic} does not exist`);
      const atMost = qos === 0 ? 0 : 1;
      await endpoint.subscribe(topic, atMost);
      granted.push(atMost);
    }
    this.#sendUnlessLost({ cmd: 'suback', messageId: packet.messageId ?? 0, granted }, 'suback');
    endpoint.subscribed();
  }

  async #unsubscribe(packet: IUnsubscribePacket): Promise<void> {
    requireId(packet.messageId);
    for (const filter of packet.unsubscriptions) await this.#endpoint?.unsubscribe(filter);
    this.#sendUnlessLost({ cmd: 'unsuback', messageId: packet.messageId ?? 0, granted: [] }, 'unsuback');
  }

  #publish(packet: IPublishPacket): Promise<void> | undefined {
    if (packet.qos === 2) throw new ProtocolViolation('QoS 2 is not offered');
    const accept = () => {
      if (packet.qos === 1) this.#sendUnlessLost({ cmd: 'puback', messageId: packet.messageId ?? 0 }, 'puback');
    };
    if (packet.qos === 1) requireId(packet.messageId);
    if (/[+#]/.test(packet.topic)) throw new ProtocolViolation(`the topic ${packet.topic} has a wildcard in it`);
    const { topic, retain } = packet;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    return this.#endpoint?.publish({ topic, payload, retain }, accept);
  }

  #sendUnlessLost(packet: Packet, name: LoseFault['packet']): void {
    const endpoint = this.#endpoint;
    if (endpoint && this.#options.faults.loses(name, endpoint.service, endpoint.deviceId)) return;
    this.#connection.send(packet);
  }
}

/** A packet identifier is never 0 (MQTT 3.1.1, 2.3.1). */
function requireId(messageId: number | undefined): void {
  if (!messageId) throw new ProtocolViolation('the packet identifier is 0');
}

/** Talks MQTT 3.1.1 with one client until the connection has ended. */
export function converse(connection: MqttConnection, options: FrontOptions): Promise<void> {
  return new Conversation(connection, options).run();
}
