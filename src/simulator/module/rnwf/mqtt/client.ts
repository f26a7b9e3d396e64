import type { Duplex } from 'node:stream';
import type { Packet } from 'mqtt-packet';
import type { Clock, Timer } from '../../../../clock.ts';
import type { Dial } from '../../dial-request.ts';
import type { ModuleIdentity } from '../../identity.ts';
import type { ModuleClock } from '../clock.ts';
import type { RnwfEnvironment } from '../environment.ts';
import type { Flash } from '../flash.ts';
import type { RnwfPace } from '../pace.ts';
import type { Printer } from '../printer.ts';
import type { Product } from '../product.ts';
import { MQTT, mqttSettings } from '../settings.ts';
import { STATUS, type Status, statusValues } from '../status.ts';
import type { Store } from '../store.ts';
import { printText } from '../strings.ts';
import { Connection } from './connection.ts';
import { Messages } from './messages.ts';
import { tlsRequest } from './tls.ts';

/** A handshake, or a CONNACK, that does not come. */
const CONNECT_TIMEOUT_MS = 20_000;
const ACKNOWLEDGE_TIMEOUT_MS = 15_000;
const TLS_FAILURE = 'ERR_TLS';
const FAULT_CODES = { dns: 'ENOTFOUND', refused: 'ECONNREFUSED', unreachable: 'ETIMEDOUT', tls: TLS_FAILURE } as const;
/** What is no failure of TLS. */
const NOT_TLS = ['ENOTFOUND', 'ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT', 'ENETUNREACH', 'ECONNRESET'];
/** The reasons of MQTT 5 that the return codes of MQTT 3.1.1 stand for (RNWF 8). */
const REASONS: Readonly<Record<number, number>> = { 1: 132, 2: 133, 3: 136, 4: 134, 5: 135 };
const UNSPECIFIED = 128;
const TLS_STATUSES: Readonly<Record<string, Status>> = {
  '17.0': STATUS.caMissing,
  '17.1': STATUS.caValidation,
  '17.2': STATUS.caDate,
  '17.3': STATUS.keyPair,
  '17.4': STATUS.domainMissing,
};

export interface MqttOptions {
  clock: Clock;
  pace: RnwfPace;
  printer: Printer;
  environment: RnwfEnvironment;
  product: Product;
  flash: Flash;
  identity: ModuleIdentity;
  time: ModuleClock;
  dial: Dial;
  tls: readonly Store[];
  networkUp: () => boolean;
  verbosity: () => number;
}

type State = 'idle' | 'connecting' | 'wait-connack' | 'connected';

/** The MQTT client: one connection, which nobody but the host makes again (RNWF 8). */
export class MqttClient {
  readonly configuration: Store;
  readonly #options: MqttOptions;
  readonly #messages = new Messages();
  readonly #subscriptions = new Map<string, number>();
  #state: State = 'idle';
  #connection: Connection | undefined;
  #attempt: AbortController | undefined;
  #timer: Timer | undefined;
  #packetId = 0;
  /** A subscription, or its end, that the broker has not acknowledged: another command is refused meanwhile. */
  #pending: { readonly filter: string; readonly timer: Timer } | undefined;
  readonly #published = new Map<number, Timer>();

  constructor(options: MqttOptions) {
    this.#options = options;
    this.configuration = mqttSettings(options.product);
  }

