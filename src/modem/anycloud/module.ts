import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Command } from '../../at/command.ts';
import { AtError } from '../../at/error.ts';
import { AtLink } from '../../at/link.ts';
import { type Clock, sleep } from '../../clock.ts';
import type { LineKind } from '../../events.ts';
import { Expectation } from '../../expectation.ts';
import { readString } from './quoting.ts';
import { parseDiagnostic, type Signal } from './signals.ts';
import { parseTime, parseUrc, type Urc } from './urc.ts';

interface ModuleEvents {
  signal: [signal: Signal];
  sent: [line: string];
  received: [line: string, kind: LineKind];
  closed: [cause: unknown];
}

/** Statuses of a line that was damaged on its way: it was not executed, so sending it again is safe. */
const DAMAGED = new Set([2, 3, 5]);
const SYNC_TIMEOUT = 1_000;
/** A board that is just starting may take some seconds until it answers (AT protocol 1.2). */
const SYNC_ATTEMPTS = 8;
/** The escape from binary mode wants more than a second of silence after it (AT protocol 7.17). */
const BINARY_ESCAPE = '+++';
const BINARY_ESCAPE_SILENCE = 1_300;
const RESET_TIMEOUT = 10_000;

/** The AnyCloud module behind a byte stream: its commands with retries, and what it tells unasked. */
export class AnyCloudModule extends EventEmitter<ModuleEvents> {
  readonly clock: Clock;
  readonly #link: AtLink<Urc>;
  /** The time that the module told last, in seconds since 1970; null when it has told none since it started. */
  lastTime: number | null = null;

