/** A final reply (AT protocol 6). `code` is null for a bare `ERROR`, 0 for success. */
export interface Status {
  ok: boolean;
  code: number | null;
  text: string;
}

const ERROR_STATUS = /^ERROR(?::(?:(\d{1,3})(?:,"([^"]*)")?|"([^"]*)"))?$/;
const TERSE_STATUS = /^(?:0|1|1:(\d{1,3}))$/;

/** Reads a status line of verbosity 2 to 5; null when the line is none. */
export function parseStatus(text: string): Status | null {
  if (text === 'OK') return { ok: true, code: 0, text };
  if (!text.startsWith('ERROR')) return null;
  const match = ERROR_STATUS.exec(text);
  if (!match) return null;
  return { ok: false, code: match[1] === undefined ? null : Number(match[1]), text: match[2] ?? match[3] ?? text };
}

/** Reads a status line of verbosity 0 and 1, which is a bare number and so cannot be told from other output. */
export function parseTerseStatus(text: string): Status | null {
  const match = TERSE_STATUS.exec(text);
  if (!match) return null;
  return { ok: text === '0', code: match[1] === undefined ? null : Number(match[1]), text };
}

const NUL = 0x00;
const CR = 0x0d;
const PROMPT = 0x3e;
export const BINARY_PROMPT = 0x23;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the module erases its line with this sequence (AT protocol 2.5)
const ERASE = /\u001b\[[0-9]*[A-Z]/g;

/**
 * Takes a line apart into what was printed in one piece: CR only stands at the ends of lines and before events
 * (AT protocol 3.1), so an event that broke into an echo shows as a CR inside the line. Prompts (`>`, and `#` for
 * binary data), which have no line end of their own, are taken off the front of each piece.
 */
export function splitOutput(line: string): string[] {
  const text = line.includes('\u001b') ? line.replace(ERASE, '') : line;
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === CR) end--;
  const start = skipPrompts(text, 0, end);
  const inner = text.indexOf('\r', start);
  if (inner < 0 || inner >= end) return start === end ? [] : [text.slice(start, end)];
  return text
    .slice(start, end)
    .split('\r')
    .map((piece) => piece.slice(skipPrompts(piece, 0, piece.length)))
    .filter((piece) => piece !== '');
}

function skipPrompts(text: string, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code !== PROMPT && code !== CR && code !== NUL && code !== BINARY_PROMPT) break;
    at++;
  }
  return at;
}
