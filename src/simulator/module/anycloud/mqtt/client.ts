import type { Clock, Timer } from '../../../../clock.ts';
import { PollTask } from '../../poll-task.ts';
import type { Console } from '../console.ts';
import { cString } from '../forms.ts';
import type { Store } from '../store.ts';
import { brokerConfiguration, readSettings, type Settings } from './configuration.ts';
import { IncomingPackets } from './incoming.ts';
import { Keepalive } from './keepalive.ts';
import { NetworkClient, type NetworkOptions } from './network.ts';
import {
  acknowledgement,
  connectPacket,
  disconnectPacket,
  PACKET,
  pingPacket,
  publishPacket,
  subscribePacket,
  unsubscribePacket,
} from './packets.ts';
import { printKeepaliveFailure, printMessage, printSendFailure } from './printing.ts';
import { type Packet, readPublish } from './receive.ts';
import { CONNECTED, FOREIGN, type MqttState, TIMEOUT_EVENTS } from './state.ts';
import { Subscriptions } from './subscriptions.ts';

const ACKNOWLEDGE_MS = 5_000;
const NETWORK_OBJECTS = 2;
/** A filter that fills its field has no terminator: what follows it in memory goes out too (T13). */
const TOPIC_FIELD = 128;
/** What a message of an undefined QoS carries (T21). */
const UNSET_PACKET_ID = 1;
const BEHIND_THE_FIELD = Buffer.from('a00f84e2', 'hex');
export interface MqttOptions extends Omit<NetworkOptions, 'wake'> {
  console: Console;
  deviceName: Buffer;
  /** The module's own address, hex with colons. */
  mac: string;
  passOrigin: number;
  crash: (reason: string) => void;
}

/** The firmware's MQTT service: one client, its state machine, and its passes (AT protocol 7.11 to 7.16, 8). */
export class MqttClient {
  readonly configuration: Store;
  readonly task: PollTask;
  readonly #options: MqttOptions;
  readonly #clock: Clock;
  readonly #console: Console;
  readonly #subscriptions = new Subscriptions();
  readonly #incoming: IncomingPackets;
  readonly #keepalive: Keepalive;
  #state: MqttState = 'idle';
  #network: NetworkClient | undefined;
  #networkObjects = 0;
  #settings: Settings;
  #packetId = 1;
  #publishedQos = 0;
  /** What is being subscribed to, or unsubscribed from. */
  #pendingFilter: Buffer = Buffer.alloc(0);
  #deadline = 0;
  #deadlineTimer: Timer | undefined;

  constructor(options: MqttOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#console = options.console;
    this.configuration = brokerConfiguration(options.deviceName);
    this.#settings = readSettings(this.configuration, options.mac);
    const wake = () => this.task.request();
    this.#incoming = new IncomingPackets({ ...options, wake });
    this.#keepalive = new Keepalive(options.clock, wake);
    this.task = new PollTask(options.clock, options.pace.mqttPass, options.passOrigin, () =>
      options.console.turn('mqtt', () => this.#run()),
    );
  }

  get state(): MqttState {
    return this.#state;
  }

  /** Where it was sent last, as host and port. */
  get broker(): string | undefined {
    const { host, port } = this.#settings.address;
    return this.#network ? `${host}:${port}` : undefined;
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
      this.#state = 'stuck';
      this.#network?.freeze();
      return;
    }
    // The object that has been reconnecting by itself is leaked (T3).
    this.#network?.freeze();
    this.#networkObjects += 1;
    this.#settings = readSettings(this.configuration, this.#options.mac);
    this.#packetId = 1;
    this.#state = 'connecting';
    this.#network = new NetworkClient({ ...this.#options, wake: () => this.task.request() }, this.#settings.address);
  }

