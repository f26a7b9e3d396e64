import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { AtError } from '../../at/error.ts';
import type { Clock } from '../../clock.ts';
import { Expectation } from '../../expectation.ts';
import type { Modem, ModemEvent, ModemEvents, ModemIdentityStore, ModemLimits, ModemTraits } from '../modem.ts';
import { BINARY_ESCAPE } from '../module-link.ts';
import { explainTimeout, holdsStatus, Sample } from '../stranger.ts';
import { synchronize } from '../synchronize.ts';
import { RnwfCertificates, RnwfIdentityStore } from './certificates.ts';
import { dialectOf } from './dialect.ts';
import { ModuleFiles } from './files.ts';
import { RnwfLink } from './link.ts';
import { RnwfMqtt } from './mqtt.ts';
import { firmwareIn, limitsOf, type Product } from './product.ts';
import { Receiver } from './receiver.ts';
import { modemEvent, type Signal } from './signals.ts';
import { parseStatus } from './status.ts';
import { RnwfTls } from './tls.ts';
import { traitsOf } from './traits.ts';
import { textOf, valuesOf } from './values.ts';
import { RnwfWifi } from './wifi.ts';

/** Echo on, full verbosity. */
const SYNC_COMMANDS = ['ATE1', 'ATV5'];
/** A start takes about four seconds until its banner (docs/rnwf.md). */
const RESET_TIMEOUT = 10_000;
const CHECK_PAUSE = 10_000;
/** What the clock of a module is asked for in: a date and a time of day, in UTC (RNWF 6). */
const TIME_QUERY = 'AT+TIME=3';
/** The answer follows the status. */
const TIME_TIMEOUT = 2_000;
/** 2021-01-01: what is before that is no time that came from a server. */
const FIRST_TIME = 1_609_459_200;

/** An RNWF02 or RNWF11 module. */
export class RnwfModem extends EventEmitter<ModemEvents> implements Modem {
  readonly family: string;
  readonly traits: ModemTraits;
  readonly reconnects = 'host';
  readonly wifi: RnwfWifi;
  readonly mqtt: RnwfMqtt;
  readonly certificates: RnwfCertificates;
  readonly identityStore: ModemIdentityStore | null;
  readonly #product: Product;
  readonly #link: RnwfLink;
  readonly #stream: Duplex;
  #firmware: string | null = null;
  #lastTime: number | null = null;
  #synchronizing = false;
  #lastCheck = Number.NEGATIVE_INFINITY;
  readonly #life = new AbortController();
  /** It has been in order before. */
  #known = false;

