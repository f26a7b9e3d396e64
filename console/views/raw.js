import { difference } from '../difference.js';
import { brief, byteLength, bytes, clipped, timeOfDay } from '../format.js';
import { sameJson, textOf } from '../json.js';
import { download } from '../parts/download.js';
import { Tree } from '../parts/tree.js';
import { html, useMemo, useState } from '../vendor/preact.js';

const KINDS = {
  telemetry: ['Telemetry', 'out'],
  property: ['Property', ''],
  reported: ['Reported', 'out'],
  command: ['Command', 'in'],
  message: ['Message', 'in'],
  twin: ['Twin', 'in'],
  assigned: ['Assigned', 'in'],
  connect: ['Connected', ''],
  disconnect: ['Disconnected', ''],
  refusal: ['Refused', ''],
  provisioning: ['Provisioned', ''],
};
const PAGE = 100;
const MOST_CHANGES = 30;
/** IoT Hub bills by 4 KB and takes at most 256 KB; one command of the module takes 510 bytes. */
const BLOCK = 4096;
const MOST = 256 * 1024;

const bodyOf = ({ type, deviceId, v, ts, ...rest }) => rest;

/** What is worth seeing in the closed row. */
function gist({ type, event }) {
  switch (type) {
    case 'telemetry':
      return event.body;
    case 'reported':
      return event.body;
    case 'property':
      return event.patch ?? { [textOf(event.name)]: event.value };
    case 'command':
      return `${textOf(event.name)} → ${textOf(event.status)}`;
    case 'message':
      return event.body ?? event.payload;
    case 'refusal':
      return event.reason;
    case 'disconnect':
      return `${event.service === 'dps' ? 'dps' : 'hub'}: ${event.reason ? textOf(event.reason) : event.cleanly ? 'by the device' : 'the connection broke'}`;
    case 'provisioning':
      return `${textOf(event.status)} ${textOf(event.hub)}`;
    case 'connect':
      return event.service;
    case 'assigned':
      return event.hub;
    default:
      return bodyOf(event);
  }
}

const nameOf = ({ type, event }) =>
  type === 'property' && (event.side === 'desired' || event.side === 'reported')
    ? `${KINDS.property[0]} ${event.side}`
    : KINDS[type][0];

/** Written into the message, since neither changes. */
function prepared(message) {
  message.gist ??= brief(gist(message), 160);
  if (message.bytes === undefined && message.type === 'telemetry') {
    const { body } = message.event;
    message.bytes = byteLength(typeof body === 'string' ? body : JSON.stringify(body));
  }
  return message;
}

/** Whether a message holds a text. Remembered for the last one, since the page is drawn again and again. */
function contains(message, wanted) {
  if (message.wanted !== wanted) {
    message.wanted = wanted;
    message.found = textOf(message.event).toLowerCase().includes(wanted);
  }
  return message.found;
}

/** The message of the same kind that came before; undefined where it is not kept. */
function before(store, { number, type, deviceId, event }) {
  const names = ['side', 'name', 'component', 'service'];
  const [found] = store.messages.newest(
    1,
    (one) =>
      one.number < number &&
      one.type === type &&
      one.deviceId === deviceId &&
      names.every((name) => sameJson(one.event[name], event[name])),
  );
  return found;
}

/** Each message, newest first. */
export function Raw({ store, device }) {
  const [kind, setKind] = useState('');
  const [text, setText] = useState('');
  const [most, setMost] = useState(PAGE);
  const [open, setOpen] = useState(null);
  const [pausedAt, setPausedAt] = useState(null);
  const wanted = text.toLowerCase();
  const isShown = (message) =>
    message.deviceId === device.id &&
    (kind === '' || message.type === kind) &&
    (pausedAt === null || message.number <= pausedAt) &&
    (wanted === '' || contains(message, wanted));
  const shown = store.messages.newest(most + 1, isShown);
  const save = () =>
    download(
      `${device.id}.ndjson`,
      store.messages
        .newest(Number.POSITIVE_INFINITY, isShown)
        .reverse()
        .map(({ event }) => event),
    );
  return html`
    <div class="bar">
      <label class="find"><span class="hidden">Filter</span><input type="search" placeholder="Filter what is shown" value=${text} onInput=${(event) => setText(event.target.value)} /></label>
      <label><span class="hidden">Kind</span><select onChange=${(event) => setKind(event.target.value)}>
        <option value="">Every kind</option>
        ${Object.entries(KINDS).map(([id, [name]]) => html`<option key=${id} value=${id} selected=${kind === id}>${name}</option>`)}
      </select></label>
      <button type="button" aria-pressed=${pausedAt !== null} onClick=${() => setPausedAt(pausedAt === null ? store.count : null)}>${pausedAt === null ? 'Pause' : 'Go on'}</button>
      <button type="button" onClick=${save}>Download NDJSON</button>
      <${Capture} store=${store} />
    </div>
    ${
      shown.length === 0
        ? html`<div class="empty"><p>${text !== '' || kind !== '' ? 'Nothing that was kept is like this.' : 'No message yet. It comes here as soon as the device sends one, or you write a property or run a command.'}</p></div>`
        : html`<ol class="raw" aria-label="Messages, newest first">
          ${shown.slice(0, most).map(
            (
              message,
            ) => html`<${Message} key=${message.number} store=${store} message=${prepared(message)} isOpen=${open === message.number}
            toggle=${() => setOpen(open === message.number ? null : message.number)} />`,
          )}
        </ol>`
    }
    ${shown.length > most && html`<p class="more"><button type="button" onClick=${() => setMost(most + PAGE)}>Show ${PAGE} more</button></p>`}`;
}

