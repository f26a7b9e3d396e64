import type { Duplex } from 'node:stream';
import { AtError } from '../../at/error.ts';
import type { Clock } from '../../clock.ts';
import { ModuleLink } from '../module-link.ts';
import { dialectOf } from './dialect.ts';
import type { RnwfEvent } from './events.ts';
import type { Product } from './product.ts';
import type { Signal } from './signals.ts';
import { CODE } from './status.ts';
import { answerTo, quote, readValues, type Value, valuesOf } from './values.ts';

/** Statuses of a line that was damaged on its way (RNWF 11). */
export const DAMAGED = new Set<string>([CODE.invalidCommand, CODE.unknownCommand, CODE.parameterCount]);

/** The names of configurations; all but two take an index before the id (RNWF 3). */
export type Configuration = 'WSTAC' | 'WSCNC' | 'SNTPC' | 'MQTTC' | 'TLSC' | 'NETIFC';
const INDEXED = { WSTAC: '', WSCNC: '', SNTPC: '', MQTTC: '', TLSC: '1', NETIFC: '0' } as const satisfies Record<
  Configuration,
  string
>;
/** What tells that a module has been restarted: a setting that it was given is gone. */
const MARK = { name: 'WSTAC', id: 1 } as const;

/** The link to an RNWF module: its commands with retries, its configurations, and what it tells by itself. */
export class RnwfLink extends ModuleLink<RnwfEvent, Signal> {
  readonly product: Product;
  /** It was given a network since it started, so it has one. */
  #isMarked = false;
  #restarts = 0;

  constructor(stream: Duplex, clock: Clock, product: Product) {
    super(stream, clock, {
      family: product.name,
      dialect: dialectOf(product),
      isOwnModel: (line) => product.model.test(line),
      damaged: DAMAGED,
    });
    this.product = product;
    this.at.on('event', (event) => this.emit('signal', event));
    this.at.on('banner', () => this.noteRestart());
  }

  /** It has become known that the module has restarted. */
  noteRestart(): void {
    this.#isMarked = false;
    this.#restarts++;
    this.emit('signal', { type: 'restarted' });
  }

  /** A restart makes the module forget its network, unless somebody has saved it (RNWF 9). */
  async checkRestart(signal: AbortSignal): Promise<boolean> {
    if (!this.#isMarked) return false;
    const restarts = this.#restarts;
    const mark = await this.read(MARK.name, MARK.id, signal).catch((error: unknown) => {
      if (error instanceof AtError && error.failure !== 'closed') return null;
      throw error;
    });
    if (this.#restarts === restarts && isEmpty(mark)) this.noteRestart();
    return this.#restarts !== restarts;
  }

  /** A value of a configuration, asked for once; null when the answer has none. @throws AtError */
  async read(name: Configuration, id: number, signal: AbortSignal): Promise<Value | null> {
    return valueIn(name, id, await this.executeRaw(query(name, id), signal));
  }

  /** A value of a configuration; null when the module gives none, or does not know the id. @throws AtError */
  async readConfig(name: Configuration, id: number, signal: AbortSignal): Promise<Value | null> {
    try {
      return valueIn(name, id, await this.executeIdempotent(query(name, id), signal));
    } catch (error) {
      if (error instanceof AtError && error.failure === 'refused') return null;
      throw error;
    }
  }

  /** All lines that a query of a configuration value is answered with, for a list; none when it is refused. */
  async readList(name: Configuration, id: number, signal: AbortSignal): Promise<Value[]> {
    try {
      const lines = await this.executeIdempotent({ ...query(name, id), many: true }, signal);
      return lines.flatMap((line) => valuesOf(line).at(-1) ?? []);
    } catch (error) {
      if (error instanceof AtError && error.failure === 'refused') return [];
      throw error;
    }
  }

  /** Sets a value of a configuration. A module that refuses to set what is set already is not asked for more. @throws AtError */
  async writeConfig(name: Configuration, id: number, value: string | number, signal: AbortSignal): Promise<void> {
    const printed = typeof value === 'number' ? String(value) : quote(value);
    try {
      await this.executeIdempotent({ text: `AT+${name}=${selector(name, id)},${printed}` }, signal);
    } catch (error) {
      if (!isBlocked(error) || !isValue(await this.readConfig(name, id, signal), value)) throw error;
    }
    if (name === MARK.name && id === MARK.id) this.#isMarked = true;
  }
}

function selector(name: Configuration, id: number): string {
  return INDEXED[name] === '' ? `${id}` : `${INDEXED[name]},${id}`;
}

function query(name: Configuration, id: number) {
  // The index is not printed in front of the id on every firmware (RNWF 3).
  const index = INDEXED[name];
  const number = index === '' ? `${id}` : `(?:${index}\\s*,\\s*)?${id}`;
  return { text: `AT+${name}=${selector(name, id)}`, response: answerTo(name, `${number}(?:\\.\\d+)?`) };
}

function valueIn(name: Configuration, id: number, lines: string[]): Value | null {
  const { response } = query(name, id);
  const line = lines[0] ?? '';
  return readValues(line.replace(response, ''))?.[0] ?? null;
}

function isEmpty(value: Value | null): boolean {
  return value?.kind === 'string' && value.bytes.length === 0;
}

/** Whether a value that was read is one that is wanted. */
export function isValue(read: Value | null, wanted: string | number): boolean {
  if (read === null) return false;
  if (read.kind === 'number') return Number(read.text) === wanted;
  return typeof wanted === 'string' && read.bytes.equals(Buffer.from(wanted, 'utf8'));
}

/** Whether the module has refused to change a setting as long as it is in use. */
export function isBlocked(error: unknown): boolean {
  return (
    error instanceof AtError && (error.status?.code === CODE.updateBlocked || error.status?.code === CODE.accessFailed)
  );
}
