import type { Clock, Timer } from '../../../clock.ts';
import type { Console } from '../console.ts';
import { ACKNOWLEDGEMENTS, type Acknowledgement } from '../environment.ts';
import { stringForm } from '../forms.ts';
import { Pass } from '../pass.ts';
import { STATUS, type Status } from '../status.ts';
import { Store } from '../store.ts';
import { NetworkClient, type NetworkOptions } from './network.ts';
import {
  acknowledgement,
  connectPacket,
  cString,
  disconnectPacket,
  PACKET,
  pingPacket,
  publishPacket,
  subscribePacket,
  unsubscribePacket,
} from './packets.ts';
import { type Packet, readPublish } from './receive.ts';
import { Subscriptions } from './subscriptions.ts';

/** Ids of the MQTT configuration (AT protocol 7.11). */
export const BROKER = { host: 1, port: 2, clientId: 3, userName: 4, password: 5, keepalive: 6, tls: 7 } as const;

/** The states of AT protocol 8.2; `wedged` is for good (T1, T3). */
export type MqttState =
  | 'idle'
  | 'connecting'
  | 'socket-up'
  | 'wait-connack'
  | 'connected'
  | 'wait-suback'
  | 'wait-unsuback'
  | 'wait-puback'
  | 'disconnecting'
  | 'disconnected'
  | 'wedged';

const ACKNOWLEDGE_MS = 5_000;
const DEFAULT_KEEPALIVE = 60;
const NETWORK_OBJECTS = 2;
/** A filter of the full field has no terminator: what follows it in memory goes out too (T13). */
const TOPIC_FIELD = 128;
const BEHIND_THE_FIELD = Buffer.from('a00f84e2', 'hex');
/** From here on a topic overwrites the stack; one byte less is luck of the memory layout (T13). */
const FATAL_TOPIC = 130;
/** Packet types that a client never gets: the firmware closes its session. */
const FOREIGN: number[] = [PACKET.connect, PACKET.subscribe, PACKET.unsubscribe, PACKET.pingreq, PACKET.disconnect, 15];

const CONNECTED: MqttState[] = ['connected', 'wait-suback', 'wait-unsuback', 'wait-puback'];

export interface MqttOptions extends Omit<NetworkOptions, 'wake'> {
  console: Console;
  deviceName: Buffer;
  passOrigin: number;
  crash: (reason: string) => void;
}

interface Settings {
  clientId: Buffer;
  userName: Buffer;
  keepaliveMs: number;
}

/** The firmware's MQTT service: one client, its state machine, and its passes (AT protocol 7.11 to 7.16, 8). */
export class MqttClient {
  readonly configuration: Store;
  readonly pass: Pass;
  readonly #options: MqttOptions;
  readonly #clock: Clock;
  readonly #console: Console;
  readonly #subscriptions = new Subscriptions();
  #state: MqttState = 'idle';
  #network: NetworkClient | undefined;
  #networkObjects = 0;
  #settings: Settings = { clientId: Buffer.alloc(0), userName: Buffer.alloc(0), keepaliveMs: 0 };
  #packetId = 1;
  #publishedQos = 0;
  #unsubscribing: Buffer = Buffer.alloc(0);
  #deadline = 0;
  #delayed: Packet[] = [];
  #lastSent = 0;
  #lastReceived = 0;
  #pinged = false;
  #keepalive: Timer | undefined;
  #patience: number | undefined;

