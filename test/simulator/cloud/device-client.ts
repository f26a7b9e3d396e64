import assert from 'node:assert/strict';
import { type Duplex, duplexPair } from 'node:stream';
import { generate, type IConnectPacket, type IPublishPacket, type Packet, parser } from 'mqtt-packet';
import type { LocalCloud, PeerIdentity } from '../../../src/simulator/cloud/local-cloud.ts';
import { settle } from '../../helpers/virtual-clock.ts';

export const SCOPE = '0ne000A1B2C';
export const MODEL = 'dtmi:com:Microchip:WBZ451_Curiosity;1';
export const HUB = 'local-hub.azure-devices.net';
export const METHODS = '$iothub/methods/POST/#';
export const TWIN = '$iothub/twin/res/#';
export const DESIRED = '$iothub/twin/PATCH/properties/desired/#';
export const DPS_ANSWERS = '$dps/registrations/res/#';

export const dpsUser = (id: string, scope = SCOPE) => `${scope}/registrations/${id}/api-version=2019-03-31`;
export const hubUser = (id: string, host = HUB) => `${host}/${id}/?api-version=2021-04-12`;

export type Peer = PeerIdentity | null | 'plain';

/** A strict MQTT client that shows every packet: nothing is answered, and nothing passed over, by itself. */
export class DeviceClient {
  readonly #stream: Duplex;
  readonly #packets: Packet[] = [];
  readonly #readers: ((packet: Packet | undefined) => void)[] = [];
  #messageId = 0;
  ended = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
    const decoder = parser({});
    decoder.on('packet', (packet) => {
      const reader = this.#readers.shift();
      if (reader) reader(packet);
      else this.#packets.push(packet);
    });
    const end = () => {
      this.ended = true;
      stream.end();
      for (const reader of this.#readers.splice(0)) reader(undefined);
    };
    stream.on('data', (chunk: Buffer) => decoder.parse(chunk));
    stream.on('end', end);
    stream.on('close', end);
    stream.on('error', () => {});
  }

  static onPair(cloud: LocalCloud, peer: Peer): DeviceClient {
    const [ours, theirs] = duplexPair();
    cloud.accept(theirs, peer);
    return new DeviceClient(ours);
  }

  send(packet: Packet): void {
    this.#stream.write(generate(packet));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }

  /** The connection breaks, without a DISCONNECT. */
  break(): void {
    this.#stream.end();
  }

  /** The next packet, which must be of this kind; undefined is the end of the connection. */
  async next<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>> {
    const packet = this.#packets.shift() ?? (this.ended ? undefined : await this.#read());
    assert.equal(packet?.cmd, cmd);
    return packet as Extract<Packet, { cmd: C }>;
  }

  #read(): Promise<Packet | undefined> {
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  /** Waits until the cloud has closed the connection, having sent nothing more. */
  async closed(): Promise<void> {
    const packet = this.#packets.shift() ?? (this.ended ? undefined : await this.#read());
    assert.equal(packet, undefined);
  }

  async silent(): Promise<void> {
    await settle(10);
    assert.deepEqual(this.#packets, []);
    assert.equal(this.ended, false, 'the connection was closed');
  }

  async connect(options: Partial<IConnectPacket> & { clientId: string; username: string }) {
    this.send({ cmd: 'connect', protocolVersion: 4, protocolId: 'MQTT', clean: true, keepalive: 60, ...options });
    return this.next('connack');
  }

  async subscribe(topic: string, qos: 0 | 1 | 2 = 0): Promise<number | object> {
    const messageId = ++this.#messageId;
    this.send({ cmd: 'subscribe', messageId, subscriptions: [{ topic, qos }] });
    const { granted, messageId: answered } = await this.next('suback');
    assert.equal(answered, messageId);
    return granted[0] ?? 128;
  }

  publish(topic: string, payload: string | object = '', options: Partial<IPublishPacket> = {}): void {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const messageId = options.qos ? { messageId: ++this.#messageId } : {};
    this.send({ cmd: 'publish', topic, payload: body, qos: 0, dup: false, retain: false, ...messageId, ...options });
  }

  /** The next message: its topic, its text, and its JSON (undefined when it is none). */
  async message() {
    const { topic, payload, qos, messageId } = await this.next('publish');
    const text = payload.toString();
    let json: Record<string, unknown> = {};
    try {
      json = JSON.parse(text) as Record<string, unknown>;
    } catch {
      // Empty answers are legal.
    }
    return { topic, text, json, qos, messageId };
  }

  async request(topic: string, payload: string | object = '') {
    this.publish(topic, payload);
    return this.message();
  }
}

/** Registers at DPS as the walkthrough does, and gives the last answer's registrationState. */
export async function provision(cloud: LocalCloud, id: string, peer: Peer, modelId = MODEL) {
  const client = DeviceClient.onPair(cloud, peer);
  assert.equal((await client.connect({ clientId: id, username: dpsUser(id) })).returnCode, 0);
  await client.subscribe(DPS_ANSWERS);
  let answer = await client.request('$dps/registrations/PUT/iotdps-register/?$rid=1', { payload: { modelId } });
  while (answer.topic.startsWith('$dps/registrations/res/202/')) {
    const { operationId } = answer.json;
    answer = await client.request(
      `$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId=${String(operationId)}`,
    );
  }
  client.send({ cmd: 'disconnect' });
  await client.closed();
  return answer.json['registrationState'] as Record<string, unknown>;
}

/** Connects to the hub with every subscription that a device of ours has. */
export async function connectToHub(
  cloud: LocalCloud,
  id: string,
  peer: Peer,
  options: Partial<IConnectPacket> = {},
  host = HUB,
): Promise<DeviceClient> {
  const client = DeviceClient.onPair(cloud, peer);
  const { returnCode } = await client.connect({ clientId: id, username: hubUser(id, host), ...options });
  assert.equal(returnCode, 0);
  for (const filter of [METHODS, TWIN, DESIRED]) await client.subscribe(filter, 1);
  return client;
}

/** A device whose name is all that is known of it: what a test uses when certificates are not its subject. */
export async function connectByName(cloud: LocalCloud, id: string, options: Partial<IConnectPacket> = {}) {
  return connectToHub(cloud, id, 'plain', options);
}
