import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { generate, type Packet, parser } from 'mqtt-packet';
import { sleep, systemClock } from '../../src/clock.ts';
import { startGateway } from '../../src/gateway/gateway.ts';
import { startLocalCloud } from '../../src/simulator/index.ts';
import { figure, type Row } from '../row.ts';
import { percentile, summarise } from '../statistics.ts';

const ROUNDS = 9;
const MESSAGES = 20;
/** Longer than the pause that the gateway makes between two packets: what is measured need not wait. */
const PAUSE = 70;
const DEVICE = 'device-1';
const HUB = '127.0.0.1';

interface Client {
  /** Sends a packet. @returns the next one that comes */
  ask(packet: Packet): Promise<Packet>;
  close(): void;
}

function clientOf(stream: Duplex): Client {
  const decoder = parser();
  stream.on('data', (chunk: Buffer) => decoder.parse(chunk));
  return {
    ask(packet) {
      const answer = new Promise<Packet>((resolve) => decoder.once('packet', resolve));
      stream.write(generate(packet));
      return answer;
    },
    close: () => stream.destroy(),
  };
}

const connectPacket = (username: string): Packet => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  keepalive: 60,
  clientId: DEVICE,
  username,
});

/** Milliseconds from a message with QoS 1 to its acknowledgement, the median of some. */
async function roundTrip(client: Client): Promise<number> {
  const times: number[] = [];
  for (let messageId = 1; messageId <= MESSAGES; messageId++) {
    await sleep(systemClock, PAUSE);
    const topic = `devices/${DEVICE}/messages/events/`;
    const sent = performance.now();
    await client.ask({ cmd: 'publish', topic, payload: '{"a":1}', qos: 1, dup: false, retain: false, messageId });
    times.push(performance.now() - sent);
  }
  return percentile(times, 0.5);
}

/** What a gateway adds to a message and its acknowledgement. */
export async function gateway(): Promise<Row[]> {
  const cloud = await startLocalCloud({ devices: [DEVICE], assigningAnswers: 0 });
  const [identity] = cloud.identities;
  if (!identity) throw new Error('the cloud has no device');
  const { certificate, key } = identity;
  const started = await startGateway({
    clock: systemClock,
    random: Math.random,
    host: '127.0.0.1',
    port: 0,
    boards: [{ deviceId: DEVICE, credentials: { kind: 'certificate', certificate, key }, address: null }],
    dpsHost: HUB,
    cloudPort: cloud.mqttPort,
    allowedHosts: [],
    ca: [cloud.ca],
    resolve: () => undefined,
    report: () => undefined,
  });
  const byGateway = () => connectTcp({ host: started.host, port: started.port, noDelay: true });
  const direct = () => connectTls({ host: HUB, port: cloud.mqttPort, ca: cloud.ca, cert: certificate, key });
  try {
    const registering = clientOf(byGateway());
    await registering.ask(connectPacket(`${cloud.idScope}/registrations/${DEVICE}/api-version=2019-03-31`));
    await registering.ask({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: '$dps/registrations/res/#', qos: 0 }],
    });
    const assigned = cloud.nextEvent('provisioning', { match: ({ status }) => status === 'assigned' });
    const request = { topic: '$dps/registrations/PUT/iotdps-register/?$rid=1', payload: '{}' };
    await registering.ask({ cmd: 'publish', ...request, qos: 0, dup: false, retain: false });
    await assigned;
    registering.close();

    const added: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const times: number[] = [];
      for (const dial of [byGateway, direct]) {
        const client = clientOf(dial());
        await client.ask(connectPacket(`${HUB}/${DEVICE}/?api-version=2021-04-12`));
        times.push(await roundTrip(client));
        client.close();
      }
      const [through = Number.NaN, without = Number.NaN] = times;
      if (round > 0) added.push(through - without);
    }
    const name = 'what the gateway adds to a message and its acknowledgement';
    return [figure(name, 'ms', summarise(added), { atMost: 1 })];
  } finally {
    await started.close();
    await cloud.close();
  }
}
