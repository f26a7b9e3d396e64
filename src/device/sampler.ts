import { type Clock, sleep } from '../clock.ts';
import type { Json } from '../events.ts';
import type { DeviceContext, TelemetrySource } from './define.ts';
import type { Sample } from './device.ts';
import { toJson } from './json-value.ts';
import { Pace } from './pace.ts';
import { type Place, parsePlace } from './place.ts';
import { sentenceOf, type UserCode } from './user-code.ts';

/** In milliseconds; a generator that gives nothing but what cannot be sent would fill the screen otherwise. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

export interface SamplerOptions {
  readonly clock: Clock;
  readonly code: UserCode;
  readonly context: DeviceContext;
  /** Takes what was read at a moment; it may be lost. */
  readonly sample: (sample: Sample) => void;
  /** Takes a value of an iterable, and is waited for. */
  readonly send: (sample: Sample) => Promise<void>;
}

/** A source whose values are asked for. */
interface Reading {
  readonly key: string;
  readonly place: Place;
  readonly what: string;
  readonly handler: unknown;
  read(): unknown;
  /** It has not ended yet. */
  pending: boolean;
  /** It has turned out to be an iterable, whose values come by themselves. */
  iterated: boolean;
  /** What was said last of its failing, so that it is not said again at every moment. */
  told: string | null;
}

/** Takes a device's telemetry when it is due. */
export class Sampler {
  readonly #options: SamplerOptions;
  /** The pace of the sources that have none of their own. */
  readonly #main: Pace;
  readonly #paces: Pace[];
  readonly #readings: readonly Reading[];
  readonly #iterables: { place: Place; what: string; source: AsyncIterable<unknown> }[] = [];
  #interval: number;
  #begun = false;

  /** @param interval in seconds */
  constructor(sources: Readonly<Record<string, TelemetrySource>>, interval: number, options: SamplerOptions) {
    this.#options = options;
    this.#interval = interval;
    const groups = new Map<number | undefined, Reading[]>();
    for (const [key, source] of Object.entries(sources)) {
      const place = parsePlace(key);
      const what = `The telemetry "${key}"`;
      if (isAsyncIterable(source)) {
        this.#iterables.push({ place, what, source });
        continue;
      }
      const { context } = options;
      const every = typeof source === 'function' ? undefined : source.every;
      const [handler, read] =
        typeof source === 'function' ? [source, () => source(context)] : [source.read, () => source.read(context)];
      const group = groups.get(every) ?? [];
      groups.set(every, [...group, { key, place, what, handler, read, pending: false, iterated: false, told: null }]);
    }
    this.#readings = [...groups.values()].flat();
    const pace = (seconds: number, group: readonly Reading[]) =>
      new Pace(options.clock, 1000 * seconds, () => void this.#take(group));
    this.#main = pace(interval, groups.get(undefined) ?? []);
    groups.delete(undefined);
    this.#paces = [this.#main, ...[...groups].map(([every, group]) => pace(every ?? interval, group))];
  }

  /** Seconds between the messages of the sources that have no pace of their own. */
  get interval(): number {
    return this.#interval;
  }

  set interval(seconds: number) {
    this.#interval = seconds;
    this.#main.change(1000 * seconds);
  }

  /** Takes the first samples at once; called again, it does nothing. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    for (const pace of this.#paces) pace.begin();
    for (const { place, what, source } of this.#iterables) this.#iterate(place, what, source);
  }

  stop(): void {
    for (const pace of this.#paces) pace.stop();
  }

  /** Reads, out of turn, the sources whose values are asked for and whose keys `isMeant` takes. */
  sampleNow(isMeant: (key: string) => boolean): void {
    void this.#take(this.#readings.filter(({ key }) => isMeant(key)));
  }

  /**
   * Reads one source out of turn, and sends what it gives so that it is not lost.
   * @returns whether there is such a source whose values are asked for
   */
  sendNow(key: string): boolean {
    const reading = this.#readings.find((one) => one.key === key && !one.iterated);
    if (!reading) return false;
    const { send, code } = this.#options;
    void this.#take([reading], (sample) => {
      send(sample).catch((error: unknown) => code.warn(`${reading.what} was not sent: ${sentenceOf(error)}`));
    });
    return true;
  }

  /** Reads all sources of a pace; what they give at one moment goes in one message, for each component one. */
  async #take(group: readonly Reading[], take = this.#options.sample): Promise<void> {
    const takenAt = this.#options.clock.wall();
    const ready = group.filter(({ pending, iterated }) => !pending && !iterated);
    const values = await Promise.all(ready.map((reading) => this.#read(reading)));
    const bodies = new Map<string | undefined, [string, Json][]>();
    for (const [index, { place }] of ready.entries()) {
      const value = values[index];
      if (value === undefined) continue;
      const body = bodies.get(place.component) ?? [];
      bodies.set(place.component, [...body, [place.name, value]]);
    }
    for (const [component, body] of bodies) {
      take(message(Object.fromEntries(body), takenAt, component));
    }
  }

  /** @returns undefined where there is nothing to send, which was said */
  async #read(reading: Reading): Promise<Json | undefined> {
    const { place, what, handler } = reading;
    reading.pending = true;
    const outcome = await this.#options.code.value(what, handler, () => {
      const value = reading.read();
      if (!isAsyncIterable(value)) return value;
      reading.iterated = true;
      this.#iterate(place, what, value);
      return undefined;
    });
    reading.pending = false;
    if (reading.iterated) return undefined;
    if (outcome.kind === 'done' && outcome.value !== undefined) {
      reading.told = null;
      return outcome.value;
    }
    const told = outcome.kind === 'done' ? `${what} gave nothing` : outcome.message;
    if (told !== reading.told) this.#options.code.warn(told);
    reading.told = told;
    return undefined;
  }

  /** Sends the values of an iterable, each when the one before was taken. */
  #iterate({ name, component }: Place, what: string, source: AsyncIterable<unknown>): void {
    const { code, clock, send } = this.#options;
    code.launch(what, source, async () => {
      const iterator = source[Symbol.asyncIterator]();
      // It may never come to its end when it waits for an event, so nobody waits for it.
      code.signal.addEventListener('abort', () => code.launch(what, source, () => iterator.return?.()), { once: true });
      let pause = FIRST_PAUSE;
      for (;;) {
        const next = await iterator.next();
        if (next.done || code.signal.aborted) return;
        try {
          await send(message({ [name]: toJson(next.value) }, clock.wall(), component));
          pause = FIRST_PAUSE;
        } catch (error) {
          code.warn(`${what} gave a value that was not sent: ${sentenceOf(error)}`);
          await sleep(clock, pause, code.signal);
          pause = Math.min(2 * pause, LONGEST_PAUSE);
        }
      }
    });
  }
}

function message(body: Json, takenAt: number, component: string | undefined): Sample {
  return component === undefined ? { body, takenAt } : { body, takenAt, component };
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
