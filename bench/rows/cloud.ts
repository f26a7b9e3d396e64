import { type Duplex, duplexPair } from 'node:stream';
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
const ACKNOWLEDGEMENT = 4;

/** A device that sends telemetry with QoS 1 and counts what comes back; it is the same for both clouds. */
class Client {
  readonly #stream: Duplex;
  readonly #telemetry: Buffer;
  #expected = 0;
  #onAll: () => void = () => undefined;

  constructor(id: string, accept: (stream: Duplex) => void) {
    const [ours, theirs] = duplexPair();
    this.#stream = ours;
    accept(theirs);
    ours.on('data', (chunk: Buffer) => {
      this.#expected -= chunk.length;
      if (this.#expected === 0) this.#onAll();
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

  connect(id: string): Promise<void> {
    const username = `${HUB}/${id}/?api-version=2021-04-12`;
    const packet = generate({ cmd: 'connect', clientId: id, username, clean: true, keepalive: 60, protocolVersion: 4 });
    return this.#exchange(packet, 1);
  }

  send(count: number): Promise<void> {
    return this.#exchange(this.#telemetry, count);
  }

  close(): void {
    this.#stream.destroy();
  }

  /** Writes a packet so many times; every answer has four bytes. */
  #exchange(packet: Buffer, times: number): Promise<void> {
    return new Promise((resolve) => {
      this.#expected = times * ACKNOWLEDGEMENT;
      this.#onAll = resolve;
      for (let written = 0; written < times; written++) this.#stream.write(packet);
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

async function connectAll(ids: string[], accept: (stream: Duplex) => void): Promise<Client[]> {
  const clients = ids.map((id) => new Client(id, accept));
  for (const [index, client] of clients.entries()) await client.connect(ids[index] ?? '');
  return clients;
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
  const pki = await createPki({ hosts: [], now: systemClock.now() });
  for (const count of [1, 100, 500]) {
    const ids = Array.from({ length: count }, (_, index) => `device-${index}`);
    const plain = await connectAll(ids, acceptPlainly);
    const before = memoryInUse();
    const cloud = createLocalCloud({
      clock: systemClock,
      random: Math.random,
      pki,
      idScope: SETTINGS.idScope,
      enrolments: [],
    });
    for (const id of ids) await cloud.createDevice(id, { thumbprint: 'A'.repeat(64) });
    const clients = await connectAll(ids, (stream) => cloud.accept(stream, 'plain'));
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
  return rows;
}