function Message({ store, message, isOpen, toggle }) {
  const { at, event, type } = message;
  const body = useMemo(() => bodyOf(event), [event]);
  const isFailure =
    type === 'refusal' || (type === 'command' && typeof event.status === 'number' && event.status >= 400);
  return html`<li class=${isOpen ? 'open' : ''}>
    <button type="button" class="line" aria-expanded=${isOpen} onClick=${toggle}>
      <time class="num">${timeOfDay(at, true)}</time>
      <span class=${`kind ${type}${isFailure ? ' bad' : ''}`}>${nameOf(message)}</span>
      <span class="gist">${message.gist}</span>
      <span class="num quiet">${message.bytes === undefined ? '' : bytes(message.bytes)}</span>
    </button>
    ${
      isOpen &&
      html`<div class="detail">
      <${Tree} value=${body} />
      <${Changes} store=${store} message=${message} body=${body} />
      ${message.bytes !== undefined && html`<p class="quiet">${sizeText(message.bytes)}</p>`}
    </div>`
    }
  </li>`;
}

/** What is different from the message before. */
function Changes({ store, message, body }) {
  const earlier = useMemo(() => before(store, message), [message]);
  if (!earlier) return html`<p class="quiet">There is none of its kind before it.</p>`;
  const changes = difference(bodyOf(earlier.event), body, MOST_CHANGES + 1);
  if (changes.length === 0)
    return html`<p class="quiet">The same as the one before, of ${timeOfDay(earlier.at, true)}.</p>`;
  return html`<p class="quiet">Different from the one before, of ${timeOfDay(earlier.at, true)}:</p>
    <ul class="changes">${changes
      .slice(0, MOST_CHANGES)
      .map(
        ({ path, before: old, after: now }) =>
          html`<li key=${path}><span class="name">${clipped(path, 120)}</span> ${old === undefined ? html`<ins>${brief(now, 200)}</ins>` : html`<del>${brief(old, 200)}</del>${now === undefined ? '' : html` → <ins>${brief(now, 200)}</ins>`}`}</li>`,
      )}${changes.length > MOST_CHANGES && html`<li class="quiet">and more</li>`}</ul>`;
}

function sizeText(size) {
  if (size > MOST) return `${bytes(size)}: more than the 256 KB that IoT Hub takes.`;
  const blocks = Math.max(1, Math.ceil(size / BLOCK));
  return `${bytes(size)} of 256 KB; billed as ${blocks} ${blocks === 1 ? 'message' : 'messages'} of 4 KB.`;
}

/** What is kept at all: with many devices, what is not wanted should not push out what is. */
function Capture({ store }) {
  const [text, setText] = useState(store.capture.text);
  const { types } = store.capture;
  const onText = (event) => {
    setText(event.target.value);
    store.capture = { ...store.capture, text: event.target.value };
  };
  const onTypes = (event) => {
    store.capture = { ...store.capture, types: event.target.value === '' ? null : new Set([event.target.value]) };
    store.changed();
  };
  const isOn = types !== null || text !== '';
  const onKeyDown = ({ key, currentTarget }) => {
    if (key !== 'Escape') return;
    currentTarget.open = false;
    currentTarget.firstElementChild.focus();
  };
  return html`<details onKeyDown=${onKeyDown} class=${isOn ? 'capture on' : 'capture'}>
    <summary>${isOn ? 'Keeps only some' : 'Keeps all'}</summary>
    <div class="pop">
      <p>What does not fit here is not stored from now on, for any device.</p>
      <label class="field"><span>Kind</span><select onChange=${onTypes}>
        <option value="">Every kind</option>
        ${Object.entries(KINDS).map(([id, [name]]) => html`<option key=${id} value=${id} selected=${types?.has(id) ?? false}>${name}</option>`)}
      </select></label>
      <label class="field"><span>Contains</span><input type="text" value=${text} onInput=${onText} /></label>
    </div>
  </details>`;
}