  constructor(stream: Duplex, clock: Clock, product: Product) {
    super();
    this.setMaxListeners(0);
    this.#product = product;
    this.#stream = stream;
    this.family = product.name;
    this.traits = traitsOf(product);
    this.#link = new RnwfLink(stream, clock, product);
    const files = new ModuleFiles(this.#link);
    const tls = new RnwfTls(this.#link, files);
    this.wifi = new RnwfWifi(this.#link);
    this.mqtt = new RnwfMqtt(this.#link, tls, () => ({ limits: this.limits, firmware: this.#firmware }));
    this.certificates = new RnwfCertificates(this.#link, files, tls);
    this.identityStore = product.identity === 'files' ? new RnwfIdentityStore(files) : null;
    new Receiver(this.#link, this.#life.signal);
    this.#link.on('signal', (signal) => this.#onSignal(signal));
    this.#link.on('suspicious', () => this.#onSuspicion());
    this.#link.on('closed', (cause) => this.emit('closed', cause));
    this.#link.on('sent', (line) => this.emit('sent', line));
    this.#link.on('received', (line, kind) => this.emit('received', line, kind));
  }

  get limits(): ModemLimits {
    return limitsOf(this.#product, this.#firmware);
  }

  get lastTime(): number | null {
    return this.#lastTime;
  }

  close(): void {
    this.#life.abort(new AtError('closed', 'The modem was closed'));
    this.#link.close();
  }

  expect<T>(match: (event: ModemEvent) => T | undefined): Expectation<ModemEvent, T> {
    return new Expectation((listener) => {
      this.on('event', listener);
      return () => this.off('event', listener);
    }, match);
  }

  async type(line: string, signal: AbortSignal): Promise<string | null> {
    const refusal = dialectOf(this.#product).refuseTyped(line);
    if (refusal !== null) return refusal;
    const name = /^AT[^+]*(\+\w+)/.exec(line)?.[1] ?? '';
    // These names are events too: only their first line answers the query.
    const many = !['+MQTTCONN', '+WSTA', '+MQTTPUB'].includes(name);
    // The answers to these come as events.
    const response = name === '' || name === '+TIME' ? undefined : new RegExp(`^\\${name}[:=]`);
    try {
      await this.#link.executeRaw({ text: line, ...(response && { response }), many }, signal);
    } catch (error) {
      if (!(name === '+RST' && error instanceof AtError && error.failure === 'reset')) throw error;
    }
    return null;
  }

  async sync(signal: AbortSignal): Promise<void> {
    const sample = new Sample(this.#stream);
    this.#synchronizing = true;
    try {
      const commands = SYNC_COMMANDS.map((text) => ({ text }));
      await synchronize(this.#link, commands, (count, total) => this.emit('silent', count, total), signal);
      this.#firmware = await this.firmware(signal);
      this.#known = true;
    } catch (error) {
      if (!(error instanceof AtError) || error.failure === 'closed') throw error;
      const answers = error.failure !== 'timed-out' || holdsStatus(sample.bytes, (line) => parseStatus(line, false));
      if (answers) await this.identify(signal);
      throw answers || this.#known ? error : explainTimeout(sample.bytes, [...SYNC_COMMANDS, BINARY_ESCAPE], error);
    } finally {
      this.#synchronizing = false;
      sample.stop();
    }
  }

  identify(signal: AbortSignal): Promise<void> {
    return this.#link.identify(signal);
  }

  async firmware(signal: AbortSignal): Promise<string | null> {
    const [line = ''] = await this.#link.executeIdempotent({ text: 'AT+GMR', response: /^\+GMR[:=]/ }, signal);
    const text = textOf(valuesOf(line)[0]);
    return text === null ? null : firmwareIn(text);
  }

  /** It forgets what nobody has saved. It may say OK first; what counts is the banner. */
  async reset(signal: AbortSignal): Promise<boolean> {
    const restarted = this.#link.expect((seen) => seen.type === 'restarted' || undefined);
    try {
      await this.#link.executeRaw({ text: 'AT+RST', timeout: RESET_TIMEOUT }, signal);
      if ((await restarted.within(this.#link.clock, RESET_TIMEOUT, signal)) !== null) return true;
    } catch (error) {
      if (error instanceof AtError && error.failure === 'reset') return true;
      if (!(error instanceof AtError) || error.failure === 'closed') throw error;
      if (error.failure === 'refused') await this.identify(signal);
    } finally {
      restarted.cancel();
    }
    // The banner may have been lost.
    return this.#link.checkRestart(signal);
  }

  async readTime(signal: AbortSignal): Promise<number | null> {
    const told = this.#link.expect((seen) => (seen.type === 'time' ? seen.unixSeconds : undefined));
    try {
      await this.#link.executeIdempotent({ text: TIME_QUERY }, signal);
      return plausible(await told.within(this.#link.clock, TIME_TIMEOUT, signal));
    } catch (error) {
      // Before it has a time it says so.
      if (error instanceof AtError && error.failure === 'refused') return null;
      throw error;
    } finally {
      told.cancel();
    }
  }

  /** Looks whether it has restarted, beside whatever else is going on; not too often, whatever comes. */
  #onSuspicion(): void {
    const now = this.#link.clock.monotonic();
    if (this.#synchronizing || now - this.#lastCheck < CHECK_PAUSE) return;
    this.#lastCheck = now;
    this.#link.checkRestart(this.#life.signal).catch(() => undefined);
  }

  #onSignal(signal: Signal): void {
    if (signal.type === 'restarted') {
      this.#lastTime = null;
      // What is being brought to order begins from the start anyway.
      if (this.#synchronizing) return;
    }
    const event = modemEvent(signal);
    if (event?.type === 'time') {
      const time = plausible(event.unixSeconds);
      if (time === null) return;
      this.#lastTime = time;
    }
    if (event) this.emit('event', event);
  }
}

/** @returns null for what is no time of day */
function plausible(unixSeconds: number | null): number | null {
  return unixSeconds !== null && unixSeconds >= FIRST_TIME ? unixSeconds : null;
}
