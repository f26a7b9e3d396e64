import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { AtError } from '../at/error.ts';
import type { Clock } from '../clock.ts';
import { Expectation } from '../expectation.ts';
import type {
  Modem,
  ModemCertificates,
  ModemEvent,
  ModemEvents,
  ModemIdentityStore,
  ModemLimits,
  ModemMqtt,
  ModemTraits,
  ModemWifi,
} from './modem.ts';
import { Probe } from './probe.ts';

/** The modem of a family at the other end of a stream. */
export type MakeModem = (stream: Duplex, clock: Clock) => Modem;

/** What makes the modem of a family out of the answer to the question for its model. */
export interface Families {
  /** Whether the lines name a module of a family that is known. */
  areKnown(lines: readonly string[]): boolean;
  /** @throws AppError E_MODULE_UNKNOWN that says what is there */
  load(lines: readonly string[]): Promise<MakeModem>;
}

/** A module whose family is found when it is synchronized; until then nothing else can be done with it. */
export class UndeterminedModem extends EventEmitter<ModemEvents> implements Modem {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #families: Families;
  readonly #probe: Probe;
  #found: Modem | null = null;

  constructor(stream: Duplex, clock: Clock, families: Families) {
    super();
    this.setMaxListeners(0);
    this.#stream = stream;
    this.#clock = clock;
    this.#families = families;
    this.#probe = new Probe(stream, clock);
    this.#probe.on('closed', (cause) => this.emit('closed', cause));
    this.#probe.on('sent', (line) => this.emit('sent', line));
    this.#probe.on('received', (line, kind) => this.emit('received', line, kind));
    this.#probe.on('silent', (count, total) => this.emit('silent', count, total));
  }

  async sync(signal: AbortSignal): Promise<void> {
    this.#found ??= await this.#determine(signal);
    await this.#found.sync(signal);
  }

  async #determine(signal: AbortSignal): Promise<Modem> {
    const answer = await this.#probe.model((lines) => this.#families.areKnown(lines), signal);
    // It throws where there is no such family; then the stream is still the probe's, to be closed.
    const make = await this.#families.load(answer);
    signal.throwIfAborted();
    this.#probe.release();
    const modem = make(this.#stream, this.#clock);
    modem.on('event', (event) => this.emit('event', event));
    modem.on('sent', (line) => this.emit('sent', line));
    modem.on('received', (line, kind) => this.emit('received', line, kind));
    modem.on('silent', (count, total) => this.emit('silent', count, total));
    modem.on('closed', (cause) => this.emit('closed', cause));
    return modem;
  }

  get #known(): Modem {
    if (this.#found === null) throw new AtError('timed-out', 'The module has not been synchronized yet');
    return this.#found;
  }

  get family(): string {
    return this.#known.family;
  }

  get limits(): ModemLimits {
    return this.#known.limits;
  }

  get traits(): ModemTraits {
    return this.#known.traits;
  }

  get reconnects(): 'module' | 'host' {
    return this.#known.reconnects;
  }

  get wifi(): ModemWifi {
    return this.#known.wifi;
  }

  get mqtt(): ModemMqtt {
    return this.#known.mqtt;
  }

  get certificates(): ModemCertificates {
    return this.#known.certificates;
  }

  get identityStore(): ModemIdentityStore | null {
    return this.#known.identityStore;
  }

  get lastTime(): number | null {
    return this.#found?.lastTime ?? null;
  }

  readTime(signal: AbortSignal): Promise<number | null> {
    return this.#known.readTime(signal);
  }

  firmware(signal: AbortSignal): Promise<string | null> {
    return this.#known.firmware(signal);
  }

  identify(signal: AbortSignal): Promise<void> {
    return this.#known.identify(signal);
  }

  reset(signal: AbortSignal): Promise<boolean> {
    return this.#known.reset(signal);
  }

  async type(line: string, signal: AbortSignal): Promise<string | null> {
    return this.#found ? this.#found.type(line, signal) : 'It is not known yet which module this is';
  }

  expect<T>(match: (event: ModemEvent) => T | undefined): Expectation<ModemEvent, T> {
    return new Expectation((listener) => {
      this.on('event', listener);
      return () => this.off('event', listener);
    }, match);
  }

  close(): void {
    if (this.#found) this.#found.close();
    else this.#probe.close();
  }
}
