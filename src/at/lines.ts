import { ReadlineParser } from '@serialport/parser-readline';

const LF = 0x0a;
const LINE_END = Buffer.from([LF]);

/** Longest line passed on, in bytes; the longest legal one, a certificate or an escaped payload, has about 2 KB. */
export const MAX_LINE = 8192;
const STEP = MAX_LINE / 2;

/**
 * Cuts the byte stream of a module into lines. A line ends at LF and nowhere else; one character
 * of the result is one byte of the wire. The guard in front bounds what a line without end can cost: the parser
 * alone keeps everything it has seen since the last LF, and copies it with every chunk.
 * @returns takes the next bytes
 */
export function lineCutter(onLine: (line: string) => void): (chunk: Buffer) => void {
  const parser = new ReadlineParser({ delimiter: '\n', encoding: 'latin1', readableObjectMode: true });
  parser.on('data', onLine);
  let length = 0;

  return (chunk) => {
    if (chunk.length <= STEP) guard(chunk);
    else for (let at = 0; at < chunk.length; at += STEP) guard(chunk.subarray(at, at + STEP));
  };

  /** The fast path: no line in `chunk` can be longer than MAX_LINE, so it passes as it is. */
  function guard(chunk: Buffer): void {
    const lastEnd = chunk.lastIndexOf(LF);
    if (length + (lastEnd < 0 ? chunk.length : lastEnd) > MAX_LINE) {
      cut(chunk);
      return;
    }
    length = lastEnd < 0 ? length + chunk.length : chunk.length - lastEnd - 1;
    parser.write(chunk);
  }

  /** The slow path: passes on the first MAX_LINE bytes of each line and drops what follows up to its LF. */
  function cut(chunk: Buffer): void {
    for (let start = 0; start < chunk.length; ) {
      const end = chunk.indexOf(LF, start);
      const stop = end < 0 ? chunk.length : end;
      const room = Math.max(0, MAX_LINE - length);
      parser.write(chunk.subarray(start, Math.min(stop, start + room)));
      length = Math.min(MAX_LINE, length + stop - start);
      if (end < 0) return;
      parser.write(LINE_END);
      length = 0;
      start = end + 1;
    }
  }
}
