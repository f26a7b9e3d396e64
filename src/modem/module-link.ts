import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { type Command, commandName } from '../at/command.ts';
import type { Dialect } from '../at/dialect.ts';
import { AtError } from '../at/error.ts';
import { AtLink } from '../at/link.ts';
import { type Clock, sleep } from '../clock.ts';
import type { LineKind } from '../events.ts';
import { Expectation } from '../expectation.ts';
import { strangerError } from './stranger.ts';

interface ModuleLinkEvents<S> {
  signal: [signal: S];
  sent: [line: string];
  received: [line: string, kind: LineKind];
  /** The module may have restarted without its banner having been seen. */
  suspicious: [];
  closed: [cause: unknown];
}

/** What a link has to be told about the family of the module beside its dialect. */
export interface FamilyTraits<E> {
  /** As people know it. */
  readonly family: string;
  readonly dialect: Dialect<E>;
  /** Whether a line of the answer to `AT+GMM` names a module of this family. */
  isOwnModel(line: string): boolean;
  /** The codes of statuses of a line that was damaged on its way: it was not executed, so sending it again is safe. */
  readonly damaged: ReadonlySet<string>;
}

const PROBE_TIMEOUT = 1_000;
const PROBES = 3;
/** A wire may damage an answer or two. */
const IDENTIFICATIONS = 3;
/** Both families leave the binary mode for this, when more than a second of silence follows. */
export const BINARY_ESCAPE = '+++';
export const BINARY_ESCAPE_SILENCE = 1_300;

/** The question for the model, to whatever is at the other end. */
export const MODEL_QUESTION: Command = {
  text: 'AT+GMM',
  response: /./,
  many: true,
  terse: true,
  toStranger: true,
  timeout: PROBE_TIMEOUT,
};

/**
 * The link to a module: its commands with retries, and what it tells by itself.
 *
 * @template E an event of the dialect
 * @template S everything that the module tells by itself, in whatever way
 */
export abstract class ModuleLink<E, S> extends EventEmitter<ModuleLinkEvents<S>> {
  readonly clock: Clock;
  protected readonly at: AtLink<E>;
  readonly #traits: FamilyTraits<E>;

  constructor(stream: Duplex, clock: Clock, traits: FamilyTraits<E>) {
    super();
    this.setMaxListeners(0);
    this.clock = clock;
    this.#traits = traits;
    this.at = new AtLink(stream, clock, traits.dialect);
    this.at.on('suspicious', () => this.emit('suspicious'));
    this.at.on('closed', (cause) => this.emit('closed', cause));
    this.at.on('sent', (line) => this.emit('sent', line));
    this.at.on('received', (line, kind) => this.emit('received', line, kind));
  }

  /** Looks whether the module has restarted and its banner was not seen. @returns true when it has, and that is told then */
  abstract checkRestart(signal: AbortSignal): Promise<boolean>;

  close(): void {
    this.at.close();
  }

  /** Starts to wait for a signal; `match` returns undefined for those that are not it. */
  expect<T>(match: (signal: S) => T | undefined): Expectation<S, T> {
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
    const again = await this.at.execute(command, signal);
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
    return (await this.executeOnceWithLines({ text }, signal)) !== null;
  }

  /** As `executeOnce`. @returns the information lines; null when the answer was lost */
  executeOnceWithLines(command: Command, signal: AbortSignal): Promise<string[] | null> {
    return this.#try(command, signal);
  }

  /** Sends a command once, whatever comes of it. @throws AtError */
  executeRaw(command: Command, signal: AbortSignal): Promise<string[]> {
    return this.at.execute(command, signal);
  }

  /**
   * Makes sure that a module of this family is at the other end, however it answers.
   * @throws AppError E_MODULE_UNKNOWN that says what is there; AtError `timed-out` when nothing answers
   */
  async identify(signal: AbortSignal): Promise<void> {
    const { family, isOwnModel } = this.#traits;
    const answer = await askModel(this.at, (lines) => lines.some(isOwnModel), signal);
    if (!answer.some(isOwnModel)) throw strangerError(family, answer);
  }

  /** Writes bytes that the module has asked for. */
  write(bytes: Uint8Array): void {
    this.at.write(bytes);
  }

  /** Ends a transfer of binary data that has come to a halt, where there is one. */
  async leaveBinaryMode(signal: AbortSignal): Promise<void> {
    await leaveBinaryMode(this.at, this.clock, signal);
  }

  /** One attempt; a line that arrived damaged is sent again. Null: no answer, though the module is there. */
  async #try(command: Command, signal: AbortSignal): Promise<string[] | null> {
    try {
      return await this.at.execute(command, signal);
    } catch (error) {
      if (!(error instanceof AtError)) throw error;
      if (this.#traits.damaged.has(error.status?.code ?? '')) return this.at.execute(command, signal);
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
        await this.at.execute({ text: 'AT', timeout: PROBE_TIMEOUT }, signal);
        return;
      } catch (error) {
        if (!(error instanceof AtError) || error.failure === 'closed' || attempt === PROBES) throw error;
      }
    }
  }
}

/**
 * Asks whatever is there for its model, a few times where that is not understood. Some devices do not tell it, but the
 * version of their firmware, and that names them.
 * @returns the lines of the answer, the status last
 * @throws AtError `timed-out` when nothing answers
 */
export async function askModel<E>(
  link: AtLink<E>,
  isEnough: (lines: string[]) => boolean,
  signal: AbortSignal,
): Promise<string[]> {
  let answer: string[] = [];
  let silence: AtError | null = null;
  for (let attempt = 1; attempt <= IDENTIFICATIONS; attempt++) {
    try {
      answer = await link.execute(MODEL_QUESTION, signal);
      if (isEnough(answer)) return answer;
    } catch (error) {
      if (!(error instanceof AtError) || error.failure !== 'timed-out') throw error;
      silence = error;
    }
  }
  if (answer.length === 0) throw silence;
  if (answer.length === 1) {
    const version = await link.execute({ ...MODEL_QUESTION, text: 'AT+GMR' }, signal).catch(() => []);
    signal.throwIfAborted();
    if (version.length > 1) answer = version;
  }
  return answer;
}

/** The escape from binary mode wants more than a second of silence after it (AT protocol 7.17, RNWF 2). */
export async function leaveBinaryMode<E>(link: AtLink<E>, clock: Clock, signal: AbortSignal): Promise<void> {
  link.write(BINARY_ESCAPE);
  await sleep(clock, BINARY_ESCAPE_SILENCE, signal);
}
