import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { systemClock } from '../../src/clock.ts';
import { createLocalCloud } from '../../src/simulator/cloud/local-cloud.ts';
import { createPki } from '../../src/simulator/cloud/pki.ts';
import { memoryInUse } from '../memory.ts';
import { acceptPlainly, Client, LOOPBACK, rate } from '../mqtt-clients.ts';
import { figure, type Row, ratio } from '../row.ts';
import { SETTINGS } from '../session.ts';
import { compare, summarise } from '../statistics.ts';

const ROUNDS = 15;

async function connectAll(ids: string[], port: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (const id of ids) {
    const stream = connect({ host: LOOPBACK, port, noDelay: true });
    await once(stream, 'connect');
    clients.push(await Client.over(stream, id));
  }
  return clients;
}

async function servePlainly(): Promise<{ server: Server; port: number }> {
  const server = createServer({ noDelay: true }, acceptPlainly);
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, port };
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
