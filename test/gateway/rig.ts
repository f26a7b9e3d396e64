import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { Board } from '../../src/gateway/credentials.ts';
import type { GatewayEvent } from '../../src/gateway/events.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../src/gateway/gateway.ts';
import { type LocalCloud, startLocalCloud } from '../../src/simulator/start-local-cloud.ts';
import { DeviceClient } from '../simulator/cloud/device-client.ts';
import { DEVICE, HUB } from './bytes.ts';

export const OTHER = 'sn0123A1B2C3D4E5F602';
export const DPS_HOST = 'global.azure-devices-provisioning.net';
export const SCOPE = '0ne00A1B2C3';
export const dpsUser = (id = DEVICE) => `${SCOPE}/registrations/${id}/api-version=2019-03-31`;

/** One cloud a test file: what costs time is its certificates. */
export const cloud = await startLocalCloud({
  devices: [DEVICE, OTHER],
  hubName: HUB,
  retryAfter: 0,
  assigningAnswers: 0,
});

const DEFAULTS: Omit<GatewayOptions, 'boards' | 'report'> = {
  clock: systemClock,
  random: () => 0.5,
  host: '127.0.0.1',
  port: 0,
  dpsHost: DPS_HOST,
  cloudPort: 8883,
  allowedHosts: [],
  ca: [cloud.ca],
  resolve: (name) => ({ host: '127.0.0.1', port: name.endsWith(':443') ? (cloud.httpsPort ?? 0) : cloud.mqttPort }),
  pace: 0,
};

// The hub knows a device once DPS has assigned it.
await register();

async function register(): Promise<void> {
  const boards = [DEVICE, OTHER].map((deviceId) => boardOf(deviceId));
  const gateway = await startGateway({ ...DEFAULTS, boards, report: () => undefined });
  for (const { deviceId } of boards) {
    const client = new DeviceClient(connect({ host: '127.0.0.1', port: gateway.port }));
    await client.connect({ clientId: deviceId, username: dpsUser(deviceId) });
    await client.subscribe('$dps/registrations/res/#');
    await client.request('$dps/registrations/PUT/iotdps-register/?$rid=1', { registrationId: deviceId });
    client.send({ cmd: 'disconnect' });
    await client.closed();
  }
  await gateway.close();
}

export { connectBytes, DEVICE, HUB, hubUser } from './bytes.ts';

/** A board as the gateway is told of it, with the certificate that the cloud has enrolled. */
export function boardOf(deviceId = DEVICE, address: string | null = null, of: LocalCloud = cloud): Board {
  const identity = of.identities.find((each) => each.deviceId === deviceId);
  if (!identity) throw new Error(`${deviceId} has no certificate`);
  const { certificate, key } = identity;
  return { deviceId, credentials: { kind: 'certificate', certificate, key }, address };
}

export interface Rig {
  gateway: Gateway;
  events: GatewayEvent[];
  /** Waits for an event. */
  event(happening: GatewayEvent['happening'], matches?: (event: GatewayEvent) => boolean): Promise<GatewayEvent>;
}

/** A gateway to the cloud, closed with the test. Packets have no pause between them unless told. */
export async function startRig(t: TestContext, options: Partial<GatewayOptions> = {}): Promise<Rig> {
  const events: GatewayEvent[] = [];
  const listeners = new Set<() => void>();
  const gateway = await startGateway({
    ...DEFAULTS,
    boards: [boardOf()],
    ...options,
    report: (event) => {
      events.push(event);
      for (const listener of listeners) listener();
    },
  });
  t.after(() => gateway.close());
  return {
    gateway,
    events,
    event: (happening, matches = () => true) =>
      new Promise((resolve) => {
        const look = () => {
          const found = events.find((event) => event.happening === happening && matches(event));
          if (!found) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
      }),
  };
}

/** A TCP connection to a gateway, closed with the test. */
export function dialGateway(t: TestContext, { port }: Gateway, localAddress?: string): Socket {
  const socket = connect({ host: '127.0.0.1', port, ...(localAddress !== undefined && { localAddress }) });
  socket.on('error', () => undefined);
  t.after(() => socket.destroy());
  return socket;
}

/** An MQTT client on the board's side. */
export function boardClient(t: TestContext, gateway: Gateway, localAddress?: string): DeviceClient {
  return new DeviceClient(dialGateway(t, gateway, localAddress));
}

/** What a socket is sent until it is closed. */
export function untilClosed(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => socket.once('close', () => resolve(Buffer.concat(chunks))));
}
