// A terminal as an SVG: no script, no font from elsewhere, and a frame and a background of its own, so that it can be read on
// a light page and on a dark one.

const [LINE_HEIGHT, CHARACTER, MARGIN, BAR] = [18, 8, 16, 30];
/** How long a row is seen before the next one comes, in seconds, and how long the last ones stay. */
const [ROW_TIME, FIRST, LAST] = [0.08, 2, 5];

/** The colours that the program uses, by the parameter of SGR (ECMA-48, 8.3.117); 39 and 22 end them. */
const CLASSES: Readonly<Record<string, string>> = { 1: 'b', 31: 'r', 32: 'g', 33: 'y', 36: 'c' };
const STYLE = [
  `text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d5dbe3;white-space:pre}`,
  '.c{fill:#56d4dd}.g{fill:#7ee787}.y{fill:#e3b341}.r{fill:#ff7b72}.b{font-weight:bold;fill:#fff}',
].join('');

interface Span {
  text: string;
  class: string;
}

/** The rows of a screen of so many columns, from what a program has written. @throws Error for what it never writes */
export function rowsOf(ansi: string, columns: number): Span[][] {
  let current = '';
  return ansi
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const rows: Span[][] = [[]];
      let column = 0;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are control sequences.
      for (const [, sgr, text] of line.matchAll(/\u001b\[(\d+)m|([^\u001b]+)/g)) {
        if (sgr !== undefined) {
          current = CLASSES[sgr] ?? '';
          if (current === '' && !['0', '22', '39'].includes(sgr)) throw new Error(`which colour is ${sgr}?`);
          continue;
        }
        let rest = text ?? '';
        while (rest !== '') {
          if (column === columns) {
            rows.push([]);
            column = 0;
          }
          const part = rest.slice(0, columns - column);
          rows.at(-1)?.push({ text: part, class: current });
          column += part.length;
          rest = rest.slice(part.length);
        }
      }
      return rows;
    });
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function textOf(row: readonly Span[], index: number): string {
  if (row.length === 0) return '';
  const y = index * LINE_HEIGHT + 13;
  const spans = row.map(({ text, class: name }) =>
    name === '' ? escaped(text) : `<tspan class="${name}">${escaped(text)}</tspan>`,
  );
  return `<text y="${y}">${spans.join('')}</text>`;
}

export interface PictureOptions {
  /** Of the window. */
  title: string;
  /** What somebody who cannot see it is told. */
  description: string;
  columns: number;
  rows: number;
  /** A picture that stands still begins with the row that begins so; otherwise all of them run through. */
  from?: string;
}

/** The picture of what a program has written on a terminal. */
export function terminalPicture(ansi: string, options: PictureOptions): string {
  const { title, description, columns, from } = options;
  const all = rowsOf(ansi, columns);
  const first = all.findIndex((row) => from !== undefined && row[0]?.text.startsWith(from));
  if (from !== undefined && first < 0) throw new Error(`no row begins with ${from}`);
  const rows = from === undefined ? all : all.slice(first, first + options.rows);
  const hidden = Math.max(0, rows.length - options.rows);
  const width = columns * CHARACTER + 2 * MARGIN;
  const height = BAR + options.rows * LINE_HEIGHT + 2 * MARGIN;
  const end = `transform:translateY(${-hidden * LINE_HEIGHT}px)`;
  const duration = FIRST + hidden * ROW_TIME + LAST;
  const share = (seconds: number) => `${((100 * seconds) / duration).toFixed(2)}%`;
  const motion =
    hidden === 0
      ? ''
      : `.s{${end}}@media(prefers-reduced-motion:no-preference){.s{animation:s ${duration.toFixed(2)}s infinite}}` +
        `@keyframes s{0%{transform:none}${share(FIRST)}{transform:none;animation-timing-function:steps(${hidden})}` +
        `${share(duration - LAST)},100%{${end}}}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title><desc>${escaped(description)}</desc><style>${STYLE}${motion}</style>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="#12161c" stroke="#4a525e"/>`,
    `<path d="M.5 ${BAR}h${width - 1}" stroke="#4a525e"/>`,
    '<circle cx="18" cy="15" r="5" fill="#f2645a"/><circle cx="36" cy="15" r="5" fill="#e3b341"/><circle cx="54" cy="15" r="5" fill="#57ab5a"/>',
    `<text x="${width / 2}" y="20" text-anchor="middle">${escaped(title)}</text>`,
    `<clipPath id="screen"><rect width="${columns * CHARACTER}" height="${options.rows * LINE_HEIGHT}"/></clipPath>`,
    `<g transform="translate(${MARGIN} ${BAR + MARGIN})" clip-path="url(#screen)"><g class="s">`,
    ...rows.map(textOf).filter((text) => text !== ''),
    '</g></g></svg>',
    '',
  ].join('\n');
}
