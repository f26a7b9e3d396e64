import { api } from './api.js';
import { age, clipped } from './format.js';
import { keepKey } from './key.js';
import { deviceHref, parseRoute } from './route.js';
import { html, useEffect, useErrorBoundary, useRef, useState } from './vendor/preact.js';
import { Chart } from './views/chart.js';
import { Commands } from './views/commands.js';
import { Devices } from './views/devices.js';
import { Faults } from './views/faults.js';
import { Identity } from './views/identity.js';
import { JourneyView } from './views/journey.js';
import { Overview } from './views/overview.js';
import { Properties } from './views/properties.js';
import { Raw } from './views/raw.js';
import { Template } from './views/template.js';
import { Trace } from './views/trace.js';

const VIEWS = [
  ['overview', 'Overview', Overview],
  ['raw', 'Raw data', Raw],
  ['properties', 'Properties', Properties],
  ['commands', 'Commands', Commands],
  ['chart', 'Chart', Chart],
  ['journey', 'Journey', JourneyView],
  ['trace', 'Trace', Trace],
  ['faults', 'Faults', Faults],
  ['identity', 'Identity', Identity],
  ['template', 'Template', Template],
];

/** The page is drawn at most so often, in milliseconds, whatever happens: a reader sees no more, and a laptop stays cool. */
const FRAME = 400;

/** Draws again after changes, and once a second for what shows the time. */
function useChanges(store) {
  const [, draw] = useState(0);
  useEffect(() => {
    let timer = null;
    let last = 0;
    const now = () => {
      timer = null;
      last = performance.now();
      draw((count) => count + 1);
    };
    const soon = () => {
      if (timer === null) timer = setTimeout(now, Math.max(0, FRAME - (performance.now() - last)));
    };
    const stop = store.listen(() => {
      if (!document.hidden) soon();
    });
    const tick = setInterval(() => {
      if (!document.hidden) soon();
    }, 1000);
    return () => {
      stop();
      clearInterval(tick);
      clearTimeout(timer);
    };
  }, [store]);
}

function useRoute() {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const changed = () => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}

/** Who has followed a link with the keyboard goes on from what it has led to; the link is gone with its page. */
function useFocus(id) {
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current && document.activeElement === document.body) skipToMain();
    isFirst.current = false;
  }, [id]);
}

export function App({ store, server, restart, openFile }) {
  useChanges(store);
  const route = useRoute();
  useFocus(route.id);
  useEffect(() => {
    document.title = route.id === '' ? 'anycloud-iotc console' : `${clipped(route.id, 40)} – anycloud-iotc`;
  }, [route.id]);
  if (server.state === 'refused') return html`<${AskForKey} restart=${restart} />`;
  return html`
    <a class="skip" href="#main" onClick=${skipToMain}>To the content</a>
    <header class="top">
      <a class="brand" href="#/devices">anycloud-iotc</a>
      <nav class="nav" aria-label="Pages">
        <a href="#/devices" aria-current=${route.section === 'devices' ? 'page' : null}>Devices</a>
      </nav>
      <${Stream} server=${server} />
      <${OpenFile} openFile=${openFile} />
    </header>
    ${server.error !== '' && html`<p class="notice bad" role="alert">${clipped(server.error, 300)}</p>`}
    <main id="main" tabindex="-1">
      <${Skipped} about=${server.about} />
      <${Guarded} key=${`${route.section}/${route.id}`}>
        <${Page} store=${store} server=${server} route=${route} />
      </${Guarded}>
    </main>`;
}

function skipToMain(event) {
  event?.preventDefault();
  document.getElementById('main')?.focus({ preventScroll: event === undefined });
}

/** A fault in one view must not take the page with it. */
function Guarded({ children }) {
  const [error, retry] = useErrorBoundary();
  if (!error) return children;
  return html`<div class="empty" role="alert">
    <p>This view has failed: ${clipped(error.message ?? error, 300)}</p>
    <p><button type="button" onClick=${retry}>Draw it again</button></p>
  </div>`;
}

function Page({ store, server, route }) {
  if (route.id !== '') return html`<${DevicePage} store=${store} server=${server} route=${route} />`;
  return html`<${Devices} store=${store} server=${server} route=${route} />`;
}

const STREAM = {
  connecting: ['wait', 'Connecting'],
  live: ['ok', 'Live'],
  waiting: ['bad', 'Connection lost, trying again'],
  recorded: ['wait', 'Recording'],
};

