import { STATUS, type Status } from './status.ts';

/** A decoded string: its bytes, and which of the two ways it was written in, which one command tells apart. */
export interface StringParameter {
  readonly form: 'quoted' | 'hex';
  readonly bytes: Buffer;
}

/** A decoded parameter: a 32-bit integer, or a string of any bytes. */
export type Parameter = number | StringParameter;

/** What a command line asks for. */
export type Request =
  | { kind: 'attention' }
  | { kind: 'failed'; status: Status }
  | {
      kind: 'command';
      name: string;
      /** The arguments; empty for a call without any, and for one whose name ends with a question mark. */
      text: Buffer;
      help: boolean;
      /** The scan for the end of the arguments would run off the buffer, which ends without a status (T6). */
      endless: boolean;
    };

export type Parameters =
  | { kind: 'parameters'; values: Parameter[] }
  | { kind: 'failed'; status: Status }
  /** More parameters than the firmware has room for: its stack is smashed (T34). */
  | { kind: 'crash' };

/** A line as long as this, with arguments, leaves no room for its terminator. */
const UNTERMINATED_LINE = 511;
const NO_ARGUMENTS = Buffer.alloc(0);
const QUESTION_MARK = 0x3f;
const MAX_PARAMETERS = 32;

const ESCAPES: Record<string, number> = {
  a: 0x07,
  b: 0x08,
  t: 0x09,
  n: 0x0a,
  v: 0x0b,
  f: 0x0c,
  r: 0x0d,
  e: 0x1b,
  '"': 0x22,
  '\\': 0x5c,
};

/** Splits a line into the name of its command and the text of its arguments (AT protocol 4.1). */
export function parseLine(line: Buffer): Request {
  const text = line.toString('latin1');
  if (!text.startsWith('AT')) return { kind: 'failed', status: STATUS.invalidCommand };
  if (text === 'AT') return { kind: 'attention' };
  const equals = text.indexOf('=');
  const word = text.slice(2, equals < 0 ? undefined : equals);
  const args = equals < 0 ? NO_ARGUMENTS : line.subarray(equals + 1);
  const helpMark = word.indexOf('/?');
  const asksForHelp = helpMark >= 0 && helpMark === word.length - 2;
  const reads = helpMark < 0 && word.length > 1 && word.endsWith('?');
  const name = asksForHelp ? word.slice(0, -2) : reads ? word.slice(0, -1) : word;
  return {
    kind: 'command',
    name,
    text: reads ? NO_ARGUMENTS : args,
    help: asksForHelp || args[0] === QUESTION_MARK,
    endless: args.length > 0 && line.length === UNTERMINATED_LINE,
  };
}

/** Decodes the arguments; every breach of the grammar is a wrong number of parameters (AT protocol 4.2, T33). */
export function parseParameters(text: Buffer): Parameters {
  const scanner = new Scanner(text.toString('latin1'));
  const values: Parameter[] = [];
  if (scanner.ended) return { kind: 'parameters', values };
  do {
    const value = scanner.parameter();
    if (value === undefined) return { kind: 'failed', status: STATUS.parameterCount };
    if (values.push(value) > MAX_PARAMETERS) return { kind: 'crash' };
  } while (scanner.comma());
  return scanner.ended ? { kind: 'parameters', values } : { kind: 'failed', status: STATUS.parameterCount };
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get ended(): boolean {
    return this.#at >= this.#text.length;
  }

  comma(): boolean {
    if (this.#text[this.#at] !== ',') return false;
    this.#at += 1;
    return true;
  }

  /** The next parameter, or undefined when there is none of legal form. */
  parameter(): Parameter | undefined {
    this.#skipSpaces();
    const opening = this.#text[this.#at];
    if (opening === '"') return this.#quoted();
    if (opening === '[') return this.#hex();
    return this.#integer();
  }

  #skipSpaces(): void {
    while (this.#text[this.#at] === ' ') this.#at += 1;
  }

  #integer(): number | undefined {
    const comma = this.#text.indexOf(',', this.#at);
    const word = this.#text.slice(this.#at, comma < 0 ? undefined : comma);
    this.#at += word.length;
    if (/^0[xX][0-9a-fA-F]+$/.test(word)) return toInt32(Number.parseInt(word.slice(2), 16));
    return /^(-|-?[0-9]+)$/.test(word) ? toInt32(parseDecimalOrOctal(word)) : undefined;
  }

  /** A quoted string; its closing quote may be missing at the end of the line. */
  #quoted(): StringParameter | undefined {
    const bytes: number[] = [];
    for (this.#at += 1; !this.ended; this.#at++) {
      const character = this.#text.charAt(this.#at);
      if (character === '"') {
        this.#at += 1;
        this.#skipSpaces();
        break;
      }
      const byte = character === '\\' ? ESCAPES[this.#text.charAt(++this.#at)] : character.charCodeAt(0);
      if (byte === undefined || byte > 0x7e) return undefined;
      bytes.push(byte);
    }
    return { form: 'quoted', bytes: Buffer.from(bytes) };
  }

  /** Hex digits in brackets; letters beyond F count as 0, and the closing bracket may be missing at the end of the line. */
  #hex(): StringParameter | undefined {
    const digits = /^[0-9a-zA-Z]*/.exec(this.#text.slice(this.#at + 1))?.[0] ?? '';
    this.#at += 1 + digits.length;
    if (digits.length % 2 !== 0) return undefined;
    if (!this.ended) {
      if (this.#text[this.#at] !== ']') return undefined;
      this.#at += 1;
      this.#skipSpaces();
    }
    return { form: 'hex', bytes: Buffer.from(digits.replace(/[g-z]/gi, '0'), 'hex') };
  }
}

/** As C's strtol with base 0 reads it: a leading zero means octal, and the number ends at the first wrong digit (T32). */
function parseDecimalOrOctal(word: string): number {
  const negative = word.startsWith('-');
  const digits = negative ? word.slice(1) : word;
  const octal = /^0[0-7]*/.exec(digits);
  const value = octal ? Number.parseInt(octal[0], 8) : Number.parseInt(digits, 10) || 0;
  return negative ? -value : value;
}

/** 32 bits, saturating: positive numbers are read as unsigned ones. */
function toInt32(value: number): number {
  return Math.max(-0x8000_0000, Math.min(0xffff_ffff, value)) | 0;
}
