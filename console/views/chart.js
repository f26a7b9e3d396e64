import { api } from '../api.js';
import { csv } from '../csv.js';
import { clipped, number, timeOfDay } from '../format.js';
import { wellFormed } from '../json.js';
import { saveFile } from '../parts/download.js';
import { setQuery } from '../route.js';
import { html, useEffect, useRef, useState } from '../vendor/preact.js';

const WINDOWS = [
  ['60', '1 min'],
  ['300', '5 min'],
  ['900', '15 min'],
  ['3600', '1 h'],
];
const COLORS = ['--series1', '--series2', '--series3', '--series4', '--series5', '--series6'];
const HEIGHT = 360;
/** Of a wide chart, from left to right. */
const DOTS = 1000;

let library = null;
/** The chart library, loaded when the first chart is drawn. */
function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    const style = document.createElement('link');
    style.rel = 'stylesheet';
    style.href = 'vendor/uplot.css';
    const script = document.createElement('script');
    script.src = 'vendor/uplot.js';
    script.onload = () => resolve(globalThis.uPlot);
    script.onerror = () => reject(new Error('The chart library was not loaded.'));
    document.head.append(style, script);
  });
  return library;
}

/** Numbers over time: chosen by one click, several in one chart. */
export function Chart({ store, device, route, isCloud }) {
  const paths = store.series
    .paths(device.id)
    .filter((path) => typeof store.series.get(device.id, path).values.at(-1) === 'number');
  const asked = chosenIn(route.query.get('paths'));
  // An address holds no half characters: what it has stands for the path that is written so.
  const chosen =
    asked?.map((name) => paths.find((path) => wellFormed(path) === name) ?? name).slice(0, COLORS.length) ??
    paths.slice(0, 1);
  const window = route.query.get('window');
  const seconds = WINDOWS.some(([id]) => id === window) ? Number(window) : fittingWindow(store, device, chosen);
  const [pausedAt, setPausedAt] = useState(null);
  const fetched = useRef(new Set());
  useEffect(() => {
    if (!isCloud) return;
    for (const path of chosen) {
      if (fetched.current.has(path)) continue;
      fetched.current.add(path);
      api.history(device.id, path).then(
        ({ value }) => {
          const numbers = value.filter((sample) => Number.isFinite(sample.value));
          store.series.prepend(
            device.id,
            path,
            numbers.map(({ timestamp }) => Date.parse(timestamp)),
            numbers.map((sample) => sample.value),
          );
          store.changed();
        },
        () => undefined, // the past is a help; the chart goes on without it
      );
    }
  });
  if (paths.length === 0)
    return html`<div class="empty"><p>No number has come yet. As soon as the device sends one, it can be drawn here.</p></div>`;
  const toggle = (path) =>
    setQuery(
      'paths',
      JSON.stringify(
        (chosen.includes(path) ? chosen.filter((one) => one !== path) : [...chosen, path].slice(-COLORS.length)).map(
          wellFormed,
        ),
      ),
    );
  const until = pausedAt ?? store.now();
  const save = () =>
    saveFile(`${device.id}.csv`, 'text/csv', csvOf(store, device, chosen, until - seconds * 1000, until));
  return html`
    <div class="bar">
      <div class="choice" role="group" aria-label="Window">${WINDOWS.map(([id, name]) => html`<button key=${id} type="button" aria-pressed=${String(seconds) === id} onClick=${() => setQuery('window', id)}>${name}</button>`)}</div>
      <button type="button" aria-pressed=${pausedAt !== null} onClick=${() => setPausedAt(pausedAt === null ? store.now() : null)}>${pausedAt === null ? 'Pause' : 'Go on'}</button>
      <button type="button" onClick=${save}>Save as CSV</button>
    </div>
    <div class="choice paths" role="group" aria-label="Values">${paths.map((path) => {
      const index = chosen.indexOf(path);
      return html`<button key=${path} type="button" aria-pressed=${index >= 0} onClick=${() => toggle(path)}>${index >= 0 ? html`<span class=${`swatch series${(index % COLORS.length) + 1}`} aria-hidden="true"></span>` : ''}${clipped(path, 60) || '(no name)'} <b>${number(store.series.get(device.id, path).values.at(-1))}</b></button>`;
    })}</div>
    ${chosen.filter((path) => paths.includes(path)).length === 0 ? html`<div class="empty"><p>Choose a value to draw.</p></div>` : html`<${Plot} store=${store} device=${device} paths=${chosen.filter((path) => paths.includes(path))} from=${until - seconds * 1000} until=${until} />`}`;
}

/** The paths in an address, a JSON array; null where there are none. */
function chosenIn(text) {
  try {
    const paths = JSON.parse(text ?? 'null');
    return Array.isArray(paths) ? paths.filter((path) => typeof path === 'string') : null;
  } catch {
    return null;
  }
}

