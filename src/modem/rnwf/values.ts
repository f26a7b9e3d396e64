/** A value of a response or an event: a number as it is printed, or the bytes of a string. */
export type Value = { readonly kind: 'number'; readonly text: string } | { readonly kind: 'string'; bytes: Buffer };

/** Characters that have an escape of their own, by their byte (RNWF 3). */
const ESCAPES = new Map([
  [0x00, '\\0'],
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x1b, '\\e'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
]);
const ESCAPED = new Map([...ESCAPES].map(([byte, form]) => [form.charAt(1), byte]));

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const BLANK = 0x20;
/** Decimal with a sign, a fraction of two integers, or another base (RNWF 3). */
const NUMBER = /(?:0[xX][0-9A-Fa-f]+|0[bB][01]+|0[oO][0-7]+|-?\d+(?:\.\d+)?)(?= *(?:,|$))/y;
const HEX = /\[((?: *[0-9A-Fa-f]{2})*) *\]/y;

/**
 * A string parameter in a form that the module decodes back to the same bytes: quoted with escapes where every byte has
 * such a form, else hexadecimal. NUL is written in hexadecimal: what follows `\0` could be a digit.
 */
export function quote(value: string | Uint8Array): string {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  let text = '';
  for (const byte of bytes) {
    const escaped = byte === 0 ? undefined : ESCAPES.get(byte);
    if (escaped !== undefined) text += escaped;
    else if (byte >= 0x20 && byte <= 0x7e) text += String.fromCharCode(byte);
    else return `[${Buffer.from(bytes).toString('hex').toUpperCase()}]`;
  }
  return `"${text}"`;
}

/**
 * Reads values that are separated by commas, up to the end of the text. There are no lengths: a string ends at its first
 * quote that is not escaped.
 * @returns null when one of them has no legal form
 */
export function readValues(text: string): Value[] | null {
  const values: Value[] = [];
  let at = 0;
  while (at < text.length) {
    // Blanks around commas are accepted.
    at = skipBlanks(text, at);
    const read = readValue(text, at) ?? readRaw(text, at, values.length);
    if (read === null) return null;
    values.push(read.value);
    at = skipBlanks(text, read.end);
    if (at === text.length) return values;
    if (text[at] !== ',') return null;
    at++;
    if (at === text.length) return null;
  }
  return values;
}

interface Read {
  value: Value;
  end: number;
}

function readValue(text: string, start: number): Read | null {
  if (text[start] === '"') {
    const read = readQuoted(text, start);
    const next = read ? skipBlanks(text, read.end) : text.length;
    return next === text.length || text[next] === ',' ? read : null;
  }
  if (text[start] === '[') {
    HEX.lastIndex = start;
    const digits = HEX.exec(text)?.[1];
    if (digits === undefined) return null;
    return { value: { kind: 'string', bytes: Buffer.from(digits.replaceAll(' ', ''), 'hex') }, end: HEX.lastIndex };
  }
  NUMBER.lastIndex = start;
  const number = NUMBER.exec(text)?.[0];
  return number === undefined ? null : { value: { kind: 'number', text: number }, end: start + number.length };
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) === BLANK) at++;
  return at;
}

function readQuoted(text: string, start: number): Read | null {
  const bytes = Buffer.alloc(text.length - start);
  let length = 0;
  for (let at = start + 1; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code === QUOTE) return { value: { kind: 'string', bytes: bytes.subarray(0, length) }, end: at + 1 };
    if (code === BACKSLASH) {
      const read = readEscape(text, at + 1);
      if (read === null) return null;
      code = read.byte;
      at = read.last;
    }
    bytes[length++] = code;
  }
  return null;
}

/** One of the letters, or `\xNN`, which no document has and some programs print. */
function readEscape(text: string, at: number): { byte: number; last: number } | null {
  const byte = ESCAPED.get(text.charAt(at));
  if (byte !== undefined) return { byte, last: at };
  const digits = /^x([0-9A-Fa-f]{2})/.exec(text.slice(at, at + 3))?.[1];
  return digits === undefined ? null : { byte: Number.parseInt(digits, 16), last: at + 2 };
}

/**
 * The last value of a line as it stands between its quotes, where it is not escaped: it is not known of every firmware
 * that it escapes what it prints (docs/rnwf.md).
 */
function readRaw(text: string, start: number, before: number): Read | null {
  if (before === 0 || text[start] !== '"' || !text.endsWith('"') || text.length < start + 2) return null;
  const inside = text.slice(start + 1, -1);
  if (inside.includes('\\')) return null;
  return { value: { kind: 'string', bytes: Buffer.from(inside, 'latin1') }, end: text.length };
}

/**
 * How an answer begins: with the name of its command, and perhaps numbers that were asked for. Blanks do not count.
 * @param numbers as patterns
 */
export function answerTo(name: string, ...numbers: (string | number)[]): RegExp {
  return new RegExp(`^\\+${name}:\\s*${numbers.map((number) => `${number}\\s*,\\s*`).join('')}`);
}

/** The values behind the name of an answer; none where they cannot be read. */
export function valuesOf(answer: string): Value[] {
  return readValues(answer.slice(answer.search(/[:=]/) + 1)) ?? [];
}

/** The bytes of a string; null for a number, and for nothing. */
export function stringOf(value: Value | undefined): Buffer | null {
  return value?.kind === 'string' ? value.bytes : null;
}

/** A string as text. */
export function textOf(value: Value | undefined): string | null {
  return stringOf(value)?.toString('utf8') ?? null;
}

/** A whole number; null for everything else, a fraction too. */
export function integerOf(value: Value | undefined): number | null {
  if (value?.kind !== 'number' || value.text.includes('.')) return null;
  const number = Number(value.text);
  return Number.isSafeInteger(number) ? number : null;
}

/** A status code: two numbers with a dot between them. */
export function codeOf(value: Value | undefined): string | null {
  return value?.kind === 'number' && /^\d+\.\d+$/.test(value.text) ? value.text : null;
}
