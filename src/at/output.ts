const NUL = 0x00;
const CR = 0x0d;
// biome-ignore lint/suspicious/noControlCharactersInRegex: modules erase a line on the terminal with such a sequence
const ERASE = /\u001b\[[0-9]*[A-Z]/g;

/**
 * Takes a line apart into what was printed in one piece: CR only stands at the ends of lines and before events, so an
 * event that broke into an echo shows as a CR inside the line. Prompts, which have no line end of their own, are taken
 * off the front of each piece.
 */
export function splitOutput(line: string, prompts: string): string[] {
  const text = line.includes('\u001b') ? line.replace(ERASE, '') : line;
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === CR) end--;
  const start = skipPrompts(text, 0, end, prompts);
  const inner = text.indexOf('\r', start);
  if (inner < 0 || inner >= end) return start === end ? [] : [text.slice(start, end)];
  return text
    .slice(start, end)
    .split('\r')
    .map((piece) => piece.slice(skipPrompts(piece, 0, piece.length, prompts)))
    .filter((piece) => piece !== '');
}

function skipPrompts(text: string, from: number, end: number, prompts: string): number {
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code !== CR && code !== NUL && !prompts.includes(text.charAt(at))) break;
    at++;
  }
  return at;
}

/** An event that another task has printed into a line: what stood before it, its own line, and what it says. */
export interface EmbeddedEvent<E> {
  readonly head: string;
  readonly line: string;
  readonly event: E;
}

/** Looks for an event that begins in the middle of a piece. */
export function embeddedEvent<E>(piece: string, parse: (line: string) => E | null): EmbeddedEvent<E> | null {
  for (let at = piece.indexOf('+', 1); at > 0; at = piece.indexOf('+', at + 1)) {
    const line = piece.slice(at);
    const event = parse(line);
    if (event !== null) return { head: piece.slice(0, at), line, event };
  }
  return null;
}
