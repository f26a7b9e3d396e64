import type { Json } from '../events.ts';
import type { DeviceContext } from './define.ts';
import { INTERVAL, isName } from './definition.ts';
import type { DeviceHost, Sample } from './device.ts';
import { toJson } from './json-value.ts';
import { type Place, parsePlace, placeKey } from './place.ts';
import { sentenceOf, type UserCode } from './user-code.ts';

const LONGEST_DELAY = 7 * 86_400;

/** The parts of a running device that its handlers reach by their context. */
export interface ContextParts {
  readonly host: DeviceHost;
  readonly code: UserCode;
  readonly address: () => string | null;
  readonly interval: () => number;
  readonly setInterval: (seconds: number) => void;
  readonly report: (place: Place, value: Json) => void;
}

/** What differs from call to call. */
export interface CallParts {
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
}

/** What handlers are given; its members work on their own, too: `({ log, send }) => …`. */
export function createContext(parts: ContextParts, { signal, log }: CallParts): DeviceContext {
  const { host, code, address, interval, setInterval, report } = parts;
  return {
    signal,
    deviceId: host.deviceId,
    get address() {
      return address();
    },
    get interval() {
      return interval();
    },
    log(message) {
      if (!code.signal.aborted) log(String(message));
    },
    send(body, options) {
      const sent = send(body, options);
      // Whoever does not wait for it does not end the program by it.
      sent.catch((error: unknown) => {
        code.warn(`A telemetry message was not sent: ${sentenceOf(error)}`);
      });
      return sent;
    },
    report(name, value, component) {
      const place = component === undefined ? parsePlace(name) : { name, component };
      if (![place.name, place.component ?? place.name].every(isName)) {
        throw new TypeError(`${JSON.stringify(placeKey(place))} cannot be the name of a property`);
      }
      if (!code.signal.aborted) report(place, toJson(value));
    },
    setInterval(seconds) {
      setInterval(inRange(seconds, INTERVAL.lowest, INTERVAL.highest, 'the interval'));
    },
    restart(seconds) {
      if (!code.signal.aborted) host.restart(inRange(seconds, 0, LONGEST_DELAY, 'the delay of a restart'));
    },
  };

  async function send(body: Json, options: Parameters<DeviceContext['send']>[1] = {}): Promise<void> {
    code.signal.throwIfAborted();
    const { component, properties, takenAt } = options;
    const sample: Sample = {
      body: toJson(body),
      takenAt: takenAt === undefined ? host.clock.wall() : takenAt.getTime(),
      ...(component !== undefined && { component }),
      ...(properties !== undefined && { properties: { ...properties } }),
    };
    if (!Number.isFinite(sample.takenAt)) throw new TypeError('takenAt is not a valid date');
    await host.send(sample);
  }
}

function inRange(value: unknown, lowest: number, highest: number, what: string): number {
  if (typeof value === 'number' && value >= lowest && value <= highest) return value;
  throw new RangeError(`${what} must be a number of seconds from ${lowest} to ${highest}`);
}
