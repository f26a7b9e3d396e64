import { type Clock, sleep, type Timer } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Report } from '../events.ts';

/** What a real port is opened with. */
export interface SerialSettings {
  /** Its path, or `auto` for the only one that is likely the board's. */
  readonly port: string;
  /** Bits per second. */
  readonly baud: number;
  /** Whether a port that went away is waited for; true by default. */
  readonly reconnect?: boolean;
}

const REOPEN_PAUSE = 1_000;
const LOOK_UP_AFTER = 5_000;

/** The word in place of a port for the only one that is likely the board's. */
const AUTO = 'auto';

/** A real port, and when it goes away, the same adapter again, also under another name. */
export async function serialLink({ port, baud, reconnect }: SerialSettings, clock: Clock, report: Report) {
  const { listPorts, openPort } = await import('./port.ts');
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
    const { onlyLikely, rankPorts } = await import('./likely.ts');
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
    if (reconnect === false) throw new AppError('E_PORT_LOST', gone, 'Plug the adapter in again, and start again.');
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
