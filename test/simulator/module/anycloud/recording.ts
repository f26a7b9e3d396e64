import { readFileSync } from 'node:fs';

/** One line of the recordings. `at` is in milliseconds; a line without a time of its own has that of the next one. */
export type Step =
  | { kind: 'tx' | 'rx'; at: number; bytes: Buffer; line: number }
  | { kind: 'control'; at: number; text: string; line: number }
  | { kind: 'publish'; at: number; topic: string; payload: Buffer; line: number }
  | { kind: 'note'; at: number; text: string; line: number };

export interface Section {
  title: string;
  steps: Step[];
}

/** The recordings, and what was written down beside them in their form. */
export type TranscriptName = 'at-engine' | 'at-engine-more';

/** Bytes as the recordings write them: `\r`, `\n`, `\xNN` and `\\`; everything else stands for itself. */
export function decode(text: string): Buffer {
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replace(/\\(?:x([0-9a-f]{2})|([rn\\]))/g, (_all, hex?: string, letter?: string) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : letter === 'r' ? '\r' : letter === 'n' ? '\n' : '\\',
  );
  return Buffer.from(plain, 'latin1');
}

/** A payload of which the recordings show the size and the beginning, or only a name. */
function payload(size: number, shown: string): Buffer {
  const patterns: Record<string, string> = {
    'UTF-8': '\\xc3\\xa9',
    'JSON lines': '{"a":1}\\n',
    'of JSON lines': '{"a":1}\\n',
    '0x01': '\\x01',
  };
  const sample = decode(patterns[shown] ?? shown.replace(/\.\.\.$/, ''));
  if (sample.length >= size) return sample.subarray(0, size);
  let period = 1;
  while (!sample.subarray(period).equals(sample.subarray(0, sample.length - period))) period += 1;
  return Buffer.alloc(size, sample.subarray(0, period));
}

function parseStep(text: string, line: number): Step | undefined {
  const timed = /^ *([0-9.]+) ([RT])X {2}(.*?)(?: {4}# .*)?$/s.exec(text);
  if (timed) {
    const [, seconds, direction, bytes = ''] = timed;
    return { kind: direction === 'T' ? 'tx' : 'rx', at: Number(seconds) * 1000, bytes: decode(bytes), line };
  }
  const control = /^ +CTL (.*) ->/.exec(text);
  if (control) return { kind: 'control', at: 0, text: control[1] ?? '', line };
  const exact = /^ +broker publishes ([0-9]+) bytes on (.*?): (.*?) {3}#/s.exec(text);
  const named = /^ +broker publishes ([0-9]+) bytes (.*?)(?: \(.*\))?$/.exec(text);
  if (exact) {
    return { kind: 'publish', at: 0, topic: exact[2] ?? '', payload: payload(Number(exact[1]), exact[3] ?? ''), line };
  }
  if (named) return { kind: 'publish', at: 0, topic: 't/x', payload: payload(Number(named[1]), named[2] ?? ''), line };
  const note = /^ *\((.*)\)$|^ +(broker publishes on .*)$/.exec(text);
  return note ? { kind: 'note', at: 0, text: note[1] ?? note[2] ?? '', line } : undefined;
}

const isTimed = ({ kind }: Step) => kind === 'tx' || kind === 'rx';

/** A transcript, section by section. */
export function readTranscript(name: TranscriptName): Section[] {
  const file = new URL(`../../../transcripts/${name}.txt`, import.meta.url);
  const sections: Section[] = [];
  for (const [index, text] of readFileSync(file, 'utf8').split('\n').entries()) {
    const title = /^### (.*)$/.exec(text)?.[1];
    if (title) sections.push({ title, steps: [] });
    const step = parseStep(text, index + 1);
    if (step) sections.at(-1)?.steps.push(step);
  }
  for (const { steps } of sections) {
    const times = steps.flatMap((step) => (isTimed(step) ? [step.at] : []));
    let next = times.at(-1) ?? 0;
    for (const step of steps.toReversed()) {
      if (isTimed(step)) next = step.at - 1;
      else step.at = next;
    }
  }
  return sections;
}