  /** @param qos not checked. */
  subscribe(filter: Buffer, qos: number): void {
    if (this.#subscriptions.full) {
      this.#console.diagnostic('Failed: Max Topics already subscribed');
      return;
    }
    const kept = cString(filter);
    const sent = kept.length === TOPIC_FIELD ? Buffer.concat([kept, BEHIND_THE_FIELD]) : kept;
    if (!this.#send(subscribePacket(this.#nextPacketId(), sent, qos), 'MQTTSubscribe() Failed')) return;
    this.#subscriptions.add(kept);
    this.#pendingFilter = kept;
    this.#wait('wait-suback');
  }

  unsubscribe(filter: Buffer): void {
    const kept = cString(filter);
    if (!this.#subscriptions.has(kept)) {
      this.#console.diagnostic(`Topic (${kept.toString('latin1')}) to Unsubscribe not in List`);
      return;
    }
    if (!this.#send(unsubscribePacket(this.#nextPacketId(), kept), 'MQTTUnsubscribe failed')) return;
    this.#subscriptions.remove(kept);
    this.#pendingFilter = kept;
    this.#wait('wait-unsuback');
  }

  /** @param qos a byte, not checked. @param retain a byte, of which the lowest bit goes out. */
  publish(qos: number, retain: number, topic: Buffer, payload: Buffer): void {
    const id = qos === 1 || qos === 2 ? this.#nextPacketId() : UNSET_PACKET_ID;
    // A topic that fills its field runs on into what stands behind it: the QoS and the retain flag (T13).
    const field = topic.subarray(0, TOPIC_FIELD);
    const sent = cString(field.length < TOPIC_FIELD ? field : Buffer.concat([field, Uint8Array.of(qos, retain, 0)]));
    if (!this.#send(publishPacket(qos, (retain & 1) === 1, id, sent, payload), 'MQTTPublish() Failed')) return;
    this.#publishedQos = qos;
    if (qos !== 0) this.#wait('wait-puback');
  }

  /** The one end of a connection that is not followed by another attempt. */
  disconnect(): void {
    this.#send(disconnectPacket(), 'MQTTDisconnect() Failed');
    this.#network?.close();
    this.#network = undefined;
    this.#networkObjects -= 1;
    this.#end();
  }

  /** The Wi-Fi network has come or gone, or the time has become known. */
  networkChanged(): void {
    this.#network?.networkChanged();
    this.task.request();
  }

  /** The connection ends as if the broker had closed it (`fin`) or reset it (`rst`). */
  cut(how: 'fin' | 'rst'): void {
    this.#network?.cut(how);
  }

  #nextPacketId(): number {
    this.#packetId = (this.#packetId % 0xffff) + 1;
    return this.#packetId;
  }

  #wait(state: MqttState): void {
    this.#state = state;
    this.#deadline = this.#clock.monotonic() + ACKNOWLEDGE_MS;
    this.#deadlineTimer?.cancel();
    this.#deadlineTimer = this.#clock.after(ACKNOWLEDGE_MS, () => this.task.request());
    this.task.request();
  }

  /** Sends a packet; when that fails the UART shows it, and the connection is given up (T8, T26). */
  #send(packet: Buffer, call?: string): boolean {
    const reason = this.#network?.send(packet);
    if (!reason) {
      this.#keepalive.sent();
      return true;
    }
    printSendFailure(this.#console, reason, packet.length, call);
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
    this.#incoming.clear();
    this.#keepalive.stop();
    this.#deadlineTimer?.cancel();
    this.task.request();
  }

  #run(): void {
    switch (this.#state) {
      case 'stuck':
        return;
      case 'disconnected':
        this.#state = 'idle';
        this.task.request();
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
    this.task.request();
  }

  #lookForSocket(): void {
    if (this.#network?.up) {
      this.#state = 'socket-up';
      this.task.request();
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
    const { clientId, userName, keepalive } = this.#settings;
    this.#keepalive.start(keepalive);
    if (this.#send(connectPacket(clientId, userName, keepalive), 'MQTTConnect() failed')) this.#wait('wait-connack');
  }

  /** One pass over an open connection: at most one packet, then the timers. */
  #serve(): void {
    if (this.#state === 'wait-puback' && ![1, 2].includes(this.#publishedQos)) {
      // An undefined QoS is taken for delivered at once (T21).
      this.#acknowledge('+MQTTPUBACC\r\n');
    }
    if (this.#network && this.#options.networkUp()) this.#receive(this.#network);
    if (this.#waiting && this.#clock.monotonic() >= this.#deadline) this.#timeOut();
    if (this.connected) this.#keepAlive();
  }

  get #waiting(): boolean {
    return this.#state.startsWith('wait-');
  }

  #receive(network: NetworkClient): void {
    for (;;) {
      const incoming = this.#incoming.next(network);
      if (incoming.kind === 'nothing') this.#noticeLoss();
      if (incoming.kind === 'nothing' || incoming.kind === 'unfinished') return;
      if (incoming.kind === 'packet') {
        this.#keepalive.received();
        if (!this.#handle(incoming.packet)) continue;
      }
      this.task.request();
      return;
    }
  }

  /** @returns whether the packet meant anything; rubbish is skipped within the same pass. */
  #handle(packet: Packet): boolean {
    if (packet.type === PACKET.publish) return this.#deliver(packet);
    if (FOREIGN.includes(packet.type)) {
      this.#giveUp();
      return true;
    }
    return this.#acknowledged(packet);
  }

  #acknowledged({ type, body }: Packet): boolean {
    switch (type) {
      case PACKET.connack:
        return this.#connack(body);
      case PACKET.suback:
        if (this.#state !== 'wait-suback') return false;
        // A constant: neither the granted QoS nor a refusal is shown (T9).
        this.#subscriptions.listen(this.#pendingFilter);
        return this.#acknowledge('+MQTTSUB:0\r\n');
      case PACKET.unsuback:
        if (this.#state !== 'wait-unsuback') return false;
        // With the handler already gone the answer counts for nothing, and the wait goes on to its end (T14).
        return this.#subscriptions.stopListening(this.#pendingFilter) ? this.#acknowledge('+MQTTUNSUB:1\r\n') : true;
      case PACKET.puback:
        return this.#state === 'wait-puback' && this.#publishedQos === 1 && this.#acknowledge('+MQTTPUBACC\r\n');
      case PACKET.pubcomp:
        return this.#state === 'wait-puback' && this.#publishedQos === 2 && this.#acknowledge('+MQTTPUBACC\r\n');
      case PACKET.pubrec:
        return this.#answer('pubrel', body);
      case PACKET.pubrel:
        return this.#answer('pubcomp', body);
      case PACKET.pingresp:
        this.#keepalive.answered();
        return true;
      default:
        return false;
    }
  }

  #acknowledge(...events: string[]): true {
    this.#state = 'connected';
    this.#deadlineTimer?.cancel();
    this.#console.print(...events);
    return true;
  }

  /** A refusal is not reported: it shows when the broker closes, or after 5 s (T10). */
  #connack(body: Buffer): boolean {
    if (this.#state !== 'wait-connack' || body[1] !== 0) return false;
    return this.#acknowledge('+MQTTCONNACK:0,0\r\n', '+MQTTCONN:1\r\n');
  }

  #answer(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', body: Buffer): boolean {
    if (body.length >= 2) this.#send(acknowledgement(type, body.readUInt16BE(0)));
    return true;
  }

