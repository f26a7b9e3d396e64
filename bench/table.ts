import type { Claim, Row } from './row.ts';
import type { Summary } from './statistics.ts';

const HEAD = ['what', 'median', 'quartiles', 'against', 'median', 'ratio', 'quartiles', 'claim', 'holds'];

/** The rows as a Markdown table, which is readable on a terminal too. */
export function table(rows: readonly Row[]): string {
  const cells = [HEAD, ...rows.map(texts)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) => `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = HEAD, ...body] = cells;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

function texts({ name, unit, measured, against, claim, holds }: Row): string[] {
  return [
    name,
    `${short(measured.median)} ${unit}`.trim(),
    quartiles(measured),
    against?.name ?? '–',
    against ? `${short(against.measured.median)} ${unit}`.trim() : '–',
    against ? short(against.ratio.median) : '–',
    against ? quartiles(against.ratio) : '–',
    claim ? describe(claim) : '–',
    holds === null ? '–' : holds ? 'yes' : 'NO',
  ];
}

/** Nothing for what was measured once. */
function quartiles({ low, high }: Summary): string {
  return low === high ? '–' : `${short(low)}–${short(high)}`;
}

function describe(claim: Claim): string {
  return 'atMost' in claim ? `≤ ${claim.atMost}` : `≥ ${claim.atLeast}`;
}

/** Three significant digits, and no more zeros than tell something. */
function short(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}
