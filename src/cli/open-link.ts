import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config/resolve.ts';
import { WBZ451, walkthroughTwin } from '../device/wbz451.ts';
import type { ModelRepository } from '../dtdl/repository.ts';
import type { Report } from '../events.ts';
import { type SerialSettings, serialLink } from '../serial/link.ts';
import type { EventLog } from '../web/event-log.ts';
import { LOOPBACK } from '../web/loopback.ts';
import { portError } from './listening.ts';

/** The way to the module: a serial port, or the simulator's end of one. Each kind is loaded only when it is used. */
export interface Link {
  /** @throws AppError when the way cannot be opened; after it was open once, waits until it can be again */
  open(signal: AbortSignal): Promise<Duplex>;
  close(): Promise<void>;
  /** Where a simulation has its page. */
  readonly url?: string;
  /** What the page of a simulation shows. */
  readonly events?: EventLog;
}

/** What the simulator is built with. */
type SimulationSettings = Pick<
  Settings,
  | 'pace'
  | 'wifi'
  | 'idScope'
  | 'deviceId'
  | 'modelId'
  | 'interval'
  | 'mqttTls'
  | 'emptyTwin'
  | 'expiredRoot'
  | 'httpPort'
>;

export type LinkSettings =
  | ({ readonly simulate: false } & SerialSettings)
  | ({ readonly simulate: true } & SimulationSettings);

/** @param options.models where a local cloud finds device models; those that come with the program by default */
export async function openLink(
  settings: LinkSettings,
  { clock, random, report, models }: { clock: Clock; random: () => number; report: Report; models?: ModelRepository },
): Promise<Link> {
  if (!settings.simulate) return serialLink(settings, clock, report);
  const { deviceId, interval, modelId, emptyTwin } = settings;
  const begins = interval ?? (modelId === WBZ451 && !emptyTwin ? 5 : 10);
  const hasTwin = modelId === WBZ451 && !emptyTwin;
  if (deviceId === null) throw new Error('a simulation has no device id');
  const { startSimulation } = await import('../simulator/simulation.ts');
  const simulation = await startSimulation({
    clock,
    random,
    pace: settings.pace,
    wifi: settings.wifi,
    idScope: settings.idScope,
    deviceId,
    tls: settings.mqttTls === 1,
    desired: hasTwin ? walkthroughTwin(begins) : {},
    expiredRoot: settings.expiredRoot,
    httpPort: settings.httpPort,
    models,
  }).catch((error: unknown) => {
    throw portError(error, LOOPBACK);
  });
  report({ type: 'local-cloud', url: simulation.url, deviceId, interval: begins });
  return {
    open: async () => simulation.connect(),
    close: () => simulation.close(),
    events: simulation.events,
    url: simulation.url,
  };
}
