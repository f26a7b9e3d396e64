import type { Duplex } from 'node:stream';
import type { Command } from '../../at/command.ts';
import { AtError } from '../../at/error.ts';
import type { Clock } from '../../clock.ts';
import { type FamilyTraits, ModuleLink } from '../module-link.ts';
import { DIALECT } from './dialect.ts';
import { readString } from './quoting.ts';
import { parseDiagnostic, type Signal } from './signals.ts';
import { parseTime, type Urc } from './urc.ts';

/** Statuses of a line that was damaged on its way: it was not executed, so sending it again is safe. */
const DAMAGED = new Set(['2', '3', '5']);
/** As AT+GMM names the chip that AnyCloud runs on; with a colon it is another family (AT protocol 7.1). */
const MODEL = /^\+GMM="PIC32MZW1"$/;
const TIME_QUERY: Command = { text: 'AT+TIME=1', response: /^\+TIME:1,/ };
/** The status of AT+TIME where there is no time: in the first second after a start (AT protocol 6, 7.6). */
const TIME_ERROR = '46';
/** Milliseconds by which the uptime may be behind: it counts in seconds, and answers take their time. */
const UPTIME_TOLERANCE = 3_000;

const TRAITS: FamilyTraits<Urc> = {
  family: 'AnyCloud',
  dialect: DIALECT,
  isOwnModel: (line) => MODEL.test(line),
  damaged: DAMAGED,
};

/** The link to an AnyCloud module: its commands with retries, and what it tells by itself. */
export class AnyCloudLink extends ModuleLink<Urc, Signal> {
  /** When the module has started, or was there at least; of the monotonic clock. */
  #runningSince: number | null = null;
  #restarts = 0;

  constructor(stream: Duplex, clock: Clock) {
    super(stream, clock, TRAITS);
    this.at.on('event', (urc) => this.emit('signal', urc));
    this.at.on('banner', () => this.noteRestart());
    this.at.on('received', (line, kind) => {
      const diagnostic = kind === 'text' ? parseDiagnostic(line) : null;
      if (diagnostic) this.emit('signal', diagnostic);
    });
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
    const seconds = await this.at
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
}

function readTime([line]: string[]): number | null {
  return line === undefined ? null : parseTime(line.slice('+TIME:'.length));
}

/** In its first second a module has no time at all. */
function noTime(error: unknown): number {
  if (error instanceof AtError && error.status?.code === TIME_ERROR) return 0;
  throw error;
}
