import { systemClock } from '../../src/clock.ts';
import type { JsonObject } from '../../src/json.ts';
import type { TimedEvent } from '../../src/simulator/cloud/events.ts';
import type { LockedFolder } from '../../src/simulator/cloud/folder-lock.ts';
import { createLocalCloud, type LocalCloud } from '../../src/simulator/cloud/local-cloud.ts';
import { createPki, type KeyedCertificate, type Pki } from '../../src/simulator/cloud/pki.ts';

export const SCOPE = '0ne000A1B2C';
export const MODEL = 'dtmi:com:Microchip:WBZ451_Curiosity;1';

export interface Simulation {
  cloud: LocalCloud;
  pki: Pki;
  mqttPort: number;
  plainPort: number;
  /** What DPS assigns to, and clients connect to: `localhost:<port>`. */
  host: string;
}

export interface SimulationOptions {
  /** Any free port by default. */
  mqttPort?: number;
  pki?: Pki;
  dataFolder?: LockedFolder;
}

/** A cloud on ports of this computer. */
export async function startSimulation({
  mqttPort: port = 0,
  pki: earlier,
  ...kept
}: SimulationOptions = {}): Promise<Simulation> {
  const pki = earlier ?? (await createPki({ hosts: [], now: systemClock.wall() }));
  const cloud = createLocalCloud({
    clock: systemClock,
    random: Math.random,
    pki,
    idScope: SCOPE,
    enrollments: [],
    hubName: (port) => `localhost:${port}`,
    assigningAnswers: 1,
    ...kept,
  });
  const { mqttPort, plainPort } = await cloud.listen({ mqttPort: port, httpPort: 0, plainPort: 0 });
  if (plainPort === null) throw new Error('the plain port was asked for');
  return { cloud, pki, mqttPort, plainPort, host: `localhost:${mqttPort}` };
}

export interface SimulationDevice extends KeyedCertificate {
  id: string;
}

/** A device that the hub knows, without a detour to DPS. */
export async function newDevice({ cloud, pki }: Simulation, id: string): Promise<SimulationDevice> {
  const { certificate, key } = await pki.device(id);
  await cloud.createDevice(id, { certificate });
  return { id, certificate, key };
}

type EventOf<T extends TimedEvent['type']> = Extract<TimedEvent, { type: T }>;

/** Resolves with the next event of this type that fits; must be called before whatever causes it. */
export function nextEvent<T extends TimedEvent['type']>(
  cloud: LocalCloud,
  type: T,
  fits: (event: EventOf<T>) => boolean = () => true,
): Promise<EventOf<T>> {
  return new Promise((resolve) => {
    const isWanted = (event: TimedEvent): event is EventOf<T> => event.type === type && fits(event as EventOf<T>);
    const stop = cloud.onEvent((event) => {
      if (!isWanted(event)) return;
      stop();
      resolve(event);
    });
  });
}

/** Collects every packet that crosses the wire in this direction and fits. */
export function watchPackets(
  cloud: LocalCloud,
  direction: 'in' | 'out',
  fits: (packet: JsonObject) => boolean,
): JsonObject[] {
  const seen: JsonObject[] = [];
  cloud.onEvent((event) => {
    if (event.type === 'mqtt' && event.direction === direction && fits(event.packet)) seen.push(event.packet);
  });
  return seen;
}
