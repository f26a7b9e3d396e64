import type { Duplex } from 'node:stream';
import { MODULE_LIMITS } from '../src/cli/module-limits.ts';
import type { Clock } from '../src/clock.ts';
import { resolveSettings } from '../src/config/resolve.ts';
import type { Device } from '../src/device/device.ts';
import { createDevice } from '../src/device/runtime.ts';
import { wbz451 } from '../src/device/wbz451.ts';
import type { Report } from '../src/events.ts';
import { createModem } from '../src/modem/detect.ts';
import type { SessionSettings } from '../src/session/context.ts';
import { Session } from '../src/session/session.ts';
import { BOARD_SCHEMA } from '../test/helpers/board-model.ts';

/** What the simulation runs with by default; the simulators here are given the same. */
export const SETTINGS: SessionSettings = {
  ...resolveSettings({ flags: { simulate: true }, env: {}, envFile: null, limits: MODULE_LIMITS }),
  rootCert: null,
  sampling: true,
};

export interface RunningSession {
  /** Settles when it sends telemetry for the first time; rejects when it ends before. */
  atWork: Promise<void>;
  stop(): Promise<void>;
}

/** The walkthrough's board. @param interval seconds between telemetry messages; null leaves it to the board */
export function board(interval: number | null): Device {
  return createDevice(wbz451(), { interval, schema: BOARD_SCHEMA });
}

/** Starts a session on a stream, with nobody to read what it reports; it plays the walkthrough's board unless told. */
export function startSession(
  stream: Duplex,
  clock: Clock,
  settings: Partial<SessionSettings> & { interval?: number } = {},
  report: Report = () => undefined,
  device: Device = board(settings.interval ?? null),
): RunningSession {
  const stop = new AbortController();
  let onTelemetry: () => void = () => undefined;
  const atWork = new Promise<void>((resolve) => {
    onTelemetry = resolve;
  });
  const session = new Session({
    settings: { ...SETTINGS, ...settings },
    clock,
    random: () => 0.5,
    report: (event) => {
      if (event.type === 'telemetry') onTelemetry();
      report(event);
    },
    device,
    openModem: async () => createModem(stream, clock),
  });
  const ended = session.run(stop.signal);
  const shutdown = ended.then(() => {
    if (!stop.signal.aborted) throw new Error('the session has ended by itself');
  });
  return {
    atWork: Promise.race([atWork, shutdown]),
    async stop() {
      stop.abort(new Error('the measurement is over'));
      await ended;
    },
  };
}
