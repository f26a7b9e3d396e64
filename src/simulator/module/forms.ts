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

/** Escapes as the module prints them: control bytes by letter, quotes and backslashes with a backslash. */
export function escapeText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    text += NAMED[byte] ?? (character === '"' || character === '\\' ? `\\${character}` : character);
  }
  return text;
}

/** Upper-case hex pairs in brackets. */
export function hexForm(bytes: Uint8Array): string {
  return `[${Buffer.from(bytes).toString('hex').toUpperCase()}]`;
}

/**
 * The write calls that print a string in the form its bytes ask for: hex, escaped or raw (AT protocol 5).
 * @returns undefined when the form overruns the firmware's stack buffer, which ends in a crash (T30).
 */
export function stringForm(bytes: Uint8Array): Array<string | Uint8Array> | undefined {
  if (bytes.length === 0) return ['[]'];
  if (bytes.every(isPrintable)) return ['"', bytes, '"'];
  const form = bytes.every((byte) => isPrintable(byte) || byte in NAMED) ? `"${escapeText(bytes)}"` : hexForm(bytes);
  return form.length > FORM_BUFFER + SURVIVED_OVERRUN ? undefined : [form];
}
