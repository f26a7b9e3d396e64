import { readFileSync } from 'node:fs';

/** One recorded exchange: what the host wrote, and what the module printed until the host wrote again. */
export interface Exchange {
  section: string;
  tx: Buffer;
  rx: Buffer;
}

const ENTRY = /^ *\d+\.\d{3} (TX|RX) {2}(.*)$/;
const COMMENT = / {4}#.*$/;

/** Reads the recordings of the firmware's AT engine: its escapes become bytes, its comments go. */
export function readTranscript(): Exchange[] {
  const text = readFileSync(new URL('../transcripts/at-engine.txt', import.meta.url), 'utf8');
  const exchanges: Exchange[] = [];
  let section = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('### ')) section = line.slice(4).split('.')[0] ?? '';
    const [, direction, escaped] = ENTRY.exec(line) ?? [];
    if (escaped === undefined) continue;
    if (direction === 'TX') exchanges.push({ section, tx: bytes(escaped.replace(COMMENT, '')), rx: Buffer.alloc(0) });
    const last = exchanges.at(-1);
    if (direction === 'RX' && last) last.rx = Buffer.concat([last.rx, bytes(escaped)]);
  }
  return exchanges;
}

function bytes(escaped: string): Buffer {
  const text = escaped.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, char: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return { r: '\r', n: '\n', '\\': '\\' }[char] ?? `\\${char}`;
  });
  return Buffer.from(text, 'latin1');
}
