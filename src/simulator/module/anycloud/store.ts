import { NO_ADDRESS } from '../addresses.ts';
import { cString, stringForm } from './forms.ts';
import type { Parameter } from './parser.ts';

/** What an entry of a configuration holds: text up to a number of bytes, a 32-bit integer, 0 or 1, an IPv4 address. */
export type EntryKind =
  | { type: 'text'; max: number; readOnly?: boolean }
  | { type: 'integer' }
  | { type: 'flag' }
  | { type: 'address' };

export interface Entry {
  readonly id: number;
  readonly kind: EntryKind;
  /** Text as bytes, an address as dotted text, the others as a number. */
  value: Buffer | number | string;
}

/** The write calls that print a value, or a crash: the length of text is kept in a signed char (T12). */
export type Printed = { kind: 'writes'; writes: Array<string | Uint8Array> } | { kind: 'crash' };

/** A configuration of the module: numbered entries with types and limits (AT protocol 4.4). */
export class Store {
  readonly #entries: Map<number, Entry>;

  constructor(entries: Entry[]) {
    this.#entries = new Map(entries.map((entry) => [entry.id, entry]));
  }

  get ids(): number[] {
    return [...this.#entries.keys()];
  }

  has(id: number): boolean {
    return this.#entries.has(id);
  }

  /** The value of a text entry. */
  text(id: number): Buffer {
    const value = this.#entries.get(id)?.value;
    return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
  }

  /** The value of an integer or flag entry. */
  number(id: number): number {
    const value = this.#entries.get(id)?.value;
    return typeof value === 'number' ? value : 0;
  }

  /** The value of an address entry. */
  address(id: number): string {
    const value = this.#entries.get(id)?.value;
    return typeof value === 'string' ? value : NO_ADDRESS;
  }

  /** Stores a value of the right type and size. Empty text clears the entry and yet counts as a failure (T15). */
  write(id: number, value: Parameter): boolean {
    const entry = this.#entries.get(id);
    if (!entry) return false;
    const { kind } = entry;
    switch (kind.type) {
      case 'text':
        if (typeof value === 'number' || kind.readOnly || value.bytes.length > kind.max) return false;
        entry.value = Buffer.from(value.bytes);
        return value.bytes.length > 0;
      case 'address':
        if (typeof value === 'number') return false;
        entry.value = parseAddress(cString(value.bytes).toString('latin1'));
        return true;
      case 'flag':
        if (value !== 0 && value !== 1) return false;
        entry.value = value;
        return true;
      case 'integer':
        if (typeof value !== 'number') return false;
        entry.value = value;
        return true;
    }
  }

  /** The value as the module prints it. @returns undefined for an unknown id. */
  print(id: number): Printed | undefined {
    const entry = this.#entries.get(id);
    return entry && printValue(entry.value);
  }
}

/** A value of a store as the module prints it: text by its form, an address quoted. */
export function printValue(value: Buffer | number | string): Printed {
  if (typeof value === 'number') return { kind: 'writes', writes: [String(value)] };
  if (typeof value === 'string') return { kind: 'writes', writes: [`"${value}"`] };
  const length = value.length & 0xff;
  const writes = length > 0x7f ? undefined : stringForm(value.subarray(0, length));
  return writes ? { kind: 'writes', writes } : { kind: 'crash' };
}

/** Malformed text is taken for no address, without a complaint. */
function parseAddress(text: string): string {
  const parts = text.split('.');
  // A leading zero is not taken.
  const legal = parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255);
  return legal ? text : NO_ADDRESS;
}
