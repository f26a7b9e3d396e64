import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { systemClock } from '../../src/clock.ts';
import { createLocalCloud } from '../../src/simulator/cloud/local-cloud.ts';
import { createPki } from '../../src/simulator/cloud/pki.ts';
import { tlsServer } from '../../src/simulator/cloud/servers.ts';
import { acceptPlainly, Client, HUB, LOOPBACK, rate } from '../mqtt-clients.ts';
import { figure, type Row, ratio } from '../row.ts';
import { SETTINGS } from '../session.ts';
import { compare, summarise } from '../statistics.ts';

const ROUNDS = 45;
const DEVICES = 100;
const HOUR = 3600;

/** A token as a device makes it. */
function tokenOf(id: string, key: string): string {
  const sr = encodeURIComponent(`${HUB}/devices/${id}`);
  const se = Math.floor(systemClock.wall() / 1000) + HOUR;
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64');
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}`;
}

async function dial(port: number, ca: string): Promise<TLSSocket> {
  const stream = connect({ host: LOOPBACK, port, ca });
  await once(stream, 'secureConnect');
  stream.setNoDelay(true);
  return stream;
}

/** What devices with symmetric keys get through, over TLS; and how fast they are let in. */
export async function sas(): Promise<Row[]> {
  const pki = await createPki({ hosts: [], now: systemClock.wall() });
  const plain = tlsServer(pki.servers, acceptPlainly, () => undefined).listen(0, LOOPBACK);
  await once(plain, 'listening');
  const { port } = plain.address() as AddressInfo;
  const { random } = Math;
  const cloud = createLocalCloud({ clock: systemClock, random, pki, idScope: SETTINGS.idScope, enrollments: [] });
  const { mqttPort } = await cloud.listen({ httpPort: 0 });
  const [clients, codec]: [Client[], Client[]] = [[], []];
  const keys = new Map<string, string>();
  for (let index = 0; index < DEVICES; index++) {
    const { key } = await cloud.enrollKey(`device-${index}`);
    keys.set(`device-${index}`, key.primaryKey);
  }
  const started = performance.now();
  for (const [id, key] of keys) clients.push(await Client.over(await dial(mqttPort, pki.ca), id, tokenOf(id, key)));
  const connects = (1000 * DEVICES) / (performance.now() - started);
  for (const id of keys.keys()) codec.push(await Client.over(await dial(port, pki.ca), id));
  const result = await compare(
    ROUNDS,
    () => rate(clients),
    () => rate(codec),
  );
  for (const client of [...clients, ...codec]) client.close();
  await cloud.close();
  plain.close();
  return [
    ratio(`local cloud, ${DEVICES} devices with SAS over TLS, QoS 1`, 'messages/s', 'its codec alone', result, {
      atLeast: 0.7,
    }),
    figure('local cloud, connections with TLS and SAS, one after the other', 'connections/s', summarise([connects])),
  ];
}
