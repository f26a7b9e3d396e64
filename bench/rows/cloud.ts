import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { generate } from 'mqtt-packet';
import { systemClock } from '../../src/clock.ts';
import { createLocalCloud } from '../../src/simulator/cloud/local-cloud.ts';
import { MqttConnection } from '../../src/simulator/cloud/mqtt-connection.ts';
import { createPki } from '../../src/simulator/cloud/pki.ts';
import { memoryInUse } from '../memory.ts';
import { figure, type Row, ratio } from '../row.ts';
import { SETTINGS } from '../session.ts';
import { compare, summarise } from '../statistics.ts';

const ROUNDS = 15;
/** Messages a round, of all devices together. */
const MESSAGES = 6_000;
const HUB = 'local-hub.azure-devices.net';
const LOOPBACK = '127.0.0.1';
/** CONNACK and PUBACK alike have so many bytes. */
const ANSWER = 4;

/** A device like ours: telemetry with QoS 1, each message after the acknowledgement of the last one (T7). */
class Client {
  readonly #stream: Socket;
  readonly #telemetry: Buffer;
  #missing = 0;
  #onAnswer: () => void = () => undefined;

  private constructor(stream: Socket, id: string) {
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

  static async connect(id: string, port: number): Promise<Client> {
    const stream = connect({ host: LOOPBACK, port, noDelay: true });
    await once(stream, 'connect');
    const client = new Client(stream, id);
    const username = `${HUB}/${id}/?api-version=2021-04-12`;
    await client.#exchange(
      generate({ cmd: 'connect', clientId: id, username, clean: true, keepalive: 60, protocolVersion: 4 }),
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
function acceptPlainly(stream: Duplex): void {
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

async function connectAll(ids: string[], port: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (const id of ids) clients.push(await Client.connect(id, port));
  return clients;
}

async function servePlainly(): Promise<{ server: Server; port: number }> {
  const server = createServer({ noDelay: true }, acceptPlainly);
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, port };
}

/** Messages a second. */
async function rate(clients: Client[]): Promise<number> {
  const each = Math.ceil(MESSAGES / clients.length);
  const started = performance.now();
  await Promise.all(clients.map((client) => client.send(each)));
  return (1000 * each * clients.length) / (performance.now() - started);
}

/** What the local cloud carries, and what it needs for that. */
export async function cloud(): Promise<Row[]> {
  const rows: Row[] = [];
  const { server, port } = await servePlainly();
  const pki = await createPki({ hosts: [], now: systemClock.wall() });
  for (const count of [1, 100, 500]) {
    const ids = Array.from({ length: count }, (_, index) => `device-${index}`);
    const plain = await connectAll(ids, port);
    const before = memoryInUse();
    const cloud = createLocalCloud({
      clock: systemClock,
      random: Math.random,
      pki,
      idScope: SETTINGS.idScope,
      enrollments: [],
    });
    for (const id of ids) await cloud.createDevice(id, { thumbprint: 'A'.repeat(64) });
    const { plainPort } = await cloud.listen({ httpPort: 0, plainPort: 0 });
    const clients = await connectAll(ids, plainPort ?? 0);
    const result = await compare(
      ROUNDS,
      () => rate(clients),
      () => rate(plain),
    );
    const memory = (memoryInUse() - before) / 1e6;
    const devices = count === 1 ? '1 device' : `${count} devices`;
    rows.push(ratio(`local cloud, ${devices}, QoS 1`, 'messages/s', 'its codec alone', result, { atLeast: 0.5 }));
    rows.push(figure(`local cloud, ${devices}, memory`, 'MB', summarise([memory])));
    for (const client of [...plain, ...clients]) client.close();
    await cloud.close();
  }
  server.close();
  return rows;
}
