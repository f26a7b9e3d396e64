import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { AtError } from '../../at/error.ts';
import type { Clock } from '../../clock.ts';
import { Expectation } from '../../expectation.ts';
import type { Modem, ModemEvent, ModemEvents } from '../modem.ts';
import { BINARY_ESCAPE } from '../module-link.ts';
import { explainTimeout, holdsStatus, Sample } from '../stranger.ts';
import { synchronize } from '../synchronize.ts';
import { AnyCloudCertificates } from './certificates.ts';
import { DIALECT } from './dialect.ts';
import { LIMITS } from './limits.ts';
import { AnyCloudLink } from './link.ts';
import { AnyCloudMqtt } from './mqtt.ts';
import { modemEvent, type Signal } from './signals.ts';
import { TRAITS } from './traits.ts';
import { AnyCloudWifi } from './wifi.ts';

/** Echo on, full verbosity. */
const SYNC_COMMANDS = ['ATE1', 'ATV5'];
const RESET_TIMEOUT = 10_000;
const CHECK_PAUSE = 10_000;
/** So many restarts make it worth asking whether what looks like a banner is one. */
const SUSPICIOUS_RESTARTS = 3;
/** 2021-01-01: a clock before that shows how long the module has been running (T50). */
const FIRST_TIME = 1_609_459_200;

/** A module with the AnyCloud firmware. */
export class AnyCloudModem extends EventEmitter<ModemEvents> implements Modem {
  readonly family = 'AnyCloud';
  readonly traits = TRAITS;
  readonly limits = LIMITS;
  readonly identityStore = null;
  readonly reconnects = 'module';
  readonly wifi: AnyCloudWifi;
  readonly mqtt: AnyCloudMqtt;
  readonly certificates: AnyCloudCertificates;
  readonly #link: AnyCloudLink;
  readonly #stream: Duplex;
  #lastTime: number | null = null;
  #restarts = 0;
  #synchronizing = false;
  #lastCheck = Number.NEGATIVE_INFINITY;
  readonly #life = new AbortController();
  /** It has been in order before. */
  #known = false;

  constructor(stream: Duplex, clock: Clock) {
    super();
    this.setMaxListeners(0);
    this.#stream = stream;
    this.#link = new AnyCloudLink(stream, clock);
    this.wifi = new AnyCloudWifi(this.#link);
    this.mqtt = new AnyCloudMqtt(this.#link);
    this.certificates = new AnyCloudCertificates(this.#link);
    this.#link.on('signal', (signal) => this.#onSignal(signal));
    this.#link.on('suspicious', () => this.#onSuspicion());
    this.#link.on('closed', (cause) => this.emit('closed', cause));
    this.#link.on('sent', (line) => this.emit('sent', line));
    this.#link.on('received', (line, kind) => this.emit('received', line, kind));
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
    const refusal = DIALECT.refuseTyped(line);
    if (refusal !== null) return refusal;
    const name = /^AT(\+\w+)/.exec(line)?.[1] ?? '';
    const restarts = name === '+RST';
    // These names are events too: only their first line answers the query.
    const many = !['+MQTTCONN', '+TIME', '+WSTA', '+DNSRESOLV'].includes(name);
    const response = name === '' ? undefined : new RegExp(`^\\+?${name.slice(1)}[:=]`);
    try {
      await this.#link.executeRaw({ text: line, ...(response && { response }), many }, signal);
    } catch (error) {
      if (!(restarts && error instanceof AtError && error.failure === 'reset')) throw error;
    }
    return null;
  }

  async sync(signal: AbortSignal): Promise<void> {
    const sample = new Sample(this.#stream);
    this.#synchronizing = true;
    try {
      const commands = SYNC_COMMANDS.map((text) => ({ text }));
      await synchronize(this.#link, commands, (count, total) => this.emit('silent', count, total), signal);
      if (this.#restarts >= SUSPICIOUS_RESTARTS) await this.identify(signal);
      this.#known = true;
      this.#link.noteRunning();
    } catch (error) {
      if (!(error instanceof AtError) || error.failure === 'closed') throw error;
      const answers =
        error.failure !== 'timed-out' || holdsStatus(sample.bytes, (line) => DIALECT.parseStatus(line, false));
      if (answers) await this.identify(signal);
      throw answers || this.#known ? error : explainTimeout(sample.bytes, [...SYNC_COMMANDS, BINARY_ESCAPE], error);
    } finally {
      this.#synchronizing = false;
      sample.stop();
    }
  }

  async identify(signal: AbortSignal): Promise<void> {
    await this.#link.identify(signal);
    this.#restarts = 0;
  }

  async firmware(signal: AbortSignal): Promise<string | null> {
    const [line] = await this.#link.executeIdempotent({ text: 'AT+GMR', response: /^\+GMR=/ }, signal);
    return /^\+GMR="(.*)"$/.exec(line ?? '')?.[1] ?? null;
  }

  /** The module forgets everything (T56). */
  async reset(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#link.executeRaw({ text: 'AT+RST', timeout: RESET_TIMEOUT }, signal);
      await this.identify(signal);
    } catch (error) {
      if (error instanceof AtError && error.failure === 'reset') return true;
      if (!(error instanceof AtError) || error.failure === 'closed') throw error;
      // A module of this family gives no status to it (AT protocol 1.2).
      if (error.failure === 'refused') await this.identify(signal);
    }
    // The banner may have been lost.
    return this.#link.checkRestart(signal);
  }

  async readTime(signal: AbortSignal): Promise<number | null> {
    return plausible(await this.#link.readClock(signal));
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
      this.#restarts++;
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

/** @returns null for the uptime of a module that has no time */
function plausible(unixSeconds: number | null): number | null {
  return unixSeconds !== null && unixSeconds >= FIRST_TIME ? unixSeconds : null;
}
