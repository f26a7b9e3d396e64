/** The most bytes that fit the firmware's buffer for escaped and hex forms; a little more happens to survive. */
const FORM_BUFFER = 1500;
const SURVIVED_OVERRUN = 24;

const NAMED: Record<number, string> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  27: '\\e',
};

const isPrintable = (byte: number) => byte >= 0x20 && byte <= 0x7e;

/** Which part of a string is printed: the first one has no closing, the last one no opening delimiter. */
export type FormPart = 'whole' | 'first' | 'last';

/** Escapes as the module prints them: control bytes by letter, quotes and backslashes with a backslash. */
function escapeText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    text += NAMED[byte] ?? (character === '"' || character === '\\' ? `\\${character}` : character);
  }
  return text;
}

/**
 * The write calls that print a string in the form its bytes ask for: hex, escaped or raw (AT protocol 5).
 * @returns undefined when the form overruns the firmware's stack buffer, which ends in a crash (T30).
 */
export function stringForm(bytes: Uint8Array, part: FormPart = 'whole'): Array<string | Uint8Array> | undefined {
  if (bytes.length === 0) return ['[]'];
  const [opens, closes] = [part !== 'last', part !== 'first'];
  if (bytes.every(isPrintable)) return [...(opens ? ['"'] : []), bytes, ...(closes ? ['"'] : [])];
  const delimited = (opening: string, text: string, closing: string) =>
    `${opens ? opening : ''}${text}${closes ? closing : ''}`;
  const form = bytes.every((byte) => isPrintable(byte) || byte in NAMED)
    ? delimited('"', escapeText(bytes), '"')
    : delimited('[', Buffer.from(bytes).toString('hex').toUpperCase(), ']');
  return form.length > FORM_BUFFER + SURVIVED_OVERRUN ? undefined : [form];
}

/** The firmware hands most strings on as those of C: they end at a NUL. */
export function cString(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
