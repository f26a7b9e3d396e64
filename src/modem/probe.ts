import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Command } from '../at/command.ts';
import type { Dialect } from '../at/dialect.ts';
import { AtError } from '../at/error.ts';
import { AtLink } from '../at/link.ts';
import type { Status } from '../at/status.ts';
import type { Clock } from '../clock.ts';
import type { LineKind } from '../events.ts';
import { parseForeignStatus } from './foreign.ts';
import { askModel, BINARY_ESCAPE, leaveBinaryMode } from './module-link.ts';
import { explainTimeout, Sample } from './stranger.ts';
import { synchronize } from './synchronize.ts';

interface ProbeEvents {
  sent: [line: string];
  received: [line: string, kind: LineKind];
  silent: [count: number, total: number];
  closed: [cause: unknown];
}

/** A number alone, with an error number where it is one: how modules answer when they are told to say little. */
const TERSE = /^[01](?::[\d.,]+)?$/;
const OK: Status = { ok: true, code: null, text: 'OK', foreign: false };

/** How devices of any kind end an answer; nothing else is known of what is at the other end. */
const NEUTRAL: Dialect<never> = {
  commandLimit: 16,
  replyTimeout: 1_000,
  prompts: '>#',
  dataPrompt: '#',
  parseStatus(line, terse) {
    if (line.trimEnd() === 'OK') return OK;
    if (terse && TERSE.test(line)) return { ok: line === '0', code: null, text: line, foreign: false };
    return parseForeignStatus(line);
  },
  parseEvent: () => null,
  isBanner: () => false,
  echoAfter: (command) => (command === 'ATE1' ? true : null),
  holdsSecret: () => false,
  refuseTyped: () => null,
};

/** What every family understands: an attention, and echo on. Whatever is answered, something is there. */
const SYNC: readonly Command[] = [
  { text: 'AT', toStranger: true },
  { text: 'ATE1', toStranger: true },
];

/** Asks what is at the other end of a stream, and takes nothing for granted; then the stream belongs to another link. */
export class Probe extends EventEmitter<ProbeEvents> {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #link: AtLink<never>;

  constructor(stream: Duplex, clock: Clock) {
    super();
    this.#stream = stream;
    this.#clock = clock;
    this.#link = new AtLink(stream, clock, NEUTRAL);
    this.#link.on('closed', (cause) => this.emit('closed', cause));
    this.#link.on('sent', (line) => this.emit('sent', line));
    this.#link.on('received', (line, kind) => this.emit('received', line, kind));
  }

  /**
   * Brings what is there to order, and asks for its model.
   * @param isEnough whether the lines of an answer tell what is asked for
   * @returns the lines of the answer, the status last
   * @throws AtError `timed-out` for silence; AppError E_MODULE_UNKNOWN for what prints and does not answer
   */
  async model(isEnough: (lines: string[]) => boolean, signal: AbortSignal): Promise<string[]> {
    const sample = new Sample(this.#stream);
    try {
      await synchronize(
        {
          executeRaw: (command) => this.#link.execute(command, signal),
          leaveBinaryMode: () => leaveBinaryMode(this.#link, this.#clock, signal),
        },
        SYNC,
        (count, total) => this.emit('silent', count, total),
        signal,
      );
      return await askModel(this.#link, isEnough, signal);
    } catch (error) {
      if (!(error instanceof AtError) || error.failure !== 'timed-out') throw error;
      const sent = [...SYNC.map(({ text }) => text), 'AT+GMM', BINARY_ESCAPE].sort((a, b) => b.length - a.length);
      throw explainTimeout(sample.bytes, sent, error);
    } finally {
      sample.stop();
    }
  }

  /** Whether something answers at all, within a few attempts. */
  async answers(attempts: number, signal: AbortSignal): Promise<boolean> {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      try {
        await this.#link.execute({ text: 'ATE1', terse: true, toStranger: true }, signal);
        return true;
      } catch (error) {
        if (!(error instanceof AtError) || error.failure === 'closed') throw error;
      }
    }
    return false;
  }

  /** Leaves the stream to the link of a family. @throws AtError when it is gone */
  release(): void {
    this.#link.release();
  }

  close(): void {
    this.#link.close();
  }
}
