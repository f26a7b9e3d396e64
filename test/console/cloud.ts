import { systemClock } from '../../src/clock.ts';
import { createLocalCloud, type LocalCloud } from '../../src/simulator/cloud/local-cloud.ts';
import { createPki } from '../../src/simulator/cloud/pki.ts';
import { DeviceClient, hubUser, MODEL, SCOPE } from '../simulator/cloud/device-client.ts';

const pki = await createPki({ hosts: [], now: systemClock.wall() });

export interface TestCloud {
  cloud: LocalCloud;
  url: string;
  port: number;
}

/** A local cloud with its page, on a port of this computer. */
export async function startCloud(options: { port?: number; host?: string; key?: string } = {}): Promise<TestCloud> {
  const cloud = createLocalCloud({ clock: systemClock, random: Math.random, pki, idScope: SCOPE, enrollments: [] });
  const { url } = await cloud.listen({
    httpPort: options.port ?? 0,
    ...(options.host !== undefined && { host: options.host }),
    ...(options.key !== undefined && { httpKey: options.key }),
  });
  return { cloud, url, port: Number(new URL(url).port) };
}

/** A device that is known, connected and subscribed to nothing. */
export async function connectDevice(
  cloud: LocalCloud,
  id: string,
  modelId: string | null = MODEL,
): Promise<DeviceClient> {
  await cloud.createDevice(id, modelId === null ? {} : { modelId });
  const client = DeviceClient.onPair(cloud, 'plain');
  await client.connect({ clientId: id, username: hubUser(id) });
  return client;
}

export const telemetryTopic = (id: string) => `devices/${id}/messages/events/`;