  get state(): string {
    return this.#state;
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  get broker(): string | undefined {
    const host = this.configuration.text(MQTT.host);
    return this.#state === 'idle' ? undefined : `${host}:${this.configuration.number(MQTT.port)}`;
  }

  get subscriptions(): ReadonlyMap<string, number> {
    return this.#subscriptions;
  }

  /** AT+MQTTCONN=n. */
  connect(clean: boolean): Status {
    if (this.#state !== 'idle' || !this.#options.networkUp()) return STATUS.mqtt;
    if (this.configuration.text(MQTT.host) === '') return STATUS.mqtt;
    this.#state = 'connecting';
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#after(this.#options.pace.dns, () => void this.#dial(attempt, clean));
    return STATUS.ok;
  }

  /** AT+MQTTDISCONN. */
  disconnect(): Status {
    if (this.#state === 'idle') return STATUS.mqtt;
    this.#connection?.send({ cmd: 'disconnect' });
    this.#end();
    return STATUS.ok;
  }

  subscribe(filter: string, qos: 0 | 1 | 2): Status {
    const id = this.#request(filter);
    if (id === undefined) return STATUS.mqtt;
    this.#connection?.send({ cmd: 'subscribe', messageId: id, subscriptions: [{ topic: filter, qos }] });
    return STATUS.ok;
  }

  unsubscribe(filter: string): Status {
    const id = this.#request(filter);
    if (id === undefined) return STATUS.mqtt;
    this.#connection?.send({ cmd: 'unsubscribe', messageId: id, unsubscriptions: [filter] });
    return STATUS.ok;
  }

  /** @returns the packet id, 0 where there is none; undefined when it cannot be sent */
  publish({
    dup,
    qos,
    retain,
    topic,
    payload,
  }: {
    dup: boolean;
    qos: 0 | 1 | 2;
    retain: boolean;
    topic: string;
    payload: Buffer;
  }) {
    if (!this.connected) return undefined;
    const messageId = qos === 0 ? 0 : this.#nextId();
    this.#connection?.send({ cmd: 'publish', dup, qos, retain, topic, payload, ...(qos > 0 && { messageId }) });
    if (qos > 0) {
      const timer = this.#options.clock.after(ACKNOWLEDGE_TIMEOUT_MS, () => {
        this.#published.delete(messageId);
        this.#options.printer.event(`+MQTTPUBERR:${messageId}`);
      });
      this.#published.set(messageId, timer);
    }
    return messageId;
  }

  /** AT+MQTTSUBRD. */
  read(topic: string, id: number, length: number): Buffer | undefined {
    return this.#messages.read(topic, id, length);
  }

  /** The network is gone, or the broker has ended the connection. */
  cut(): void {
    this.#connection?.end();
    if (this.#state === 'connecting') this.#fail();
  }

  /** The power is gone. */
  stop(): void {
    this.#attempt?.abort();
    this.#connection?.end();
  }

  async #dial(attempt: AbortController, clean: boolean): Promise<void> {
    const { clock, pace, dial, environment } = this.#options;
    const index = this.configuration.number(MQTT.tls);
    const host = this.configuration.text(MQTT.host);
    const prepared = index === 0 ? null : this.#secure(index);
    if (prepared && 'module' in prepared) {
      this.#tlsFailed(index, prepared);
      return;
    }
    const late = clock.after(CONNECT_TIMEOUT_MS, () => {
      if (this.#attempt === attempt) this.#fail();
    });
    try {
      const failure = environment.dialFailure;
      if (failure && (index > 0 || failure !== 'tls')) {
        // What cannot be reached is waited for in vain.
        if (failure === 'unreachable') return;
        throw Object.assign(new Error('prevented'), { code: FAULT_CODES[failure] });
      }
      const socket = await dial(host, this.configuration.number(MQTT.port), prepared, attempt.signal);
      socket.on('error', () => undefined);
      if (this.#attempt !== attempt) {
        socket.destroy();
        return;
      }
      late.cancel();
      this.#after(index > 0 ? pace.tlsHandshake : 0, () => this.#opened(socket, clean));
    } catch (error) {
      late.cancel();
      if (this.#attempt === attempt) this.#notReached(host, index, errorCode(error));
    }
  }

  #secure(index: number) {
    const { environment, tls, time } = this.#options;
    const forced = environment.tlsError;
    if (forced) return TLS_STATUSES[forced] ?? STATUS.caValidation;
    const configuration = tls[index - 1];
    return configuration ? tlsRequest(configuration, { ...this.#options, now: time.now }) : STATUS.caMissing;
  }

  #notReached(host: string, index: number, code: string): void {
    const { printer, verbosity, time } = this.#options;
    if (code === 'ENOTFOUND') {
      printer.event(`+DNSERR:${statusValues(STATUS.nameUnknown, verbosity())},1,${printText(host)}`);
      this.#fail();
    } else if (index > 0 && !NOT_TLS.includes(code)) {
      this.#tlsFailed(index, time.isSet ? STATUS.caValidation : STATUS.caDate);
    } else {
      this.#fail();
    }
  }

  #tlsFailed(index: number, status: Status): void {
    const { printer, verbosity } = this.#options;
    printer.event(`+TLSERR:${index},${statusValues(status, verbosity())}`);
    this.#fail();
  }

  /** An attempt has come to nothing. */
  #fail(): void {
    this.#attempt?.abort();
    this.#attempt = undefined;
    this.#end();
  }

  #opened(socket: Duplex, clean: boolean): void {
    this.#attempt = undefined;
    const { clock, environment, networkUp } = this.#options;
    const version = this.configuration.number(MQTT.version) === 5 ? 5 : 4;
    const keepAlive = this.configuration.number(MQTT.keepAlive);
    const connection = new Connection(socket, {
      clock,
      environment,
      version,
      keepAlive,
      onPacket: (packet) => this.#receive(packet),
      onEnd: () => {
        if (this.#connection === connection) this.#end();
      },
    });
    this.#connection = connection;
    if (!networkUp()) {
      connection.end();
      return;
    }
    this.#state = 'wait-connack';
    this.#after(CONNECT_TIMEOUT_MS, () => connection.end());
    const username = this.configuration.text(MQTT.userName);
    const password = this.configuration.bytes(MQTT.password);
    connection.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: version,
      clean,
      clientId: this.configuration.text(MQTT.clientId),
      keepalive: keepAlive,
      ...(username !== '' && { username }),
      ...(password.length > 0 && { password }),
    });
  }

  #receive(packet: Packet): void {
    const { printer } = this.#options;
    switch (packet.cmd) {
      case 'connack':
        this.#connack(packet.returnCode ?? packet.reasonCode ?? 0, packet.sessionPresent);
        break;
      case 'suback': {
        const [granted] = packet.granted;
        const reason = typeof granted === 'number' ? granted : UNSPECIFIED;
        const filter = this.#settle();
        if (filter !== undefined && reason < UNSPECIFIED) this.#subscriptions.set(filter, reason);
        if (filter !== undefined) printer.event(`+MQTTSUB:${reason}`);
        break;
      }
      case 'unsuback': {
        const filter = this.#settle();
        if (filter === undefined) break;
        this.#subscriptions.delete(filter);
        printer.event('+MQTTUNSUB:0');
        break;
      }
      case 'puback':
      case 'pubcomp':
        this.#acknowledged(packet.messageId ?? 0, packet.cmd === 'puback' ? '+MQTTPUBACK' : '+MQTTPUBCOMP');
        break;
      case 'pubrec':
        this.#connection?.send({ cmd: 'pubrel', messageId: packet.messageId ?? 0 });
        break;
      case 'pubrel':
        this.#connection?.send({ cmd: 'pubcomp', messageId: packet.messageId ?? 0 });
        break;
      case 'publish':
        this.#deliver(packet);
        break;
      default:
        break;
    }
  }

  #connack(code: number, sessionPresent: boolean): void {
    const { printer } = this.#options;
    if (this.#state !== 'wait-connack') return;
    const reason = code === 0 ? 0 : (REASONS[code] ?? Math.max(code, UNSPECIFIED));
    printer.event(`+MQTTCONNACK:${sessionPresent ? 1 : 0},${reason}`);
    if (reason !== 0) {
      this.#connection?.end();
      return;
    }
    this.#timer?.cancel();
    this.#state = 'connected';
    printer.event('+MQTTCONN:1');
  }

  #deliver(packet: Packet & { cmd: 'publish' }): void {
    const id = packet.messageId ?? 0;
    const payload = Buffer.from(packet.payload);
    const { topic, qos, retain, dup } = packet;
    if (qos === 1) this.#connection?.send({ cmd: 'puback', messageId: id });
    if (qos === 2) this.#connection?.send({ cmd: 'pubrec', messageId: id });
    const threshold = this.configuration.number(MQTT.threshold);
    this.#options.printer.event(this.#messages.receive({ topic, payload, qos, retain, dup, id }, threshold));
  }

  #acknowledged(id: number, event: string): void {
    const timer = this.#published.get(id);
    if (!timer) return;
    timer.cancel();
    this.#published.delete(id);
    this.#options.printer.event(`${event}:${id}`);
  }

  /** Begins a subscription or its end. @returns undefined when it cannot be now */
  #request(filter: string): number | undefined {
    if (!this.connected || this.#pending) return undefined;
    const timer = this.#options.clock.after(ACKNOWLEDGE_TIMEOUT_MS, () => {
      this.#pending = undefined;
    });
    this.#pending = { filter, timer };
    return this.#nextId();
  }

  /** The broker has acknowledged it. */
  #settle(): string | undefined {
    this.#pending?.timer.cancel();
    const filter = this.#pending?.filter;
    this.#pending = undefined;
    return filter;
  }

  #nextId(): number {
    this.#packetId = (this.#packetId % 0xffff) + 1;
    return this.#packetId;
  }

  #end(): void {
    const was = this.#state;
    const connection = this.#connection;
    this.#connection = undefined;
    this.#attempt?.abort();
    this.#attempt = undefined;
    this.#timer?.cancel();
    this.#settle();
    for (const timer of this.#published.values()) timer.cancel();
    this.#published.clear();
    this.#subscriptions.clear();
    this.#messages.clear();
    this.#state = 'idle';
    connection?.end();
    if (was !== 'idle') this.#options.printer.event('+MQTTCONN:0');
  }

  #after(ms: number, callback: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(ms, callback);
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : TLS_FAILURE;
}
