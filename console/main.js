import { ApiError, api } from './api.js';
import { App } from './app.js';
import { follow } from './feed.js';
import { sameJson } from './json.js';
import { takeKeyFromAddress } from './key.js';
import { DroppedRecording, ServedRecording, showRecording } from './recording.js';
import { Store } from './store.js';
import { html, render } from './vendor/preact.js';

const store = new Store();
/** How things stand with the server: { state, since, pause, about, error }. */
const server = { state: 'connecting', about: null, error: '' };
let stop = () => {};

function setState(state, pause = 0) {
  server.state = state;
  server.pause = pause;
  store.changed();
}

/** What is not in the events: names of devices, whether they are connected, which models they have. */
async function readState() {
  if (server.about?.mode !== 'cloud') return;
  try {
    const { value } = await api.devices();
    // A recording may have taken the cloud's place meanwhile.
    if (server.about.mode === 'cloud') store.takeDevices(value);
  } catch (error) {
    server.error = error.message;
  }
}

let isDue = false;
/** At most twice a second, however much happens. */
function readSoon() {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    void readState();
  }, 500);
}

/** Of what no event tells: a device that was renamed, disabled or deleted by another program. */
const REREAD = 10_000;
setInterval(() => {
  if (server.state === 'live' && !document.hidden) void readState();
}, REREAD);

const CHANGES_DEVICES = ['connect', 'disconnect', 'provisioning', 'gap'];

function onEvent(event, size) {
  if (event === null) return;
  if (event.type === 'gap') {
    store.clear();
    store.takeAbout(server.about);
    void lookAgain();
  } else store.take(event, size);
  if (CHANGES_DEVICES.includes(event.type)) readSoon();
}

/** Another program may stand at the address by now. */
async function lookAgain() {
  const about = await api.about().catch(() => server.about);
  if (server.about.mode !== 'recording' && !sameJson(about, server.about)) void start();
}

/** Begins anew: with another key, or after the program was started again. */
async function start() {
  stop();
  setState('connecting');
  try {
    const about = await api.about();
    if (server.about !== null && !sameJson(about, server.about)) store.clear();
    server.about = about;
    server.error = '';
  } catch (error) {
    if (error instanceof ApiError && [401, 403].includes(error.status)) {
      setState('refused');
      return;
    }
    setState('waiting', 2000);
    setTimeout(() => void start(), 2000);
    return;
  }
  store.takeAbout(server.about);
  if (server.about.mode === 'recording') {
    try {
      await showRecording(store, new ServedRecording());
    } catch (error) {
      server.error = error.message;
    }
    setState('recorded');
    return;
  }
  stop = follow({ onEvent, onState: setState, onOpen: readState });
}

/** A recording that is opened or dropped takes the place of what is shown, until the page is loaded again. */
async function openFile(file) {
  if (!file) return;
  try {
    const recording = new DroppedRecording(file);
    await showRecording(store, recording, () => {
      stop();
      server.about = { mode: 'recording', name: file.name };
    });
    server.about.skipped = recording.skipped;
    server.error = '';
    setState('recorded');
    location.hash = '#/devices';
  } catch (error) {
    server.error = error.message;
    store.changed();
  }
}
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  const [file] = event.dataTransfer?.files ?? [];
  if (!file) return;
  event.preventDefault();
  void openFile(file);
});

const root = document.getElementById('app');
root.textContent = '';
takeKeyFromAddress();
addEventListener('hashchange', () => {
  if (takeKeyFromAddress()) void start();
});
render(html`<${App} store=${store} server=${server} restart=${start} openFile=${openFile} />`, root);
void start();