/** The smallest window that holds what there is. */
function fittingWindow(store, device, paths) {
  const first = Math.min(
    ...paths.map((path) => store.series.get(device.id, path)?.times[0] ?? Number.POSITIVE_INFINITY),
  );
  return Number((WINDOWS.find(([seconds]) => store.now() - first <= seconds * 1000) ?? WINDOWS.at(-1))[0]);
}

function csvOf(store, device, paths, from, until) {
  return csv(
    paths.flatMap((path) => {
      const { times = [], values = [] } = store.series.get(device.id, path) ?? {};
      return times.flatMap((at, index) => (at >= from && at <= until ? [[at, path, values[index]]] : []));
    }),
  );
}

function Plot({ store, device, paths, from, until }) {
  const box = useRef(null);
  const plot = useRef(null);
  const drawn = useRef(null);
  const [error, setError] = useState('');
  const key = paths.join('\n');
  useEffect(() => {
    let isGone = false;
    let observer = null;
    loadLibrary().then(
      (UPlot) => {
        if (isGone || !box.current) return;
        const style = getComputedStyle(document.documentElement);
        const color = (name) => style.getPropertyValue(name).trim();
        const axis = {
          stroke: color('--quiet'),
          grid: { stroke: color('--sunk'), width: 1 },
          ticks: { stroke: color('--line'), width: 1 },
          font: '12px system-ui, sans-serif',
        };
        plot.current = new UPlot(
          {
            width: box.current.clientWidth,
            height: HEIGHT,
            scales: { x: { time: true }, y: { range: (_, low, high) => padded(low, high) } },
            axes: [
              { ...axis, values: (_, splits) => splits.map((at) => timeOfDay(at * 1000).slice(0, 8)) },
              { ...axis, size: 60 },
            ],
            series: [
              { label: 'Time', value: (_, at) => (at === null ? '–' : timeOfDay(at * 1000, true)) },
              ...paths.map((path, index) => ({
                label: clipped(path, 60),
                stroke: color(COLORS[index % COLORS.length]),
                width: 1.5,
                spanGaps: true,
                points: { size: 4 },
              })),
            ],
            legend: { live: true },
            // Room for half of the last time below the axis.
            padding: [null, 30, null, null],
          },
          [[], ...paths.map(() => [])],
          box.current,
        );
        drawn.current = null;
        observer = new ResizeObserver(() => plot.current?.setSize({ width: box.current.clientWidth, height: HEIGHT }));
        observer.observe(box.current);
        draw();
      },
      (failure) => setError(failure.message),
    );
    return () => {
      isGone = true;
      observer?.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [key, device.id]);
  useEffect(draw);
  function draw() {
    if (!plot.current) return;
    // What moves by less than a dot looks as it did.
    const moved = drawn.current === null ? Number.POSITIVE_INFINITY : until - drawn.current.until;
    if (moved > 0 && moved < (until - from) / DOTS && drawn.current.span === until - from) return;
    drawn.current = { until, span: until - from };
    const tables = paths.map((path) => windowOf(store.series.get(device.id, path), from, until));
    plot.current.batch(() => {
      plot.current.setData(paths.length === 1 ? tables[0] : globalThis.uPlot.join(tables), false);
      plot.current.setScale('x', { min: from / 1000, max: until / 1000 });
    });
  }
  /** Goes from point to point, as the mouse does by hovering. */
  const onKeyDown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const { current } = plot;
    if (step === undefined || !current?.data[0].length) return;
    event.preventDefault();
    const [times] = current.data;
    const index = Math.max(0, Math.min(times.length - 1, (current.cursor.idx ?? times.length) + step));
    current.setCursor({ left: current.valToPos(times[index], 'x'), top: 0 });
  };
  if (error !== '') return html`<p class="bad" role="alert">${error}</p>`;
  return html`<div class="card plot" ref=${box} tabindex="0" role="group" onKeyDown=${onKeyDown} aria-label=${`Chart of ${clipped(paths.join(', '), 200)}; left and right go from point to point`}></div>`;
}

/** Numbers beyond this are drawn at the edge: the library reckons with differences of what it draws. */
const HUGE = 1e300;

/** Some room above and below, also for a line that does not move; never less than the steps between such numbers. */
function padded(low, high) {
  if (low === null || high === null) return [0, 1];
  const size = Math.max(Math.abs(low), Math.abs(high));
  const room = Math.max((high - low) * 0.08, size * 1e-9) || (size || 1) * 0.08;
  return [low - room, high + room];
}

/** The points in a window, as uPlot has them; searched, since the series are sorted. */
function windowOf(series, from, until) {
  const { times, values } = series;
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < from) low = middle + 1;
    else high = middle;
  }
  const xs = [];
  const ys = [];
  for (let index = low; index < times.length && times[index] <= until; index++) {
    if (xs.at(-1) === times[index] / 1000) continue;
    xs.push(times[index] / 1000);
    ys.push(typeof values[index] === 'number' ? Math.max(-HUGE, Math.min(HUGE, values[index])) : null);
  }
  return [xs, ys];
}
