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
import { parseTime, type Urc } from './urc.ts';

interface AnyCloudLinkEvents {
  signal: [signal: Signal];
  sent: [line: string];
  received: [line: string, kind: LineKind];
  /** The module may have restarted without its banner having been seen. */
  suspicious: [];
  closed: [cause: unknown];
}

/** Statuses of a line that was damaged on its way: it was not executed, so sending it again is safe. */
const DAMAGED = new Set(['2', '3', '5']);
/** As AT+GMM names the chip that AnyCloud runs on; with a colon it is another family (AT protocol 7.1). */
const MODEL = /^\+GMM="PIC32MZW1"$/;
/** A wire may damage an answer or two. */
const IDENTIFICATIONS = 3;
const TIME_QUERY: Command = { text: 'AT+TIME=1', response: /^\+TIME:1,/ };
/** The status of AT+TIME where there is no time: in the first second after a start (AT protocol 6, 7.6). */
const TIME_ERROR = '46';
/** Milliseconds by which the uptime may be behind: it counts in seconds, and answers take their time. */
const UPTIME_TOLERANCE = 3_000;
const PROBE_TIMEOUT = 1_000;
const PROBES = 3;
/** The escape from binary mode wants more than a second of silence after it (AT protocol 7.17). */
export const BINARY_ESCAPE = '+++';
const BINARY_ESCAPE_SILENCE = 1_300;

/** The link to an AnyCloud module: its commands with retries, and what it tells by itself. */
export class AnyCloudLink extends EventEmitter<AnyCloudLinkEvents> {
  readonly clock: Clock;
  readonly #link: AtLink<Urc>;
  /** When the module has started, or was there at least; of the monotonic clock. */
  #runningSince: number | null = null;
  #restarts = 0;

  constructor(stream: Duplex, clock: Clock) {
    super();
    this.setMaxListeners(0);
    this.clock = clock;
    this.#link = new AtLink(stream, clock, DIALECT);
    this.#link.on('event', (urc) => this.emit('signal', urc));
    this.#link.on('banner', () => this.noteRestart());
    this.#link.on('suspicious', () => this.emit('suspicious'));
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
   * Sends a command that must not be sent twice, since its work is reported by events and may have begun.
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

  /** One value of a configuration store, `AT+WSTAC=6` for instance, as text; null when it cannot be read. */
  async readConfig(name: 'WSTAC' | 'MQTTC', id: number, signal: AbortSignal): Promise<string | null> {
    const prefix = `+${name}:${id},`;
    const command = { text: `AT+${name}=${id}`, response: new RegExp(`^\\+${name}:${id},`) };
    const [line] = await this.executeIdempotent(command, signal);
    const printed = line?.slice(prefix.length) ?? '';
    return /^\d+$/.test(printed) ? printed : (readString(printed)?.toString('utf8') ?? null);
  }

  /**
   * Its clock in seconds since 1970, or the seconds that it has been running while it has no time (T50); null when it
   * cannot be read.
   */
  async readClock(signal: AbortSignal): Promise<number | null> {
    const seconds = await this.executeIdempotent(TIME_QUERY, signal).then(readTime, noTime);
    if (this.#showsRestart(seconds)) this.noteRestart();
    return seconds;
  }

  /** The module is there from now on, or has started just now. */
  noteRunning(): void {
    this.#runningSince ??= this.clock.monotonic();
  }

  /** It has become known that the module has restarted. */
  noteRestart(): void {
    this.#runningSince = this.clock.monotonic();
    this.#restarts++;
    this.emit('signal', { type: 'restarted' });
  }

  /**
   * Looks whether the module has restarted and its banner was not seen: its clock counts from its start until it has a
   * time, so one that shows less than the module has been there tells it.
   * @returns true when it has; `restarted` is reported then
   */
  async checkRestart(signal: AbortSignal): Promise<boolean> {
    if (this.#runningSince === null) return false;
    const restarts = this.#restarts;
    const seconds = await this.#link
      .execute(TIME_QUERY, signal)
      .then(readTime, noTime)
      .catch((error: unknown) => {
        if (error instanceof AtError && error.failure !== 'closed') return null;
        throw error;
      });
    if (this.#restarts === restarts && this.#showsRestart(seconds)) this.noteRestart();
    return this.#restarts !== restarts;
  }

  #showsRestart(seconds: number | null): boolean {
    if (seconds === null || this.#runningSince === null) return false;
    return 1_000 * seconds + UPTIME_TOLERANCE < this.clock.monotonic() - this.#runningSince;
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
      if (await this.checkRestart(signal)) throw new AtError('reset', 'The module has restarted');
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

function readTime([line]: string[]): number | null {
  return line === undefined ? null : parseTime(line.slice('+TIME:'.length));
}

/** In its first second a module has no time at all. */
function noTime(error: unknown): number {
  if (error instanceof AtError && error.status?.code === TIME_ERROR) return 0;
  throw error;
}
