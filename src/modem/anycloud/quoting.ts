const ESCAPES = new Map([
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

/**
 * A string parameter in the form that the module decodes back to the same bytes (AT protocol 4.2): quoted with
 * escapes where every byte has such a form, else hexadecimal.
 */
export function quote(value: string | Uint8Array): string {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  let text = '';
  for (const byte of bytes) {
    const escaped = ESCAPES.get(byte);
    if (escaped !== undefined) text += escaped;
    else if (byte >= 0x20 && byte <= 0x7e) text += String.fromCharCode(byte);
    else return `[${Buffer.from(bytes).toString('hex').toUpperCase()}]`;
  }
  return `"${text}"`;
}

const ESCAPED = new Map([
  ['a', 0x07],
  ['b', 0x08],
  ['t', 0x09],
  ['n', 0x0a],
  ['v', 0x0b],
  ['f', 0x0c],
  ['r', 0x0d],
  ['e', 0x1b],
  ['0', 0x00],
  ['"', 0x22],
  ['\\', 0x5c],
]);

/** Decodes the inside of an escaped string (AT protocol 5, form 3); null when an escape is unknown or cut off. */
export function readEscapes(text: string): Buffer | null {
  const bytes = Buffer.alloc(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code === 0x5c) {
      const value = ESCAPED.get(text.charAt(++at));
      if (value === undefined) return null;
      code = value;
    }
    bytes[length++] = code;
  }
  return bytes.subarray(0, length);
}

/** Decodes `[0A1B]` from `start`, `length` bytes long; null when it is not that. */
export function readHex(line: string, start: number, length: number): Buffer | null {
  const end = start + 1 + 2 * length;
  if (line[start] !== '[' || line[end] !== ']') return null;
  const digits = line.slice(start + 1, end);
  return /^[0-9A-Fa-f]*$/.test(digits) ? Buffer.from(digits, 'hex') : null;
}

/**
 * Decodes a string whose length is not given, as configuration is printed (AT protocol 5): `[]`, hexadecimal,
 * escaped or raw. Raw and escaped cannot be told apart here; without a backslash they are the same.
 */
export function readString(text: string): Buffer | null {
  if (/^\[(?:[0-9A-Fa-f]{2})*\]$/.test(text)) return readHex(text, 0, (text.length - 2) / 2);
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return null;
  return Buffer.from(text.slice(1, -1), 'latin1');
}
