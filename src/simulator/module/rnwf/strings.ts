const ESCAPES: Readonly<Record<number, string>> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  27: '\\e',
  34: '\\"',
  92: '\\\\',
};

/**
 * A string as it is printed: quoted, with escapes; in hexadecimal as soon as one byte has no escape; and `[]` where it is
 * empty (RNWF 3).
 */
export function printString(bytes: Uint8Array): string {
  if (bytes.length === 0) return '[]';
  let quoted = '"';
  for (const byte of bytes) {
    const escaped = ESCAPES[byte];
    if (escaped === undefined && (byte < 0x20 || byte > 0x7e)) {
      return `[${Buffer.from(bytes).toString('hex').toUpperCase()}]`;
    }
    quoted += escaped ?? String.fromCharCode(byte);
  }
  return `${quoted}"`;
}

export const printText = (text: string): string => printString(Buffer.from(text));
