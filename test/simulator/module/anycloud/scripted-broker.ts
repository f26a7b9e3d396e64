import { type Duplex, duplexPair } from 'node:stream';
import mqtt, { type IPublishPacket, type Packet } from 'mqtt-packet';
import type { Clock, Timer } from '../../../../src/clock.ts';

/** How the broker deviates from what a good one does. */
export interface BrokerFaults {
  /** Return code of CONNACK; the connection is closed after a refusal. */
  returnCode: number;
  /** Closes a connection that is silent for this many keep-alive times, on this clock. */
  silence?: { clock: Clock; factor: number };
}

interface Client {
  wire: Duplex;
  filters: Map<string, number>;
}

/** A small MQTT 3.1.1 broker, written on a codec of its own, that loops messages back to their subscribers. */
export class ScriptedBroker {
  faults: BrokerFaults = { returnCode: 0 };
  /** Every packet that has come in. */
  readonly received: Packet[] = [];
  /** The bytes that have come in. */
  raw = Buffer.alloc(0);
  #client: Client | undefined;
  #nextId = 100;

  /** A connection to this broker. */
  dial(): Duplex {
    const [near, far] = duplexPair();
    this.accept(far);
    return near;
  }

  accept(wire: Duplex): void {
    const client: Client = { wire, filters: new Map() };
    const parser = mqtt.parser({ protocolVersion: 4 });
    let silence: Timer | undefined;
    let keepalive = 0;
    parser.on('packet', (packet) => {
      this.received.push(packet);
      if (packet.cmd === 'connect') keepalive = packet.keepalive ?? 0;
      silence?.cancel();
      const limit = this.faults.silence;
      if (limit) silence = limit.clock.after(keepalive * limit.factor * 1000, () => wire.end());
      this.#answer(client, packet);
    });
    parser.on('error', () => wire.end());
    wire.on('data', (bytes: Buffer) => {
      this.raw = Buffer.concat([this.raw, bytes]);
      parser.parse(bytes);
    });
    wire.on('error', () => undefined);
    wire.on('end', () => {
      silence?.cancel();
      wire.end();
    });
    this.#client = client;
  }

  get connected(): boolean {
    return this.#client !== undefined && !this.#client.wire.writableEnded;
  }

  /** Sends a message to the module, if it has subscribed to its topic. */
  publish(topic: string, payload: Buffer | string, qos: 0 | 1 | 2 = 0): void {
    const client = this.#client;
    if (!client) return;
    const granted = [...client.filters].filter(([filter]) => matches(filter, topic)).map(([, qos]) => qos);
    if (granted.length === 0) return;
    const messageId = this.#nextId++;
    const bytes = Buffer.from(payload);
    const packet = { cmd: 'publish', topic, payload: bytes, dup: false, retain: false, messageId } as const;
    this.send({ ...packet, qos: Math.min(qos, ...granted) as 0 | 1 | 2 });
  }

  /** Sends a packet, as it is. */
  send(packet: Packet): void {
    this.write(mqtt.generate(packet));
  }

  write(bytes: Uint8Array): void {
    if (this.connected) this.#client?.wire.write(bytes);
  }

  /** Reads nothing any more. */
  stall(): void {
    this.#client?.wire.pause();
  }

  /** Closes the connection in order. */
  end(): void {
    this.#client?.wire.end();
  }

  #answer(client: Client, packet: Packet): void {
    const { messageId = 0 } = packet;
    switch (packet.cmd) {
      case 'connect':
        this.send({ cmd: 'connack', returnCode: this.faults.returnCode, sessionPresent: false });
        if (this.faults.returnCode !== 0) client.wire.end();
        break;
      case 'subscribe': {
        const { subscriptions } = packet;
        if (subscriptions.some(({ topic }) => !isLegal(topic))) {
          client.wire.end();
          return;
        }
        for (const { topic, qos } of subscriptions) client.filters.set(topic, qos);
        this.send({ cmd: 'suback', messageId, granted: subscriptions.map(({ qos }) => qos) });
        break;
      }
      case 'unsubscribe':
        for (const filter of packet.unsubscriptions) client.filters.delete(filter);
        this.send({ cmd: 'unsuback', messageId, granted: [] });
        break;
      case 'publish':
        this.#published(packet);
        break;
      case 'pubrel':
        this.send({ cmd: 'pubcomp', messageId });
        break;
      case 'pingreq':
        this.send({ cmd: 'pingresp' });
        break;
      case 'disconnect':
        client.wire.end();
        break;
      default:
    }
  }

  #published({ topic, payload, qos, messageId = 0 }: IPublishPacket): void {
    if (qos === 2) this.send({ cmd: 'pubrec', messageId });
    this.publish(topic, Buffer.from(payload), qos);
    if (qos === 1) this.send({ cmd: 'puback', messageId });
  }
}

function isLegal(filter: string): boolean {
  const levels = filter.split('/');
  const hash = levels.findIndex((level) => level.includes('#'));
  return !filter.includes('\ufffd') && (hash < 0 || (hash === levels.length - 1 && levels[hash] === '#'));
}

function matches(filter: string, topic: string): boolean {
  const pattern = filter
    .replace(/[.*?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('+', '[^/]*')
    .replace(/#$/, '.*');
  return new RegExp(`^${pattern}$`, 's').test(topic);
}
