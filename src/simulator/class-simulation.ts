import type { Duplex } from 'node:stream';
import type { JsonObject } from '../json.ts';
import type { EventLog } from '../web/event-log.ts';
import { createVirtualModule } from './create-virtual-module.ts';
import { moduleRoutes } from './module-routes.ts';
import { HUB_NAME, type SimulationOptions } from './simulation.ts';
import { startCloudWithLog } from './start-local-cloud.ts';

export type ClassOptions = Pick<
  SimulationOptions,
  'family' | 'clock' | 'random' | 'pace' | 'wifi' | 'idScope' | 'tls' | 'expiredRoot' | 'models' | 'httpPort'
> & {
  /** The first desired properties of every device. */
  desired: JsonObject;
  /** Who there will be. */
  deviceIds: readonly string[];
};

/** A module of a class. */
export interface ClassModule {
  /** A new end of the wire to the module, which keeps its state. */
  connect(): Duplex;
  /** Takes its power away. */
  close(): void;
}

/** A local cloud, and as many virtual modules as are switched on. */
export interface ClassSimulation {
  /** The cloud's HTTP API. */
  readonly url: string;
  /** What its page shows. */
  readonly events: EventLog;
  /**
   * Makes the identity of a device, enrolls it, and switches its module on.
   * @throws AzureError 400004 for an id that cannot be one
   */
  switchOn(deviceId: string, random: () => number): Promise<ClassModule>;
  close(): Promise<void>;
}

/** Starts a local cloud for the boards of a class, which are switched on one by one. */
export async function startClass(options: ClassOptions): Promise<ClassSimulation> {
  const { family, clock, pace, wifi, expiredRoot, deviceIds } = options;
  const modules = new Map<string, ClassModule & { control(line: string): string }>();
  const { cloud, events } = await startCloudWithLog(
    {
      clock,
      random: options.random,
      idScope: options.idScope,
      devices: [],
      desired: Object.fromEntries(deviceIds.map((deviceId) => [deviceId, options.desired])),
      hubName: HUB_NAME,
      httpPort: options.httpPort,
      httpsPort: null,
      models: options.models,
      plainPort: options.tls ? undefined : 0,
    },
    moduleRoutes((deviceId) => (deviceId === undefined ? undefined : modules.get(deviceId))),
  );
  return {
    url: cloud.url,
    events,
    async switchOn(deviceId, random) {
      const place = deviceIds.indexOf(deviceId);
      const module = await createVirtualModule({
        cloud,
        deviceId,
        family,
        clock,
        random,
        wifi,
        pace,
        expiredRoot,
        ipAddress: `192.168.1.${50 + place}`,
        mac: `00:04:A3:12:34:${(0x56 + place).toString(16).padStart(2, '0').toUpperCase()}`,
      });
      modules.set(deviceId, module);
      return module;
    },
    async close() {
      for (const module of modules.values()) module.close();
      await cloud.close();
    },
  };
}
