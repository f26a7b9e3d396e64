import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { JsonObject } from '../events.ts';
import { LOOPBACK } from '../web/loopback.ts';
import { createLocalCloud } from './cloud/local-cloud.ts';
import { createPki } from './cloud/pki.ts';
import { type AccessPoint, RECEPTION } from './module/access-point.ts';
import { tlsDial } from './module/dial.ts';
import { createVirtualModule, type VirtualModule } from './module/virtual-module.ts';

export interface SimulationOptions {
  clock: Clock;
  random: () => number;
  pace: 'real' | 'instant';
  /** The network that the virtual module finds. */
  ssid: string;
  passphrase: string;
  security: AccessPoint['security'];
  /** What is enrolled at the local DPS. */
  idScope: string;
  deviceId: string;
  /** Whether the session asks for TLS; where not, the cloud listens without. */
  tls: boolean;
  /** The first desired properties of the device. */
  desired: JsonObject;
  /** Whether the module is firmware whose built-in root has expired: no TLS after 2025-05-12. */
  expiredRoot: boolean;
  /** Port of the HTTP API; null for the usual one, or any free one when that is taken. */
  httpPort: number | null;
}

/** A virtual module and a local cloud, joined by real MQTT over real TLS on loopback. */
export interface Simulation {
  /** A new end of the wire to the module, which keeps its state. */
  connect(): Duplex;
  /** The cloud's HTTP API. */
  readonly url: string;
  close(): Promise<void>;
}

/** Turns the module on and waits for its banner: a board that is found was started before. */
function boot(module: VirtualModule): Promise<void> {
  return new Promise((resolve) => {
    const wire = module.connect();
    wire.on('data', (chunk: Buffer) => {
      if (!chunk.includes('>')) return;
      wire.destroy();
      resolve();
    });
    module.powerOn();
  });
}

/** Starts both simulators; every broker name that the module is given leads to the local cloud. */
export async function startSimulation(options: SimulationOptions): Promise<Simulation> {
  const { clock, random, idScope, deviceId } = options;
  const pki = await createPki({ hosts: [], now: clock.wall() });
  const identity = await pki.device(deviceId);
  const cloud = createLocalCloud({
    clock,
    random,
    pki,
    idScope,
    enrollments: [{ kind: 'individual', registrationId: deviceId, certificate: identity.certificate }],
    desired: { [deviceId]: options.desired },
  });
  const { mqttPort, plainPort, url } = await cloud.listen({
    mqttPort: 0,
    ...(options.httpPort === null ? {} : { httpPort: options.httpPort }),
    ...(options.tls ? {} : { plainPort: 0 }),
  });
  const module = createVirtualModule({
    clock,
    random,
    dial: tlsDial(() => ({ host: LOOPBACK, port: plainPort ?? mqttPort })),
    identity,
    trusted: [pki.ca],
    accessPoints: [
      {
        ssid: options.ssid,
        passphrase: options.passphrase,
        security: options.security,
        ...RECEPTION,
      },
    ],
    pace: options.pace,
    expiredRoot: options.expiredRoot,
  });
  await boot(module);
  return {
    connect: () => module.connect(),
    url,
    async close() {
      module.close();
      await cloud.close();
    },
  };
}
