import type { Duplex } from 'node:stream';
import { SECURITY } from '../anycloud/station.ts';
import { type Clock, sleep } from '../clock.ts';
import type { Settings } from '../config/resolve.ts';
import { AppError } from '../errors.ts';
import type { JsonObject, Report } from '../events.ts';

/** The way to the module: a serial port, or the simulator's end of one. Each kind is loaded only when it is used. */
export interface Link {
  /** @throws AppError when the way cannot be opened; after it was open once, waits until it can be again */
  open(signal: AbortSignal): Promise<Duplex>;
  close(): Promise<void>;
}

const REOPEN_PAUSE = 1_000;

/** The walkthrough's desired properties. */
const DEMO_TWIN: JsonObject = {
  telemetryInterval: 5,
  rgb_led_blue: 0,
  rgb_led_green: 0,
  rgb_led_red: 0,
  led_user: 3,
};

/** What a real port is opened with. */
export type SerialSettings = Pick<Settings, 'port' | 'baud'>;

/** What the simulator is built with. */
type BenchSettings = Pick<Settings, 'pace' | 'wifi' | 'idScope' | 'deviceId' | 'mqttTls' | 'demoTwin' | 'httpPort'>;

export type LinkSettings =
  | ({ readonly simulate: false } & SerialSettings)
  | ({ readonly simulate: true } & BenchSettings);

export async function openLink(
  settings: LinkSettings,
  { clock, random, report }: { clock: Clock; random: () => number; report: Report },
): Promise<Link> {
  if (!settings.simulate) return serialLink(settings, clock, report);
  const { deviceId } = settings;
  if (deviceId === null) throw new Error('a simulation has no device id');
  const { startBench } = await import('../simulator/bench.ts');
  const bench = await startBench({
    clock,
    random,
    pace: settings.pace,
    ssid: settings.wifi.ssid,
    passphrase: settings.wifi.passphrase,
    security: SECURITY[settings.wifi.security],
    idScope: settings.idScope,
    deviceId,
    tls: settings.mqttTls === 1,
    desired: settings.demoTwin ? DEMO_TWIN : {},
    httpPort: settings.httpPort,
  });
  report({ type: 'local-cloud', url: bench.url, deviceId });
  return { open: async () => bench.connect(), close: () => bench.close() };
}

/** The word in place of a port for the only one that is likely the board's. */
const AUTO = 'auto';

/** A real port, and when it goes away, the same one again. */
export async function serialLink({ port, baud }: SerialSettings, clock: Clock, report: Report) {
  const { openPort } = await import('../serial/port.ts');
  let wasOpen = false;

  async function choose(): Promise<string> {
    if (port.toLowerCase() !== AUTO) return port;
    const [{ onlyLikely, rankPorts }, { listPorts }] = await Promise.all([
      import('../serial/likely.ts'),
      import('../serial/list.ts'),
    ]);
    const { path, why } = onlyLikely(rankPorts(await listPorts()));
    report({ type: 'event', level: 'event', message: `Serial port ${path}, the only likely one (${why})` });
    return path;
  }

  async function open(signal: AbortSignal) {
    if (wasOpen)
      report({ type: 'event', level: 'warning', message: `The serial port ${port} is gone; waiting for it` });
    for (;;) {
      try {
        const stream = await openPort(await choose(), baud);
        wasOpen = true;
        return stream;
      } catch (error) {
        if (!wasOpen || !(error instanceof AppError)) throw error;
      }
      await sleep(clock, REOPEN_PAUSE, signal);
    }
  }

  return { open, close: async () => undefined };
}