/** What of a recording could not be read. */
function Skipped({ about }) {
  if (!(about?.skipped > 0)) return null;
  return html`<p class="notice">${about.skipped === 1 ? '1 line' : `${about.skipped} lines`} of ${clipped(about.name, 60)} ${about.skipped === 1 ? 'is' : 'are'} no event: cut short, damaged, or of another program. What can be read is shown.</p>`;
}

/** Whether what is shown is how things are. */
function Stream({ server }) {
  const [tone, words] = STREAM[server.state] ?? STREAM.connecting;
  const text = server.state === 'recorded' && server.about ? `${words} ${clipped(server.about.name, 40)}` : words;
  return html`<p class=${`stream ${tone}`} role="status"><span class="dot" aria-hidden="true"></span>${text}</p>`;
}

/** The same as dropping a file onto the page, for the keyboard and for a phone. */
function OpenFile({ openFile }) {
  const input = useRef(null);
  const onChange = ({ target }) => {
    void openFile(target.files[0]);
    target.value = ''; // so that the same file can be opened again
  };
  return html`<button type="button" title="A recording, which --json has written; it can be dropped onto the page as well" onClick=${() => input.current.click()}>Open file</button>
    <input type="file" hidden accept=".ndjson,.jsonl,.json,.txt" aria-label="Recording" ref=${input} onChange=${onChange} />`;
}

function AskForKey({ restart }) {
  const [text, setText] = useState('');
  const send = (event) => {
    event.preventDefault();
    keepKey(text);
    restart();
  };
  return html`<main class="ask">
    <h1>This page needs the key</h1>
    <p>Other computers can reach this program, so it answers only those who have its key. Open the link that it has printed
      when it started, or put the key in here.</p>
    <form onSubmit=${send}>
      <label>Key <input type="password" autocomplete="off" value=${text} onInput=${(event) => setText(event.target.value)} /></label>
      <button type="submit" class="main">Open</button>
    </form>
  </main>`;
}

function DevicePage({ store, server, route }) {
  const device = store.find(route.id);
  const [error, setError] = useState('');
  const isCloud = server.about?.mode === 'cloud';
  const tabs = useRef(null);
  const streams = server.state === 'live';
  useEffect(() => {
    if (!isCloud || !streams) return;
    api.state(route.id).then(
      (state) => {
        store.takeState(state);
        setError('');
      },
      (failure) => setError(failure.message),
    );
  }, [route.id, isCloud, streams, device === undefined, device?.modelId, device?.arrivals]);

  useEffect(() => {
    tabs.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [route.view, device === undefined]);

  if (!device) {
    return html`<div class="empty">
      <p>${error === '' ? `Waiting for ${clipped(route.id, 80)}.` : error}</p>
      <p><a href="#/devices">All devices</a></p>
    </div>`;
  }
  const views = VIEWS.filter(([id]) => isCloud || id !== 'faults');
  const [, name, View] = views.find(([id]) => id === route.view) ?? views[0];
  return html`
    <${DeviceHead} store=${store} device=${device} />
    <nav class="nav tabs" aria-label="Views of the device" ref=${tabs}>
      ${views.map(
        ([id, text]) =>
          html`<a key=${id} href=${deviceHref(device.id, id)} aria-current=${id === route.view ? 'page' : null}>${text}</a>`,
      )}
    </nav>
    <section aria-label=${name}>
      <${Guarded} key=${route.view}>
        <${View} store=${store} server=${server} device=${device} route=${route} isCloud=${isCloud} />
      </${Guarded}>
    </section>`;
}

function DeviceHead({ store, device }) {
  const { connected, lastAt, modelId, summary } = device;
  const state = connected === null ? 'not seen yet' : connected ? 'connected' : 'not connected';
  const shown = clipped(summary.displayName ?? device.id, 80);
  return html`<div class="devicehead">
    <h1>${shown}</h1>
    <p>
      <span class=${connected ? 'state ok' : 'state'}><span class="dot" aria-hidden="true"></span>${state}</span>
      ${summary.enabled === false && html`<span class="state bad">disabled</span>`}
      ${shown !== device.id && html`<span class="quiet">${clipped(device.id, 80)}</span>`}
      <span class="quiet">${modelId ? clipped(modelId, 128) : 'no model'}</span>
      <span class="quiet">${lastAt === null ? 'no message yet' : `last message ${age(store.now() - lastAt)} ago`}</span>
    </p>
  </div>`;
}
