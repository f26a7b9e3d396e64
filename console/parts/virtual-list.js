import { html, useEffect, useLayoutEffect, useRef, useState } from '../vendor/preact.js';

/** Rows that are drawn beyond what is seen. */
const MARGIN = 10;

/**
 * A long table of which only the rows in sight exist. All rows are equally high (--row in the style).
 * The arrows, Page Up, Page Down, Home and End go from row to row.
 * @param rows what is to be shown; `row(item, index, isStop)` draws one: an element with role="row", whose control
 *   may be in the order of Tab only where it `isStop`, so that thousands of rows are no trap
 * @param head the row of headings
 * @param sticks keeps to the end of the list while it is there, and nobody goes through its rows
 */
export function VirtualList({ rows, row, head, label, sticks = false, columns }) {
  const box = useRef(null);
  const [seen, setSeen] = useState({ top: 0, height: 600, line: 28 });
  const [current, setCurrent] = useState(0);
  const goal = useRef(null);
  const atEnd = useRef(true);

  const look = () => {
    const { current: element } = box;
    if (!element) return;
    const line = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || 28;
    atEnd.current = element.scrollTop + element.clientHeight >= element.scrollHeight - line;
    setSeen((before) =>
      before.top === element.scrollTop && before.height === element.clientHeight && before.line === line
        ? before
        : { top: element.scrollTop, height: element.clientHeight, line },
    );
  };
  /** Gives the focus to the row that is gone to, as soon as it is drawn. */
  const arrive = () => {
    const control =
      goal.current !== null && box.current?.querySelector(`[aria-rowindex="${goal.current + 2}"] :is(a, button)`);
    if (!control) return;
    goal.current = null;
    control.focus({ preventScroll: true });
  };
  const onKeyDown = (event) => {
    const index = rowOf(event.target);
    const page = Math.max(1, Math.floor(seen.height / seen.line) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length }[
      event.key
    ];
    if (index === null || step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    goal.current = Math.max(0, Math.min(rows.length - 1, index + step));
    const top = goal.current * seen.line;
    const { current: element } = box;
    element.scrollTop = Math.min(top, Math.max(element.scrollTop, top + seen.line - element.clientHeight));
    look();
    arrive();
  };
  useEffect(() => {
    look();
    const observer = new ResizeObserver(look);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    arrive();
    const { current: element } = box;
    if (sticks && atEnd.current && element && !element.contains(document.activeElement))
      element.scrollTop = element.scrollHeight;
  });

  const first = Math.max(0, Math.floor(seen.top / seen.line) - MARGIN);
  const last = Math.min(rows.length, Math.ceil((seen.top + seen.height) / seen.line) + MARGIN);
  // Tab comes to the row where it was, or to the first in sight.
  const stop = current >= first && current < last ? current : Math.min(last - 1, Math.ceil(seen.top / seen.line));
  return html`<div class=${`grid ${columns}`} role="table" aria-label=${label} aria-rowcount=${rows.length + 1}>
    <div class="gridhead" role="rowgroup">${head}</div>
    <div class="gridbody" role="rowgroup" ref=${box} onScroll=${look} onKeyDown=${onKeyDown} onFocusCapture=${({ target }) => setCurrent(rowOf(target) ?? 0)}>
      <div role="presentation" style=${{ height: `${first * seen.line}px` }}></div>
      ${rows.slice(first, last).map((item, index) => row(item, first + index, first + index === stop))}
      <div role="presentation" style=${{ height: `${Math.max(0, rows.length - last) * seen.line}px` }}></div>
    </div>
  </div>`;
}

/** The index of the row that an element is in; null outside of the rows. */
function rowOf(element) {
  const row = element.closest('[aria-rowindex]');
  return row && Number(row.getAttribute('aria-rowindex')) - 2;
}
