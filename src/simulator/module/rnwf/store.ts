import type { Parameter } from './parser.ts';
import { STATUS, type Status } from './status.ts';
import { printString } from './strings.ts';

/** One setting of a configuration. */
export type Entry =
  | {
      readonly id: number;
      readonly kind: 'integer';
      value: number;
      readonly min: number;
      readonly max: number;
      readonly hidden?: 'at-0';
    }
  | { readonly id: number; readonly kind: 'text'; value: Buffer; readonly max: number }
  /** Several values; writing one appends it, and an empty one clears the list. */
  | { readonly id: number; readonly kind: 'list'; values: Buffer[]; readonly max: number }
  /** What is looked up when it is read. */
  | { readonly id: number; readonly kind: 'live'; read(): string[] };

/** A configuration, whose settings are read and written by their ids (RNWF 3). */
export class Store {
  readonly #create: () => Entry[];
  #entries: Entry[];

  /** @param create the settings with their defaults, which preset 0 brings back */
  constructor(create: () => Entry[]) {
    this.#create = create;
    this.#entries = create();
  }

  number(id: number): number {
    const entry = this.#find(id);
    return entry?.kind === 'integer' ? entry.value : 0;
  }

  bytes(id: number): Buffer {
    const entry = this.#find(id);
    return entry?.kind === 'text' ? entry.value : Buffer.alloc(0);
  }

  text(id: number): string {
    return this.bytes(id).toString('latin1');
  }

  list(id: number): readonly Buffer[] {
    const entry = this.#find(id);
    return entry?.kind === 'list' ? entry.values : [];
  }

  /** All settings, as `<id>,<value>`, without those that are hidden. */
  printAll(): string[] {
    return this.#entries.flatMap((entry) => (isHidden(entry) ? [] : print(entry)));
  }

  /** A setting, or one value of a list; undefined where there is none. */
  print(id: Parameter): string[] | undefined {
    if (id.kind === 'string') return undefined;
    if (id.kind === 'integer' && id.value === 0) return ['0,0'];
    const entry = this.#find(id.kind === 'integer' ? id.value : id.id);
    if (!entry || isHidden(entry)) return undefined;
    const lines = print(entry);
    return id.kind === 'integer' ? lines : lines.slice(id.index, id.index + 1);
  }

  write(id: Parameter, value: Parameter): Status {
    if (id.kind === 'string') return STATUS.invalidParameter;
    if (id.kind === 'integer' && id.value === 0) return this.#preset(value);
    const entry = this.#find(id.kind === 'integer' ? id.value : id.id);
    if (!entry || entry.kind === 'live') return STATUS.accessFailed;
    if (entry.kind === 'integer') return writeInteger(entry, value);
    if (value.kind !== 'string' || value.bytes.length > entry.max) return STATUS.invalidParameter;
    if (entry.kind === 'text') entry.value = value.bytes;
    else if (id.kind === 'fraction') entry.values[Math.min(id.index, entry.values.length)] = value.bytes;
    else if (value.bytes.length === 0) entry.values = [];
    else entry.values.push(value.bytes);
    return STATUS.ok;
  }

  #preset(value: Parameter): Status {
    if (value.kind !== 'integer' || value.value !== 0) return STATUS.invalidParameter;
    this.#entries = this.#create();
    return STATUS.ok;
  }

  #find(id: number): Entry | undefined {
    return this.#entries.find((entry) => entry.id === id);
  }
}

function isHidden(entry: Entry): boolean {
  return entry.kind === 'integer' && entry.hidden === 'at-0' && entry.value === 0;
}

function print(entry: Entry): string[] {
  switch (entry.kind) {
    case 'integer':
      return [`${entry.id},${entry.value}`];
    case 'text':
      return [`${entry.id},${printString(entry.value)}`];
    case 'list':
      return entry.values.map((value, index) => `${entry.id}.${index},${printString(value)}`);
    case 'live':
      return entry.read();
  }
}

function writeInteger(entry: Extract<Entry, { kind: 'integer' }>, value: Parameter): Status {
  if (value.kind !== 'integer' || value.value < entry.min || value.value > entry.max) return STATUS.invalidParameter;
  entry.value = value.value;
  return STATUS.ok;
}

export const integer = (id: number, value: number, min = 0, max = 0xffff_ffff): Entry => ({
  id,
  kind: 'integer',
  value,
  min,
  max,
});

export const text = (id: number, max: number, value = ''): Entry => ({
  id,
  kind: 'text',
  value: Buffer.from(value),
  max,
});

export const list = (id: number, max: number): Entry => ({ id, kind: 'list', values: [], max });

export const live = (id: number, read: () => string[]): Entry => ({ id, kind: 'live', read });
