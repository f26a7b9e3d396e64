import { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../clock.ts';
import { AppError, toAppError } from '../errors.ts';
import type { Report } from '../events.ts';
import { createModem } from '../modem/detect.ts';
import { SECRET_PARAMETERS } from '../modem/secrets.ts';
import { serialLink } from '../serial/link.ts';
import { Session } from '../session/session.ts';
import { Redactor } from '../terminal/redact.ts';
import { playedDevice } from './played-device.ts';
import {
  type CheckedOptions,
  checkSessionOptions,
  type ReportedEvent,
  type SessionOptions,
} from './session-options.ts';

/** Opens the way to the module; again after it was lost. */
interface Way {
  open(signal: AbortSignal): Promise<Duplex>;
  close(): Promise<void>;
}

/** Runs a session; `src/index.ts` says how. */
export async function runSession(options: SessionOptions): Promise<void> {
  const { clock = systemClock, random = Math.random, signal, onEvent } = options;
  const checked = checkSessionOptions(options);
  const device = playedDevice({ ...options, models: options.models, interval: checked.interval, clock, random });

  const redactor = new Redactor(SECRET_PARAMETERS);
  redactor.add(checked.settings.wifi.passphrase);
  const listener = new Listener(onEvent);
  const stop = signal ? AbortSignal.any([signal, listener.failed]) : listener.failed;
  const report: Report = (event) => listener.tell(redactor.maskEvent(event));

  const way = await openWay(checked, clock, report);
  const openModem = async (opening: AbortSignal) => createModem(await way.open(opening), clock, checked.family);
  try {
    await new Session({ settings: checked.settings, device, clock, random, report, openModem }).run(stop);
  } catch (error) {
    if (!listener.failed.aborted) throw toAppError(error);
  } finally {
    await way.close();
  }
  listener.failed.throwIfAborted();
}

async function openWay({ port, baud, reconnect }: CheckedOptions, clock: Clock, report: Report): Promise<Way> {
  if (typeof port === 'string') return serialLink({ port, baud, reconnect }, clock, report);
  let opened = false;
  return {
    async open(signal) {
      if (opened && !reconnect) {
        throw new AppError('E_PORT_LOST', 'The stream to the module was closed', 'Open another one.');
      }
      const stream = await openStream(port, signal);
      opened = true;
      return stream;
    },
    close: async () => undefined,
  };
}

async function openStream(open: (signal: AbortSignal) => unknown, signal: AbortSignal): Promise<Duplex> {
  let stream: unknown;
  try {
    stream = await open(signal);
  } catch (error) {
    if (error instanceof AppError || signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('E_PORT', `The way to the module cannot be opened: ${reason}`, '', error);
  }
  if (stream instanceof Duplex) return stream;
  throw new AppError('E_PORT', 'The way to the module is no stream that can be read and written', '');
}

/** Whoever listens to the session; what it throws is kept, and ends the session. */
class Listener {
  readonly #onEvent: SessionOptions['onEvent'];
  readonly #failure = new AbortController();

  constructor(onEvent: SessionOptions['onEvent']) {
    this.#onEvent = onEvent;
  }

  /** Aborted with what the listener has thrown. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  tell(event: Parameters<Report>[0]): void {
    if (this.failed.aborted || !isReported(event)) return;
    try {
      this.#onEvent?.(event);
    } catch (error) {
      this.#failure.abort(error);
    }
  }
}

/** A session reports no other; they are the command line's. */
function isReported(event: Parameters<Report>[0]): event is ReportedEvent {
  return (
    event.type !== 'gateway' &&
    event.type !== 'local-cloud' &&
    event.type !== 'console' &&
    event.type !== 'error' &&
    event.type !== 'exit'
  );
}
