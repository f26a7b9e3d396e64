import { html, useEffect, useLayoutEffect, useRef, useState } from '../vendor/preact.js';

/** Rows that are drawn beyond what is seen. */
const MARGIN = 10;

/**
 * A long table of which only the rows in sight exist. All rows are equally high (--row in the style).
 * @param rows what is to be shown; `row(item, index)` draws one: an element with role="row"
 * @param head the row of headings
 * @param sticks keeps to the end of the list while it is there
 */
export function VirtualList({ rows, row, head, label, sticks = false, columns }) {
  const box = useRef(null);
  const [seen, setSeen] = useState({ top: 0, height: 600, line: 28 });
  const atEnd = useRef(true);

  const look = () => {
    const { current } = box;
    if (!current) return;
    const line = Number.parseFloat(getComputedStyle(current).getPropertyValue('--row')) || 28;
    atEnd.current = current.scrollTop + current.clientHeight >= current.scrollHeight - line;
    setSeen((before) =>
      before.top === current.scrollTop && before.height === current.clientHeight && before.line === line
        ? before
        : { top: current.scrollTop, height: current.clientHeight, line },
    );
  };
  useEffect(() => {
    look();
    const observer = new ResizeObserver(look);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (sticks && atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  });

  const first = Math.max(0, Math.floor(seen.top / seen.line) - MARGIN);
  const last = Math.min(rows.length, Math.ceil((seen.top + seen.height) / seen.line) + MARGIN);
  return html`<div class=${`grid ${columns}`} role="table" aria-label=${label} aria-rowcount=${rows.length + 1}>
    <div class="gridhead" role="rowgroup">${head}</div>
    <div class="gridbody" role="rowgroup" tabindex="0" ref=${box} onScroll=${look} aria-label=${label}>
      <div role="presentation" style=${{ height: `${first * seen.line}px` }}></div>
      ${rows.slice(first, last).map((item, index) => row(item, first + index))}
      <div role="presentation" style=${{ height: `${Math.max(0, rows.length - last) * seen.line}px` }}></div>
    </div>
  </div>`;
}