  /** A message is reported once for each matching subscription, and acknowledged even without any (T19, T20). */
  #deliver(packet: Packet): boolean {
    const message = readPublish(packet);
    if (!message) return false;
    const { qos, id, topic, payload } = message;
    const matches = this.#subscriptions.matches(topic);
    if (matches > 0 && !printMessage(this.#console, topic, payload, matches)) {
      this.#options.crash(`the printed form of a message of ${payload.length} bytes has overwritten the stack`);
      return true;
    }
    const idBytes = Buffer.of(id >> 8, id & 0xff);
    if (qos === 1) this.#answer('puback', idBytes);
    if (qos === 2) this.#answer('pubrec', idBytes);
    return true;
  }

  #timeOut(): void {
    this.#console.print(...(TIMEOUT_EVENTS[this.#state] ?? []));
    this.#giveUp();
  }

  #keepAlive(): void {
    switch (this.#keepalive.check()) {
      case 'nothing':
        return;
      case 'ping':
        this.#send(pingPacket());
        return;
      case 'failed':
        break;
    }
    const { sent, received } = this.#keepalive.expiry;
    const { time } = this.#options;
    printKeepaliveFailure(this.#console, time.uptimeAt(sent), time.uptimeAt(received));
    if (this.#send(disconnectPacket(), 'MQTTDisconnect() Failed')) this.#giveUp();
  }
}
