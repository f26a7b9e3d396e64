import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { type Command, commandName } from '../../at/command.ts';
import { AtError } from '../../at/error.ts';
import { AtLink } from '../../at/link.ts';
import { type Clock, sleep } from '../../clock.ts';
import type { LineKind } from '../../events.ts';
import { Expectation } from '../../expectation.ts';
import { strangerError } from '../stranger.ts';
import { DIALECT } from './dialect.ts';
import { readString } from './quoting.ts';
import { parseDiagnostic, type Signal } from './signals.ts';
import type { Urc } from './urc.ts';

interface AnyCloudLinkEvents {
  signal: [signal: Signal];
  sent: [line: string];
  received: [line: string, kind: LineKind];
  closed: [cause: unknown];
}

/** Statuses of a line that was damaged on its way: it was not executed, so sending it again is safe. */
const DAMAGED = new Set(['2', '3', '5']);
/** As AT+GMM names the chip that AnyCloud runs on; with a colon it is another family (AT protocol 7.1). */
const MODEL = /^\+GMM="PIC32MZW1"$/;
/** A wire may damage an answer or two. */
const IDENTIFICATIONS = 3;
const PROBE_TIMEOUT = 1_000;
const PROBES = 3;
/** The escape from binary mode wants more than a second of silence after it (AT protocol 7.17). */
export const BINARY_ESCAPE = '+++';
const BINARY_ESCAPE_SILENCE = 1_300;

/** The link to an AnyCloud module: its commands with retries, and what it tells by itself. */
export class AnyCloudLink extends EventEmitter<AnyCloudLinkEvents> {
  readonly clock: Clock;
  readonly #link: AtLink<Urc>;

  constructor(stream: Duplex, clock: Clock) {
    super();
    this.setMaxListeners(0);
    this.clock = clock;
    this.#link = new AtLink(stream, clock, DIALECT);
    this.#link.on('event', (urc) => this.emit('signal', urc));
    this.#link.on('banner', () => this.emit('signal', { type: 'restarted' }));
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
   * @returns its information lines; of a query at least one
   * @throws AtError; AppError E_MODULE_UNKNOWN when the answers are those of another device
   */
  async executeIdempotent(command: Command, signal: AbortSignal): Promise<string[]> {
    const lines = await this.#try(command, signal);
    if (lines !== null && (lines.length > 0 || command.response === undefined)) return lines;
    const again = await this.#link.execute(command, signal);
    if (again.length > 0 || command.response === undefined) return again;
    await this.identify(signal);
    throw new AtError('refused', `The module answered ${commandName(command.text)} with nothing but OK`);
  }

  /**
   * Sends a command that must not be sent twice, since its work is told by events and may have begun.
   * @returns false when the answer was lost, but the module is there; whether it was executed is not known then
   * @throws AtError
   */
  async executeOnce(text: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#try({ text }, signal)) !== null;
  }

  /** Sends a command once, whatever comes of it. @throws AtError */
  executeRaw(command: Command, signal: AbortSignal): Promise<string[]> {
    return this.#link.execute(command, signal);
  }

  /**
   * Makes sure that an AnyCloud module is at the other end, however it answers.
   * @throws AppError E_MODULE_UNKNOWN that says what is there; AtError `timed-out` when nothing answers
   */
  async identify(signal: AbortSignal): Promise<void> {
    const question = { response: /./, many: true, terse: true, toStranger: true, timeout: PROBE_TIMEOUT };
    let answer: string[] = [];
    let silence: AtError | null = null;
    for (let attempt = 1; attempt <= IDENTIFICATIONS; attempt++) {
      try {
        answer = await this.#link.execute({ ...question, text: 'AT+GMM' }, signal);
        if (answer.some((line) => MODEL.test(line))) return;
      } catch (error) {
        if (!(error instanceof AtError) || error.failure !== 'timed-out') throw error;
        silence = error;
      }
    }
    if (answer.length === 0) throw silence;
    // Some devices do not tell their model, but the version of their firmware, and that names them.
    if (answer.length === 1) {
      const version = await this.#link.execute({ ...question, text: 'AT+GMR' }, signal).catch(() => []);
      signal.throwIfAborted();
      if (version.length > 1) answer = version;
    }
    throw strangerError('AnyCloud', answer);
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

  /** One value of a configuration store, `AT+WSTAC=6` for instance; null when it is empty or not readable. */
  async readConfig(name: 'WSTAC' | 'MQTTC', id: number, signal: AbortSignal): Promise<string | null> {
    const prefix = `+${name}:${id},`;
    const command = { text: `AT+${name}=${id}`, response: new RegExp(`^\\+${name}:${id},`) };
    const [line] = await this.executeIdempotent(command, signal);
    const value = line === undefined ? null : readString(line.slice(prefix.length));
    return value === null || value.length === 0 ? null : value.toString('utf8');
  }

  /** One attempt; a line that arrived damaged is sent again. Null: no answer, though the module is there. */
  async #try(command: Command, signal: AbortSignal): Promise<string[] | null> {
    try {
      return await this.#link.execute(command, signal);
    } catch (error) {
      if (!(error instanceof AtError)) throw error;
      if (DAMAGED.has(error.status?.code ?? '')) return this.#link.execute(command, signal);
      if (error.status?.foreign) await this.identify(signal);
      else if (error.failure === 'timed-out') await this.#resync(signal);
      else throw error;
      return null;
    }
  }

  async #resync(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#link.execute({ text: 'AT', timeout: PROBE_TIMEOUT }, signal);
        return;
      } catch (error) {
        if (!(error instanceof AtError) || error.failure === 'closed' || attempt === PROBES) throw error;
      }
    }
  }
}
