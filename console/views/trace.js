import { explain, packetLine } from '../explain.js';
import { clipped, timeOfDay } from '../format.js';
import { textOf } from '../json.js';
import { download } from '../parts/download.js';
import { VirtualList } from '../parts/virtual-list.js';
import { html, useState } from '../vendor/preact.js';

const MOST = 5000;
const LONGEST = 4000;

const lineOf = ({ side, event }) => (side === 'at' ? textOf(event.line) : packetLine(event.packet ?? {}));

function prepared(entry) {
  entry.full ??= lineOf(entry);
  entry.line ??= clipped(entry.full, 300);
  return entry;
}

/** Both wires side by side: what module and computer say, and what reaches the cloud. */
export function Trace({ store, device, isCloud }) {
  const [text, setText] = useState('');
  const [side, setSide] = useState('');
  const [pausedAt, setPausedAt] = useState(null);
  const [chosen, setChosen] = useState(null);
  const wanted = text.toLowerCase();
  const rows = store.trace
    .newest(
      MOST,
      (entry) =>
        entry.deviceId === device.id &&
        (side === '' || entry.side === side) &&
        (pausedAt === null || entry.number <= pausedAt) &&
        (wanted === '' || prepared(entry).full.toLowerCase().includes(wanted)),
    )
    .reverse();
  // In the order of time; the two ends may tell of one moment in either order.
  rows.sort((one, other) => one.at - other.at || one.number - other.number);
  const both = { at: rows.some((entry) => entry.side === 'at'), mqtt: rows.some((entry) => entry.side === 'mqtt') };
  return html`
    <div class="bar">
      <label class="find"><span class="hidden">Filter</span><input type="search" placeholder="Filter lines" value=${text} onInput=${(event) => setText(event.target.value)} /></label>
      <div class="choice" role="group" aria-label="Which wire">
        ${[
          ['', 'Both'],
          ['at', 'AT'],
          ['mqtt', 'MQTT'],
        ].map(
          ([id, name]) =>
            html`<button key=${id} type="button" aria-pressed=${side === id} onClick=${() => setSide(id)}>${name}</button>`,
        )}
      </div>
      <button type="button" aria-pressed=${pausedAt !== null} onClick=${() => setPausedAt(pausedAt === null ? store.count : null)}>${pausedAt === null ? 'Pause' : 'Go on'}</button>
      <button type="button" onClick=${() =>
        download(
          `${device.id}-trace.ndjson`,
          rows.map(({ event }) => event),
        )}>Download NDJSON</button>
    </div>
    ${
      rows.length === 0
        ? html`<div class="empty"><p>${wanted !== '' || side !== '' ? 'No line is like this.' : 'Nothing has crossed a wire yet.'}</p></div>`
        : html`<${VirtualList} label="Trace" columns="trace" rows=${rows} sticks=${pausedAt === null}
          head=${html`<div class="row" role="row"><span role="columnheader">Time</span><span role="columnheader">AT: computer and module</span><span role="columnheader">MQTT: module and cloud</span></div>`}
          row=${(entry, index, isStop) => html`<${Line} key=${entry.number} entry=${prepared(entry)} index=${index} isStop=${isStop} isChosen=${chosen?.number === entry.number} choose=${() => setChosen(entry)} />`} />
        <${Explanation} entry=${chosen} />
        ${isCloud && !both.at && side !== 'mqtt' && html`<p class="quiet">AT lines are seen only where the session runs with this cloud (--simulate).</p>`}`
    }`;
}

function Line({ entry, index, isStop, isChosen, choose }) {
  const { at, side, direction, line } = entry;
  const text = html`<button type="button" class="plain mono" tabindex=${isStop ? 0 : -1} aria-pressed=${isChosen} onClick=${choose}><span class=${`way ${direction}`} aria-label=${direction === 'out' ? 'to the cloud' : 'from the cloud'}>${direction === 'out' ? '→' : '←'}</span> ${line}</button>`;
  return html`<div class=${`row ${side}${isChosen ? ' chosen' : ''}`} role="row" aria-rowindex=${index + 2}>
    <span role="cell" class="num quiet">${timeOfDay(at, true)}</span>
    <span role="cell" class="at">${side === 'at' ? text : ''}</span>
    <span role="cell" class="mqtt">${side === 'mqtt' ? text : ''}</span>
  </div>`;
}

function Explanation({ entry }) {
  if (!entry) return html`<p class="explain quiet">Choose a line to read what it means.</p>`;
  const found = explain(entry.side, entry.full);
  return html`<div class="explain" role="status">
    <p>${found ? html`${found.text} <span class="quiet">${found.source.startsWith('AT') ? 'docs/at-protocol.md' : 'docs/azure-mqtt.md'} ${found.source.split(' ')[1]}</span>` : 'The tables have nothing on this line.'}</p>
    <p class="mono text">${clipped(entry.full, LONGEST)}</p>
  </div>`;
}
