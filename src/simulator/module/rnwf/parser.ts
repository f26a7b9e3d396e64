/** A parameter: a whole number, an id with an index behind a dot, or the bytes of a string (RNWF 3). */
export type Parameter =
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'fraction'; readonly id: number; readonly index: number }
  | { readonly kind: 'string'; readonly bytes: Buffer };

/** A basic command, such as `E1`; without digits it has no argument. */
export interface BasicCommand {
  readonly letter: string;
  readonly argument: number | undefined;
}

/** A command line: basic commands, and an extended one at its end (RNWF 2). */
export interface CommandLine {
  readonly basics: readonly BasicCommand[];
  /** Its name, with the plus sign. */
  readonly name: string | undefined;
  /** The text of its parameters; undefined without an equals sign. */
  readonly parameters: string | undefined;
}

const LINE = /^AT((?:&?[A-Z]\d*)*)(?:(\+[A-Z0-9]+)(?:=(.*))?)?$/s;
const BASIC = /(&?[A-Z])(\d*)/g;

/** Takes a line apart; undefined for one that is no command. */
export function parseLine(line: string): CommandLine | undefined {
  const match = LINE.exec(line);
  if (!match) return undefined;
  const [, basics = '', name, parameters] = match;
  return {
    basics: [...basics.matchAll(BASIC)].map(([, letter = '', digits]) => ({
      letter,
      argument: digits ? Number(digits) : undefined,
    })),
    name,
    parameters,
  };
}

const MAX_UNSIGNED = 2 ** 32 - 1;
const MIN_SIGNED = -(2 ** 31);
const RADIXES: Readonly<Record<string, number>> = { x: 16, o: 8, b: 2 };
const CHARACTERS: Readonly<Record<string, number>> = {
  '0': 0x00,
  t: 0x09,
  '\\': 0x5c,
  '"': 0x22,
  r: 0x0d,
  n: 0x0a,
  a: 0x07,
  b: 0x08,
  v: 0x0b,
  f: 0x0c,
  e: 0x1b,
};

/** Reads the parameters of an extended command; undefined when one of them has no legal form. */
export function parseParameters(text: string): Parameter[] | undefined {
  const parameters: Parameter[] = [];
  let rest = text;
  for (;;) {
    const read = readParameter(rest.trimStart());
    if (!read) return undefined;
    parameters.push(read.parameter);
    rest = read.rest.trimStart();
    if (rest === '') return parameters;
    if (!rest.startsWith(',')) return undefined;
    rest = rest.slice(1);
  }
}

interface Read {
  parameter: Parameter;
  rest: string;
}

function readParameter(text: string): Read | undefined {
  if (text.startsWith('"')) return readQuoted(text);
  const hex = /^\[((?:[0-9A-Fa-f]{2})*)\]/.exec(text);
  if (hex)
    return { parameter: { kind: 'string', bytes: Buffer.from(hex[1] ?? '', 'hex') }, rest: text.slice(hex[0].length) };
  const word = /^[^,\s]*/.exec(text)?.[0] ?? '';
  const parameter = readNumber(word);
  return parameter && { parameter, rest: text.slice(word.length) };
}

function readNumber(word: string): Parameter | undefined {
  const fraction = /^(\d+)\.(\d+)$/.exec(word);
  if (fraction) return { kind: 'fraction', id: Number(fraction[1]), index: Number(fraction[2]) };
  const prefixed = /^0([xX])([0-9A-Fa-f]+)$|^0([oO])([0-7]+)$|^0([bB])([01]+)$/.exec(word);
  const value = prefixed
    ? Number.parseInt(
        prefixed[2] ?? prefixed[4] ?? prefixed[6] ?? '',
        RADIXES[(prefixed[1] ?? prefixed[3] ?? prefixed[5] ?? '').toLowerCase()],
      )
    : /^-?\d+$/.test(word)
      ? Number(word)
      : Number.NaN;
  return value >= MIN_SIGNED && value <= MAX_UNSIGNED ? { kind: 'integer', value } : undefined;
}

function readQuoted(text: string): Read | undefined {
  const bytes: number[] = [];
  for (let at = 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"')
      return { parameter: { kind: 'string', bytes: Buffer.from(bytes) }, rest: text.slice(at + 1) };
    const byte = character === '\\' ? CHARACTERS[text.charAt(++at)] : character.charCodeAt(0);
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  return undefined;
}
