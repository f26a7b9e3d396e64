import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config/resolve.ts';
import { INTERVAL } from '../device/definition.ts';
import { commandExample, type Played, propertyExample } from '../device/examples.ts';
import { WBZ451, walkthroughTwin } from '../device/wbz451.ts';
import type { ExampleRequest, JsonObject, Report } from '../events.ts';
import type { Family } from '../modem/detect.ts';
import { type SerialSettings, serialLink } from '../serial/link.ts';
import type { Simulation } from '../simulator/simulation.ts';
import type { EventLog } from '../web/event-log.ts';
import { LOOPBACK } from '../web/loopback.ts';
import { portError } from './listening.ts';
import type { ChosenDevice } from './session/choose-device.ts';

/** The way to the module: a serial port, or the simulator's end of one. Each kind is loaded only when it is used. */
export interface Link {
  /** @throws AppError when the way cannot be opened; after it was open once, waits until it can be again */
  open(signal: AbortSignal): Promise<Duplex>;
  close(): Promise<void>;
  /** Where a simulation has its page. */
  readonly url?: string;
  /** The cloud of a simulation, for who reaches it by itself. */
  readonly cloud?: Pick<Simulation, 'broker' | 'enroll'>;
  /** What the page of a simulation shows. */
  readonly events?: EventLog;
}

/** Seconds between telemetry messages that the walkthrough's twin asks for. */
const WALKTHROUGH_INTERVAL = 5;

/** What the simulator is built with. */
type SimulationSettings = Pick<
  Settings,
  'pace' | 'wifi' | 'idScope' | 'deviceId' | 'interval' | 'mqttTls' | 'emptyTwin' | 'expiredRoot' | 'httpPort'
> & {
  /** Whatever says that the board reaches the cloud by one. */
  readonly gateway?: Settings['gateway'] | string;
};

export type LinkSettings = {
  /** The family of the module; null: it is asked, and in a simulation the first one. */
  readonly family: Family | null;
} & (({ readonly simulate: false } & SerialSettings) | ({ readonly simulate: true } & SimulationSettings));

interface LinkOptions {
  clock: Clock;
  random: () => number;
  report: Report;
  /** What is to be played over the link, where that is known. */
  chosen?: ChosenDevice;
}

export async function openLink(settings: LinkSettings, { clock, random, report, chosen }: LinkOptions): Promise<Link> {
  if (!settings.simulate) return serialLink(settings, clock, report);
  const { deviceId, gateway } = settings;
  const byGateway = gateway !== undefined && gateway !== null;
  if (deviceId === null) throw new Error('a simulation has no device id');
  const { interval, desired } = beginningOf(settings, chosen);
  const { startSimulation } = await import('../simulator/simulation.ts');
  const simulation = await startSimulation({
    family: settings.family ?? 'anycloud',
    clock,
    random,
    pace: settings.pace,
    wifi: settings.wifi,
    idScope: settings.idScope,
    deviceId,
    tls: settings.mqttTls === 1 || byGateway,
    desired,
    // The board that a gateway is for is one as it is sold.
    expiredRoot: settings.expiredRoot || byGateway,
    byGateway,
    httpPort: settings.httpPort,
    models: chosen?.models,
  }).catch((error: unknown) => {
    throw portError(error, LOOPBACK);
  });
  const requests = chosen ? requestsFor(deviceId, { ...chosen, interval }) : [];
  report({ type: 'local-cloud', url: simulation.url, deviceId, interval, requests });
  return {
    open: async () => simulation.connect(),
    close: () => simulation.close(),
    events: simulation.events,
    cloud: simulation,
    url: simulation.url,
  };
}

/** What a simulated device begins with: the seconds between its telemetry messages, and its desired properties. */
export function beginningOf(
  { interval: asked, emptyTwin }: Pick<Settings, 'interval' | 'emptyTwin'>,
  chosen: ChosenDevice | undefined,
): { interval: number; desired: JsonObject } {
  const isBoard = chosen?.device.modelId === WBZ451 && !emptyTwin;
  const interval = asked ?? (isBoard ? WALKTHROUGH_INTERVAL : (chosen?.definition.interval ?? INTERVAL.usual));
  return { interval, desired: isBoard ? walkthroughTwin(interval) : {} };
}

/** What can be tried with a device: a change of a property, and a command. */
export function requestsFor(deviceId: string, played: Played): ExampleRequest[] {
  const path = `/api/devices/${encodeURIComponent(deviceId)}`;
  const requests: ExampleRequest[] = [];
  const property = propertyExample(played);
  if (property) {
    const { title, desired } = property;
    requests.push({ title, method: 'PATCH', path: `${path}/properties`, body: desired });
  }
  const command = commandExample(played);
  if (command) {
    const { title, name, request } = command;
    const body = request === undefined ? {} : { request };
    requests.push({ title, method: 'POST', path: `${path}/commands/${encodeURIComponent(name)}`, body });
  }
  return requests;
}
