import type { Duplex } from 'node:stream';
import { type Clock, sleep, type Timer } from '../clock.ts';
import type { Settings } from '../config/resolve.ts';
import { SETTINGS } from '../config/settings.ts';
import { WBZ451, walkthroughTwin } from '../device/wbz451.ts';
import { AppError } from '../errors.ts';
import type { Report } from '../events.ts';
import { LOOPBACK } from '../web/loopback.ts';
import { portError } from './listening.ts';

/** The way to the module: a serial port, or the simulator's end of one. Each kind is loaded only when it is used. */
export interface Link {
  /** @throws AppError when the way cannot be opened; after it was open once, waits until it can be again */
  open(signal: AbortSignal): Promise<Duplex>;
  close(): Promise<void>;
}

const REOPEN_PAUSE = 1_000;
const LOOK_UP_AFTER = 5_000;

/** What a real port is opened with. */
export type SerialSettings = Pick<Settings, 'port' | 'baud'> & Partial<Pick<Settings, 'reconnect'>>;

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

export async function openLink(
  settings: LinkSettings,
  { clock, random, report }: { clock: Clock; random: () => number; report: Report },
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
    ssid: settings.wifi.ssid,
    passphrase: settings.wifi.passphrase,
    security: settings.wifi.security,
    idScope: settings.idScope,
    deviceId,
    tls: settings.mqttTls === 1,
    desired: hasTwin ? walkthroughTwin(begins) : {},
    expiredRoot: settings.expiredRoot,
    // The usual port may be taken by another simulation; one that was asked for is meant.
    httpPort: settings.httpPort === SETTINGS.httpPort.simulated ? null : settings.httpPort,
  }).catch((error: unknown) => {
    throw portError(error, LOOPBACK);
  });
  report({ type: 'local-cloud', url: simulation.url, deviceId, interval: begins });
  return { open: async () => simulation.connect(), close: () => simulation.close() };
}

/** The word in place of a port for the only one that is likely the board's. */
const AUTO = 'auto';

/** A real port, and when it goes away, the same adapter again, also under another name. */
export async function serialLink({ port, baud, reconnect }: SerialSettings, clock: Clock, report: Report) {
  const [{ openPort }, { listPorts }] = await Promise.all([import('../serial/port.ts'), import('../serial/list.ts')]);
  /** What was open last; an adapter is known by its serial number, where it has one. */
  let known: { path: string; serialNumber?: string | undefined } | null = null;
  let lookUp: Timer | null = null;

  async function choose(): Promise<string> {
    if (known) {
      const { path, serialNumber } = known;
      const same = serialNumber && (await listPorts()).find((listed) => listed.serialNumber === serialNumber);
      return same ? same.path : path;
    }
    if (port.toLowerCase() !== AUTO) return port;
    const { onlyLikely, rankPorts } = await import('../serial/likely.ts');
    const { path, why } = onlyLikely(rankPorts(await listPorts()));
    report({ type: 'event', level: 'event', message: `Serial port ${path}, the only likely one (${why})` });
    return path;
  }

  async function lookUpSerialNumber(opened: NonNullable<typeof known>): Promise<void> {
    opened.serialNumber = (await listPorts()).find((listed) => listed.path === opened.path)?.serialNumber;
  }

  async function openOnce() {
    const path = await choose();
    const stream = await openPort(path, baud);
    const opened: typeof known = { path };
    known = opened;
    // Listing the ports starts a program on Linux, so it waits until the session has begun.
    lookUp?.cancel();
    lookUp = clock.after(LOOK_UP_AFTER, () => void lookUpSerialNumber(opened));
    return stream;
  }

  async function open(signal: AbortSignal) {
    if (!known) return openOnce();
    const gone = `The serial port ${known.path} is gone`;
    if (reconnect === false) throw new AppError('E_PORT_LOST', gone, 'Plug the adapter in again, and start anew.');
    report({ type: 'event', level: 'warning', message: `${gone}; waiting for it` });
    for (;;) {
      try {
        return await openOnce();
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
      await sleep(clock, REOPEN_PAUSE, signal);
    }
  }

  return { open, close: async () => lookUp?.cancel() };
}