  constructor(options: MqttOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#console = options.console;
    this.configuration = brokerConfiguration(options.deviceName);
    this.pass = new Pass(options.clock, options.pace.mqttPass, options.passOrigin, () =>
      options.console.turn('mqtt', () => this.#run()),
    );
  }

  get state(): MqttState {
    return this.#state;
  }

  get connected(): boolean {
    return CONNECTED.includes(this.#state);
  }

  /** AT+MQTTCONN=n: always accepted, and fatal unless the client is idle (T1). */
  connect(): void {
    const idle = this.#state === 'idle';
    if (!idle || this.#networkObjects === NETWORK_OBJECTS) {
      this.#console.diagnostic('Failed to allocate Handle');
      if (idle) this.#console.diagnostic('TCPIP Socket Open FAILED');
      this.#state = 'wedged';
      this.#network?.freeze();
      return;
    }
    // The object that has been reconnecting by itself is leaked (T3).
    this.#network?.freeze();
    this.#networkObjects += 1;
    const { configuration } = this;
    const seconds = configuration.number(BROKER.keepalive) || DEFAULT_KEEPALIVE;
    this.#settings = {
      clientId: cString(configuration.text(BROKER.clientId)),
      userName: cString(configuration.text(BROKER.userName)),
      keepaliveMs: (seconds & 0xffff) * 1000,
    };
    this.#packetId = 1;
    this.#state = 'connecting';
    this.#network = new NetworkClient(
      { ...this.#options, wake: () => this.pass.request() },
      {
        host: cString(configuration.text(BROKER.host)).toString('latin1'),
        port: configuration.number(BROKER.port) & 0xffff,
        tls: configuration.number(BROKER.tls) > 0,
      },
    );
  }

  /** AT+MQTTSUB. A number in place of the filter is taken for its address in memory (T34). */
  subscribe(filter: Buffer | number, qos: number): Status {
    if (typeof filter !== 'number' && filter.length > TOPIC_FIELD) return STATUS.invalidParameter;
    if (this.#state !== 'connected') return STATUS.mqtt;
    if (typeof filter === 'number') return this.#crash('a number was used as the address of a filter');
    if (this.#subscriptions.full) {
      this.#console.diagnostic('Failed: Max Topics already subscribed');
      return STATUS.ok;
    }
    const kept = cString(filter);
    const sent = kept.length === TOPIC_FIELD ? Buffer.concat([kept, BEHIND_THE_FIELD]) : kept;
    if (!this.#send(subscribePacket(this.#nextPacketId(), sent, qos), 'MQTTSubscribe() Failed')) return STATUS.ok;
    this.#subscriptions.add(kept);
    this.#wait('wait-suback');
    return STATUS.ok;
  }

  /** AT+MQTTUNSUB. */
  unsubscribe(filter: Buffer | number): Status {
    if (typeof filter !== 'number' && filter.length > TOPIC_FIELD) return STATUS.invalidParameter;
    if (this.#state !== 'connected') return STATUS.mqtt;
    if (typeof filter === 'number') return this.#crash('a number was used as the address of a filter');
    const kept = cString(filter);
    if (!this.#subscriptions.has(kept)) {
      this.#console.diagnostic(`Topic (${kept.toString('latin1')}) to Unsubscribe not in List`);
      return STATUS.ok;
    }
    if (!this.#send(unsubscribePacket(this.#nextPacketId(), kept), 'MQTTUnsubscribe failed')) return STATUS.ok;
    this.#unsubscribing = kept;
    this.#wait('wait-unsuback');
    return STATUS.ok;
  }

  /** AT+MQTTPUB; QoS is not checked. */
  publish(qos: number, retain: boolean, topic: Buffer | number, payload: Buffer | number): Status {
    if (this.#state !== 'connected') return STATUS.mqtt;
    if (typeof topic === 'number' || typeof payload === 'number') {
      return this.#crash('a number was used as the address of a topic or payload');
    }
    if (topic.length >= FATAL_TOPIC) return this.#crash(`a topic of ${topic.length} bytes has overwritten the stack`);
    const id = (qos & 3) > 0 ? this.#nextPacketId() : 0;
    if (!this.#send(publishPacket(qos, retain, id, cString(topic), payload), 'MQTTPublish() Failed')) return STATUS.ok;
    this.#publishedQos = qos;
    if (qos !== 0) this.#wait('wait-puback');
    return STATUS.ok;
  }

  /** AT+MQTTDISCONN: the one end of a connection that is not followed by another attempt. */
  disconnect(): Status {
    if (this.#state !== 'connected') return STATUS.mqtt;
    this.#send(disconnectPacket(), 'MQTTDisconnect() Failed');
    this.#network?.close();
    this.#network = undefined;
    this.#networkObjects -= 1;
    this.#end();
    return STATUS.ok;
  }

  /** The Wi-Fi network has come or gone, or the time has become known. */
  networkChanged(): void {
    this.#network?.networkChanged();
    this.pass.request();
  }

  /** The connection ends as if the broker had closed it (`fin`) or reset it (`rst`). */
  cut(how: 'fin' | 'rst'): void {
    this.#network?.cut(how);
  }

  #crash(reason: string): Status {
    this.#options.crash(reason);
    return STATUS.ok;
  }

  #nextPacketId(): number {
    this.#packetId = (this.#packetId % 0xffff) + 1;
    return this.#packetId;
  }

  #wait(state: MqttState): void {
    this.#state = state;
    this.#deadline = this.#clock.now() + ACKNOWLEDGE_MS;
    this.#clock.after(ACKNOWLEDGE_MS, () => this.pass.request());
    this.pass.request();
  }

  /** Sends a packet; when that fails the UART shows it, and the connection is given up (T8, T26). */
  #send(packet: Buffer, failure: string): boolean {
    const reason = this.#network?.send(packet);
    if (!reason) {
      this.#lastSent = this.#clock.now();
      return true;
    }
    this.#console.diagnostic(reason);
    this.#console.diagnostic('SYS_NET_SendMsg():Failed');
    this.#console.diagnostic(`Failed. Sent bytes = 0 ; length = ${packet.length}`);
    this.#console.diagnostic('sendPacket() failed (-1)');
    if (failure !== '') this.#console.diagnostic(`${failure} (-1)`);
    this.#giveUp();
    return false;
  }

  /** The session is over; the network layer goes on by itself (T2). */
  #giveUp(): void {
    this.#network?.restart();
    this.#end();
  }

  #end(): void {
    this.#state = 'disconnecting';
    this.#subscriptions.clear();
    this.#delayed = [];
    this.#keepalive?.cancel();
    this.#keepalive = undefined;
    this.pass.request();
  }

  #run(): void {
    switch (this.#state) {
      case 'wedged':
        return;
      case 'disconnected':
        this.#state = 'idle';
        this.pass.request();
        return;
      case 'idle':
      case 'connecting':
        this.#lookForSocket();
        break;
      case 'socket-up':
        this.#sendConnect();
        break;
      case 'disconnecting':
        break;
      default:
        this.#serve();
    }
    if (this.#state !== 'disconnecting') return;
    this.#console.print('+MQTTCONN:0\r\n');
    this.#state = 'disconnected';
    this.pass.request();
  }

  #lookForSocket(): void {
    if (this.#network?.up) {
      this.#state = 'socket-up';
      this.pass.request();
      return;
    }
    this.#noticeLoss();
  }

  #noticeLoss(): void {
    const loss = this.#network?.takeLoss();
    if (!loss) return;
    if (loss.diagnostic) this.#console.diagnostic(loss.diagnostic);
    this.#end();
  }

