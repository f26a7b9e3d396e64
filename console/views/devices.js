import { age, brief, clipped } from '../format.js';
import { STEPS } from '../journey.js';
import { VirtualList } from '../parts/virtual-list.js';
import { deviceHref, setQuery } from '../route.js';
import { html } from '../vendor/preact.js';

const collator = new Intl.Collator('en', { numeric: true });

/** What a device is doing, in a word, and what it needs. */
export function situation(device) {
  const { connected, journey, summary } = device;
  if (summary.enabled === false) return ['bad', 'disabled'];
  if (journey.failure) return ['bad', `failed at ${titleOf(journey.failure.step)}`];
  if (connected && journey.current === 'telemetry') return ['ok', 'sends telemetry'];
  if (journey.ended) return ['off', 'session ended'];
  if (connected === false && journey.current !== 'dps')
    return ['off', journey.current === null ? 'never seen' : 'away'];
  if (journey.current !== null) return ['wait', `at ${titleOf(journey.current)}`];
  return ['off', connected ? 'connected' : 'never seen'];
}

const titleOf = (id) => STEPS.find((step) => step.id === id)?.title ?? id;

const COLUMNS = [
  ['device', 'Device', (device) => device.summary.displayName ?? device.id],
  ['step', 'Step', (device) => situation(device)[1]],
  ['model', 'Model', (device) => device.modelId ?? ''],
  ['value', 'Last value', (device) => device.lastValue?.name ?? ''],
  ['age', 'Last message', (device) => -(device.lastAt ?? 0)],
];

const FILTERS = [
  ['', 'All', () => true],
  ['ok', 'Sending', (tone) => tone === 'ok'],
  ['wait', 'On the way', (tone) => tone === 'wait'],
  ['bad', 'Stuck', (tone) => tone === 'bad'],
  ['off', 'Missing', (tone) => tone === 'off'],
];

/** Every device: who is missing, who is stuck, and at what. */
export function Devices({ store, server, route }) {
  const text = route.query.get('find') ?? '';
  const tone = route.query.get('state') ?? '';
  const sort = route.query.get('sort') ?? 'device';
  const isDown = route.query.get('down') === '1';
  const all = [...store.devices.values()].map((device) => ({ device, situation: situation(device) }));
  const value = (COLUMNS.find(([id]) => id === sort) ?? COLUMNS[0])[2];
  const wanted = text.toLowerCase();
  const isWanted = ({ device, situation: [its, words] }) =>
    (FILTERS.find(([id]) => id === tone) ?? FILTERS[0])[2](its) &&
    (wanted === '' ||
      [device.id, device.summary.displayName, device.modelId, words].some((one) =>
        String(one ?? '')
          .toLowerCase()
          .includes(wanted),
      ));
  const rows = all.filter(isWanted).sort((one, other) => {
    const [a, b] = [value(one.device), value(other.device)];
    const order = typeof a === 'number' ? a - b : collator.compare(a, b);
    return (isDown ? -order : order) || collator.compare(one.device.id, other.device.id);
  });

  if (all.length === 0) return html`<h1 class="hidden">Devices</h1><${Nobody} server=${server} />`;
  const choose = (id) => {
    setQuery('down', id === sort && !isDown ? '1' : '');
    setQuery('sort', id);
  };
  return html`
    <h1 class="hidden">Devices</h1>
    <div class="bar">
      <label class="find"><span class="hidden">Find</span>
        <input type="search" placeholder="Find a device, a model, a step" value=${text} onInput=${(event) => setQuery('find', event.target.value)} />
      </label>
      <div class="choice" role="group" aria-label="Which devices">
        ${FILTERS.map(([id, name, accepts]) => {
          const count = all.filter(({ situation: [its] }) => accepts(its)).length;
          return html`<button key=${id} type="button" aria-pressed=${tone === id} onClick=${() => setQuery('state', id)}>${name} <b>${count}</b></button>`;
        })}
      </div>
    </div>
    <${VirtualList} label="Devices" columns="devices" rows=${rows}
      head=${html`<div class="row" role="row">${COLUMNS.map(
        ([
          id,
          name,
        ]) => html`<span key=${id} class=${id} role="columnheader" aria-sort=${id === sort ? (isDown ? 'descending' : 'ascending') : 'none'}>
          <button type="button" class="plain" onClick=${() => choose(id)}>${name}${id === sort ? (isDown ? ' ↓' : ' ↑') : ''}</button>
        </span>`,
      )}</div>`}
      row=${(
        { device, situation: [its, words] },
        index,
      ) => html`<div class="row" role="row" key=${device.id} aria-rowindex=${index + 2}>
        <span class="device" role="cell"><a href=${deviceHref(device.id)}>${clipped(device.summary.displayName ?? device.id, 60)}</a></span>
        <span class=${`step state ${its}`} role="cell"><span class="dot" aria-hidden="true"></span>${words}</span>
        <span class="model quiet" role="cell">${device.modelId ? clipped(shortModel(device.modelId), 60) : '–'}</span>
        <span class="value num" role="cell">${device.lastValue ? `${clipped(device.lastValue.name, 40)} ${brief(device.lastValue.value, 40)}` : '–'}</span>
        <span class="age num" role="cell">${device.lastAt === null ? '–' : `${age(store.now() - device.lastAt)} ago`}</span>
      </div>`}
    />
    ${
      rows.length === 0 &&
      html`<p class="empty">No device is like this. <button type="button" onClick=${() => {
        setQuery('find', '');
        setQuery('state', '');
      }}>Show all</button></p>`
    }`;
}

/** `dtmi:com:Microchip:WBZ451_Curiosity;1` as `WBZ451_Curiosity;1`. */
const shortModel = (id) => id.split(':').pop();

function Nobody({ server }) {
  if (server.state !== 'live') return html`<div class="empty"><p>Waiting for the program.</p></div>`;
  return html`<div class="empty">
    <p>No device has come yet.</p>
    <p>Start one in another terminal: <code>anycloud-iotc --dps-host …</code> with the settings that this program has printed, or
      enroll a board with <code>anycloud-iotc cloud --enroll &lt;certificate&gt;</code>.</p>
  </div>`;
}
