import type { Duplex } from 'node:stream';
import { generate } from 'mqtt-packet';
import { systemClock } from '../src/clock.ts';
import { MqttConnection } from '../src/simulator/cloud/mqtt-connection.ts';

/** Messages a round, of all devices together: few, so that the two of a pair meet the same machine. */
const MESSAGES = 2_000;
export const HUB = 'local-hub.azure-devices.net';
export const LOOPBACK = '127.0.0.1';
/** CONNACK and PUBACK alike have so many bytes. */
const ANSWER = 4;

/** A device like ours: telemetry with QoS 1, each message after the acknowledgement of the last one (T7). */
export class Client {
  readonly #stream: Duplex;
  readonly #telemetry: Buffer;
  #missing = 0;
  #onAnswer: () => void = () => undefined;

  private constructor(stream: Duplex, id: string) {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.#missing -= chunk.length;
      if (this.#missing === 0) this.#onAnswer();
    });
    this.#telemetry = generate({
      cmd: 'publish',
      topic: `devices/${id}/messages/events/`,
      payload: '{"temperature":21.25}',
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    });
  }

  /** @param password none where there is no TLS */
  static async over(stream: Duplex, id: string, password?: string): Promise<Client> {
    const client = new Client(stream, id);
    const username = `${HUB}/${id}/?api-version=2021-04-12`;
    await client.#exchange(
      generate({
        cmd: 'connect',
        clientId: id,
        username,
        clean: true,
        keepalive: 60,
        protocolVersion: 4,
        ...(password === undefined ? {} : { password: Buffer.from(password) }),
      }),
    );
    return client;
  }

  async send(count: number): Promise<void> {
    for (let sent = 0; sent < count; sent++) await this.#exchange(this.#telemetry);
  }

  close(): void {
    this.#stream.destroy();
  }

  #exchange(packet: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#missing = ANSWER;
      this.#onAnswer = resolve;
      this.#stream.write(packet);
    });
  }
}

/** The codec and its connection, and nothing else: every message is acknowledged and forgotten. */
export function acceptPlainly(stream: Duplex): void {
  const connection = new MqttConnection(stream, systemClock);
  const ended = connection.run(
    async (packet) => {
      if (packet.cmd === 'connect') connection.send({ cmd: 'connack', returnCode: 0, sessionPresent: false });
      if (packet.cmd === 'publish') connection.send({ cmd: 'puback', messageId: packet.messageId ?? 0 });
    },
    () => undefined,
  );
  ended.catch(() => undefined);
}

/** Messages a second. */
export async function rate(clients: Client[]): Promise<number> {
  const each = Math.ceil(MESSAGES / clients.length);
  const started = performance.now();
  await Promise.all(clients.map((client) => client.send(each)));
  return (1000 * each * clients.length) / (performance.now() - started);
}
