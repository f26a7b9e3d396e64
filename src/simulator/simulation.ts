import { isIPv4 } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { ModelRepository } from '../dtdl/repository.ts';
import type { JsonObject } from '../json.ts';
import type { EventLog } from '../web/event-log.ts';
import { createVirtualModule, type SimulatedNetwork } from './create-virtual-module.ts';
import type { ModuleFamily } from './module/virtual-module.ts';
import { moduleRoutes } from './module-routes.ts';
import { startCloudWithLog } from './start-local-cloud.ts';

export interface SimulationOptions {
  /** Of the virtual module. */
  family: ModuleFamily;
  clock: Clock;
  random: () => number;
  pace: 'real' | 'instant';
  /** The network that the virtual module finds. */
  wifi: SimulatedNetwork;
  /** What is enrolled at the local DPS. */
  idScope: string;
  deviceId: string;
  /** Whether the session asks for TLS; where not, the cloud listens without. */
  tls: boolean;
  /** The first desired properties of the device. */
  desired: JsonObject;
  /** Whether the module is firmware whose built-in root has expired: no TLS after 2025-05-12. */
  expiredRoot: boolean;
  /** Where the cloud finds device models; those that come with the program by default. */
  models?: ModelRepository | undefined;
  /** Whether what the module is told to connect to by its address is really there, beside the cloud by its names. */
  byGateway?: boolean | undefined;
  /** Port of the HTTP API; null for the usual one, or any free one when that is taken. */
  httpPort: number | null;
}

/** A virtual module and a local cloud, joined by real MQTT over real TLS on loopback. */
export interface Simulation {
  /** A new end of the wire to the module, which keeps its state. */
  connect(): Duplex;
  /** Where the cloud takes MQTT over TLS, and what is to be trusted for that, as PEM. */
  readonly broker: { readonly host: string; readonly port: number; readonly ca: string };
  /** Lets a device in by a certificate, PEM, or a key, base 64, instead of the module's. @throws AzureError 400004 */
  enroll(deviceId: string, proof: { certificate: string } | { key: string }): Promise<void>;
  /** The cloud's HTTP API. */
  readonly url: string;
  /** What its page shows. */
  readonly events: EventLog;
  close(): Promise<void>;
}

/** As Azure would name it. */
export const HUB_NAME = 'local-hub.azure-devices.net';

/** Starts both simulators; every broker name that the module is given leads to the local cloud. */
export async function startSimulation(options: SimulationOptions): Promise<Simulation> {
  const { family, clock, random, idScope, deviceId, httpPort, pace, wifi, expiredRoot } = options;
  let module: { control(line: string): string } | undefined;
  const { cloud, events } = await startCloudWithLog(
    {
      clock,
      random,
      idScope,
      devices: [deviceId],
      desired: { [deviceId]: options.desired },
      hubName: HUB_NAME,
      httpPort,
      // Nobody but the session uses this cloud.
      httpsPort: null,
      models: options.models,
      plainPort: options.tls ? undefined : 0,
    },
    moduleRoutes(() => module),
  );
  const shared = { family, clock, random, wifi, pace, expiredRoot };
  const [identity] = cloud.identities;
  const broker = { host: cloud.host, port: cloud.mqttPort, ca: cloud.ca };
  const started = await createVirtualModule(
    options.byGateway && identity
      ? { ...shared, identity, trusted: [cloud.ca], resolve: (host) => (isIPv4(host) ? undefined : broker) }
      : { ...shared, cloud },
  );
  module = started;
  return {
    connect: () => started.connect(),
    broker,
    enroll: async (deviceId, proof) => {
      const shown = 'key' in proof ? { symmetricKey: { primaryKey: proof.key, secondaryKey: proof.key } } : proof;
      await cloud.enrollments.put({ kind: 'individual', registrationId: deviceId, ...shown });
    },
    url: cloud.url,
    events,
    async close() {
      started.close();
      await cloud.close();
    },
  };
}
