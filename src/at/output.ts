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