  #sendConnect(): void {
    const { clientId, userName, keepaliveMs } = this.#settings;
    this.#pinged = false;
    this.#lastReceived = this.#clock.now();
    if (this.#send(connectPacket(clientId, userName, keepaliveMs / 1000), 'MQTTConnect() failed'))
      this.#wait('wait-connack');
  }

  /** One pass over an open connection: at most one packet, then the timers. */
  #serve(): void {
    if (this.#options.networkUp()) {
      const delayed = this.#delayed.shift();
      if (delayed) this.#acknowledged(delayed);
      else this.#receive();
    }
    if (this.#state === 'wait-puback' && ![1, 2].includes(this.#publishedQos)) {
      // An undefined QoS is taken for delivered at once (T21).
      this.#acknowledge('+MQTTPUBACC\r\n');
    }
    if (this.#waiting && this.#clock.now() >= this.#deadline) this.#timeOut();
    if (this.connected) this.#keepAlive();
  }

  get #waiting(): boolean {
    return this.#state.startsWith('wait-');
  }

  #receive(): void {
    for (;;) {
      const received = this.#network?.read(this.#patient());
      switch (received?.kind) {
        case 'overflow':
          this.#console.diagnostic('Buffer Overflow');
          continue;
        case 'short':
          this.#console.diagnostic(`Received packet with length = 1; Expected ${received.expected}`);
          break;
        case 'packet':
          this.#patience = undefined;
          this.#lastReceived = this.#clock.now();
          if (!this.#handle(received.packet)) continue;
          this.pass.request();
          break;
        case 'incomplete':
          this.#waitForRest();
          break;
        default:
          this.#patience = undefined;
          this.#noticeLoss();
      }
      return;
    }
  }

  /** A pass that comes at once has to give a packet the time it would have had until the next real one. */
  #patient(): boolean {
    const { packetGrace } = this.#options.pace;
    return packetGrace > 0 && (this.#patience === undefined || this.#clock.now() < this.#patience);
  }

  #waitForRest(): void {
    if (this.#patience !== undefined) return;
    const { packetGrace } = this.#options.pace;
    this.#patience = this.#clock.now() + packetGrace;
    this.#clock.after(packetGrace, () => this.pass.request());
  }

  /** @returns whether the packet meant anything; rubbish is skipped within the same pass. */
  #handle(packet: Packet): boolean {
    if (packet.type === PACKET.publish) return this.#deliver(packet);
    if (FOREIGN.includes(packet.type)) {
      this.#giveUp();
      return true;
    }
    const name = ACKNOWLEDGEMENTS.find((acknowledgement) => PACKET[acknowledgement] === packet.type);
    if (name && this.#withheld(name, packet)) return true;
    return this.#acknowledged(packet);
  }

  /** The faults that keep acknowledgements away, or late. */
  #withheld(name: Acknowledgement, packet: Packet): boolean {
    const { omitted, acknowledgementDelay } = this.#options.environment;
    if (omitted === name) return true;
    if (acknowledgementDelay === 0) return false;
    this.#clock.after(acknowledgementDelay, () => {
      this.#delayed.push(packet);
      this.pass.request();
    });
    return true;
  }

  #acknowledged({ type, body }: Packet): boolean {
    switch (type) {
      case PACKET.connack:
        return this.#connack(body);
      case PACKET.suback:
        if (this.#state !== 'wait-suback') return false;
        // A constant: neither the granted QoS nor a refusal is shown (T9).
        this.#subscriptions.acknowledge();
        return this.#acknowledge('+MQTTSUB:0\r\n');
      case PACKET.unsuback:
        if (this.#state !== 'wait-unsuback') return false;
        this.#subscriptions.remove(this.#unsubscribing);
        return this.#acknowledge('+MQTTUNSUB:1\r\n');
      case PACKET.puback:
        return this.#state === 'wait-puback' && this.#publishedQos === 1 && this.#acknowledge('+MQTTPUBACC\r\n');
      case PACKET.pubcomp:
        return this.#state === 'wait-puback' && this.#publishedQos === 2 && this.#acknowledge('+MQTTPUBACC\r\n');
      case PACKET.pubrec:
        return this.#answer('pubrel', body);
      case PACKET.pubrel:
        return this.#answer('pubcomp', body);
      case PACKET.pingresp:
        this.#pinged = false;
        return true;
      default:
        return false;
    }
  }

  #acknowledge(event: string): boolean {
    this.#state = 'connected';
    this.#console.print(event);
    return true;
  }

  /** A refusal is not reported: it shows when the broker closes, or after 5 s (T10). */
  #connack(body: Buffer): boolean {
    if (this.#state !== 'wait-connack' || body[1] !== 0) return false;
    this.#state = 'connected';
    this.#console.print('+MQTTCONNACK:0,0\r\n', '+MQTTCONN:1\r\n');
    return true;
  }

  #answer(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', body: Buffer): boolean {
    if (body.length >= 2) this.#send(acknowledgement(type, body.readUInt16BE(0)), '');
    return true;
  }

  /** A message is reported once for each matching subscription, and acknowledged even without any (T19, T20). */
  #deliver(packet: Packet): boolean {
    const message = readPublish(packet);
    if (!message) return false;
    const { qos, id, topic, payload } = message;
    const matches = this.#subscriptions.matches(topic);
    for (let match = 0; match < matches; match++) this.#report(topic, payload);
    const idBytes = Buffer.of(id >> 8, id & 0xff);
    if (qos === 1) this.#answer('puback', idBytes);
    if (qos === 2) this.#answer('pubrec', idBytes);
    return true;
  }

  #report(topic: Buffer, payload: Buffer): void {
    const topicWrites = stringForm(topic);
    const payloadWrites = stringForm(payload);
    if (!topicWrites || !payloadWrites) {
      this.#options.crash(`the printed form of a message of ${payload.length} bytes has overwritten the stack`);
      return;
    }
    const writes = [`+MQTTPUB:${topic.length},`, ...topicWrites, `,${payload.length},`, ...payloadWrites, '\r\n'];
    this.#console.print(...writes);
  }

  #timeOut(): void {
    switch (this.#state) {
      case 'wait-connack':
        this.#console.print('+MQTTCONNACK:1,1\r\n', '+MQTTCONN:0\r\n');
        break;
      case 'wait-suback':
        this.#console.print('+MQTTSUB:1\r\n');
        break;
      case 'wait-unsuback':
        this.#console.print('+MQTTUNSUB:0\r\n');
        break;
      default:
        this.#console.print('+MQTTPUBERR\r\n');
    }
    this.#giveUp();
  }

  /** A ping goes out only when nothing has been sent and nothing received for the keep-alive time (T17). */
  #keepAlive(): void {
    if (this.#settings.keepaliveMs === 0) return;
    if (this.#clock.now() >= this.#keepaliveDue && !this.#ping()) return;
    this.#keepalive ??= this.#clock.after(this.#keepaliveDue - this.#clock.now(), () => {
      this.#keepalive = undefined;
      this.pass.request();
    });
  }

  get #keepaliveDue(): number {
    return Math.max(this.#lastSent, this.#lastReceived) + this.#settings.keepaliveMs;
  }

  /** @returns whether the connection is still taken for alive. */
  #ping(): boolean {
    if (!this.#pinged) {
      this.#pinged = true;
      return this.#send(pingPacket(), '');
    }
    const counter = (at: number) => Math.floor(this.#options.time.uptimeAt(at) + this.#settings.keepaliveMs);
    const [sent, received] = [counter(this.#lastSent), counter(this.#lastReceived)];
    this.#console.diagnostic(`PINGRESP Not Rcvd Last Sent = (${sent}); Last Rcvd = (${received})`);
    this.#console.diagnostic('keepalive failed; Disconnecting the session');
    if (this.#send(disconnectPacket(), 'MQTTDisconnect() Failed')) this.#giveUp();
    return false;
  }
}

function brokerConfiguration(deviceName: Buffer): Store {
  const text = (id: number, max: number, value: Buffer = Buffer.alloc(0)) => ({
    id,
    kind: { type: 'text' as const, max },
    value,
  });
  const integer = (id: number, value: number) => ({ id, kind: { type: 'integer' as const }, value });
  return new Store([
    text(BROKER.host, 64),
    integer(BROKER.port, 8883),
    text(BROKER.clientId, 23, deviceName),
    text(BROKER.userName, 128),
    text(BROKER.password, 256),
    integer(BROKER.keepalive, 0),
    integer(BROKER.tls, 1),
  ]);
}