  constructor(stream: Duplex, clock: Clock) {
    super();
    this.setMaxListeners(0);
    this.clock = clock;
    this.#link = new AtLink(stream, clock, parseUrc);
    this.#link.on('urc', (urc) => {
      if (urc.type === 'time') this.lastTime = urc.unixSeconds;
      this.emit('signal', urc);
    });
    this.#link.on('banner', () => {
      this.lastTime = null;
      this.emit('signal', { type: 'banner' });
    });
    this.#link.on('closed', (cause) => this.emit('closed', cause));
    this.#link.on('sent', (line) => this.emit('sent', line));
    this.#link.on('received', (line, kind) => {
      this.emit('received', line, kind);
      const diagnostic = kind === 'text' ? parseDiagnostic(line) : null;
      if (diagnostic) this.emit('signal', diagnostic);
    });
  }

  close(): void {
    this.#link.close();
  }

  /** Starts to wait for a signal; `match` returns undefined for those that are not it. */
  expect<T>(match: (signal: Signal) => T | undefined): Expectation<Signal, T> {
    return new Expectation((listener) => {
      this.on('signal', listener);
      return () => this.off('signal', listener);
    }, match);
  }

  /**
   * Sends a command that may be repeated: a query, or a setting. After a damaged line or a lost answer it is.
   * @returns its information lines
   * @throws AtError
   */
  async execute(command: Command, signal: AbortSignal): Promise<string[]> {
    return (await this.#try(command, signal)) ?? (await this.#link.execute(command, signal));
  }

  /**
   * Sends a command that must not be sent twice, since its work is told by events and may have begun.
   * @returns false when the answer was lost, but the module is there; whether it was executed is not known then
   * @throws AtError
   */
  async request(text: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#try({ text }, signal)) !== null;
  }

  /** Sends a command once, whatever comes of it. @throws AtError */
  exchange(command: Command, signal: AbortSignal): Promise<string[]> {
    return this.#link.execute(command, signal);
  }

  /** Writes bytes that the module has asked for. */
  write(bytes: Uint8Array): void {
    this.#link.write(bytes);
  }

  /** Ends a transfer of binary data that has come to a halt, where there is one. */
  async leaveBinaryMode(signal: AbortSignal): Promise<void> {
    this.#link.write(BINARY_ESCAPE);
    await sleep(this.clock, BINARY_ESCAPE_SILENCE, signal);
  }

  /** One attempt; a line that arrived damaged is sent again. Null: no answer, though the module is there. */
  async #try(command: Command, signal: AbortSignal): Promise<string[] | null> {
    try {
      return await this.#link.execute(command, signal);
    } catch (error) {
      if (!(error instanceof AtError)) throw error;
      if (error.status !== null && DAMAGED.has(error.status)) return this.#link.execute(command, signal);
      if (error.failure !== 'timed-out') throw error;
      await this.#resync(signal);
      return null;
    }
  }

  /** Sends a line as a person typed it. @throws AtError */
  async typed(line: string, signal: AbortSignal): Promise<void> {
    const name = /^AT(\+\w+)/.exec(line)?.[1] ?? '';
    const isReset = name === '+RST';
    // These names are events too: only their first line answers the query.
    const many = !['+MQTTCONN', '+TIME', '+WSTA', '+DNSRESOLV'].includes(name);
    const response = name === '' ? undefined : new RegExp(`^\\+?${name.slice(1)}[:=]`);
    try {
      const sensitive = name === '+WSTAC' || name === '+MQTTC';
      await this.#link.execute(
        { text: line, ...(response && { response }), many, sensitive, restarts: isReset },
        signal,
      );
    } catch (error) {
      if (!(isReset && error instanceof AtError && error.failure === 'reset')) throw error;
    }
  }

  /**
   * Brings a module found in any condition to order: echo on, full verbosity, no half-typed line, no binary mode.
   * @throws AtError `timed-out` when nothing that answers like an AnyCloud module is at the other end
   */
  async sync(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#link.execute({ text: 'ATE1', anyVerbosity: true, timeout: SYNC_TIMEOUT }, signal);
        await this.#link.execute({ text: 'ATV5', anyVerbosity: true, timeout: SYNC_TIMEOUT }, signal);
        return;
      } catch (error) {
        if (!(error instanceof AtError) || error.failure === 'closed') throw error;
        if (attempt === SYNC_ATTEMPTS) throw error;
        if (error.failure === 'timed-out' && attempt === 2) await this.leaveBinaryMode(signal);
      }
    }
  }

  async #resync(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#link.execute({ text: 'AT', timeout: SYNC_TIMEOUT }, signal);
        return;
      } catch (error) {
        if (!(error instanceof AtError) || error.failure === 'closed' || attempt === 3) throw error;
      }
    }
  }

  /**
   * Restarts the module, which forgets everything (T56).
   * @returns false when no boot banner has come within 10 s
   */
  async reset(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#link.execute({ text: 'AT+RST', restarts: true, timeout: RESET_TIMEOUT }, signal);
    } catch (error) {
      if (error instanceof AtError && error.failure === 'reset') return true;
      if (!(error instanceof AtError) || error.failure !== 'timed-out') throw error;
    }
    return false;
  }

  /** The module's clock in seconds since 1970; small numbers are its uptime, before SNTP (T50). */
  async readClock(signal: AbortSignal): Promise<number | null> {
    const [line] = await this.execute({ text: 'AT+TIME=1', response: /^\+TIME:1,/ }, signal);
    return line === undefined ? null : parseTime(line.slice('+TIME:'.length));
  }

  /** One value of a configuration store, `AT+WSTAC=6` for instance; null when it is empty or not readable. */
  async readConfig(name: 'WSTAC' | 'MQTTC' | 'CFG', id: number, signal: AbortSignal): Promise<string | null> {
    const prefix = `+${name}:${id},`;
    const command = { text: `AT+${name}=${id}`, response: new RegExp(`^\\+${name}:${id},`) };
    const [line] = await this.execute(command, signal);
    const value = line === undefined ? null : readString(line.slice(prefix.length));
    return value === null || value.length === 0 ? null : value.toString('utf8');
  }
}
