import { api, request } from '../api.js';
import { brief, clipped, timeOfDay } from '../format.js';
import { html, useEffect, useState } from '../vendor/preact.js';

/** What can be made to go wrong in the cloud: a name, what it does, and the request. Those of `now` happen at once. */
const FAULTS = [
  [
    'DPS is busy',
    'The next three registration requests are answered with 429.',
    { type: 'dps', answer: 'status', status: 429, retryAfter: 5, count: 3 },
  ],
  ['DPS fails', 'The next registration ends as failed.', { type: 'dps', answer: 'failed' }],
  ['DPS: disabled', 'The next registration ends as disabled.', { type: 'dps', answer: 'disabled' }],
  ['DPS is silent', 'The next registration request is never answered.', { type: 'dps', answer: 'none' }],
  ['DPS is garbled', 'The next answer of DPS is cut short.', { type: 'dps', answer: 'malformed' }],
  [
    'Hub refuses',
    'The next CONNECT at the hub is refused with code 5.',
    { type: 'connect', answer: 'code', code: 5, service: 'hub' },
  ],
  ['Hub hangs up', 'The next CONNECT at the hub is closed.', { type: 'connect', answer: 'drop', service: 'hub' }],
  ['Twin fails', 'The next twin request is answered with 500.', { type: 'twin', answer: 'status', status: 500 }],
  ['Twin is silent', 'The next twin request is never answered.', { type: 'twin', answer: 'none' }],
  ['Twin too large', 'The next twin does not fit the module.', { type: 'twin', answer: 'oversize', on: 'get' }],
  ['SUBACK is lost', 'The next subscription is not confirmed.', { type: 'lose', packet: 'suback' }],
  ['PUBACK is lost', 'The next message of QoS 1 is not acknowledged.', { type: 'lose', packet: 'puback' }],
  ['Throttle', 'DPS and twin requests are answered with 429 for 30 seconds.', { type: 'throttle', seconds: 30 }, 'all'],
  ['Close the connection', 'The connection of the device is closed now.', { type: 'kick' }, 'now'],
  ['Disable', 'The device is cut off, and refused.', { type: 'disable' }, 'now'],
  ['Enable', 'The device is let in again.', { type: 'enable' }, 'now'],
  [
    'Move to another hub',
    'The device belongs to another hub, and must ask DPS for it.',
    { type: 'move', hub: 'other-hub.azure-devices.net' },
    'now',
  ],
];

/** Argument that the page sends with a control line of the virtual module. */
const MODULE = [
  ['Wi-Fi drops', 'wifi-drop'],
  ['Wrong passphrase', 'wifi-mode fail'],
  ['Wi-Fi is well', 'wifi-mode ok'],
  ['No time server', 'sntp off'],
  ['Time server answers', 'sntp on'],
  ['Broker ends it', 'mqtt-drop'],
  ['Broker resets it', 'mqtt-rst'],
  ['Noise on the wire', 'noise 64'],
  ['Lose 20 bytes', 'drop-tx 20'],
  ['Stall for 5 s', 'stall 5000'],
  ['Reset pin', 'reset'],
  ['Crash', 'crash'],
];

/** What tells how it went on. */
const TOLD = ['connect', 'disconnect', 'refusal', 'provisioning', 'telemetry'];

/** Trouble on demand, and what came of it. */
export function Faults({ store, device, server }) {
  const [message, setMessage] = useState('');
  const [waiting, setWaiting] = useState([]);
  const [since, setSince] = useState(null);
  const refresh = () =>
    api.faults().then(
      ({ value }) => setWaiting(value),
      (error) => setMessage(error.message),
    );
  useEffect(() => {
    void refresh();
    const timer = setInterval(refresh, 2000);
    return () => clearInterval(timer);
  }, []);
  const act = async (name, work) => {
    setSince({ name, number: store.count, at: Date.now() });
    setMessage('');
    try {
      await work();
      await refresh();
    } catch (error) {
      setMessage(error.message);
    }
  };
  const hasModule = server.about?.module === true;
  return html`
    <p class="quiet">A fault is for this device, and for its next occasion; those marked “now” happen at once.</p>
    ${message !== '' && html`<p class="bad" role="alert">${clipped(message, 300)}</p>`}
    <h2>In the cloud</h2>
    <ul class="faults">${FAULTS.map(
      ([name, about, fault, scope]) => html`<li key=${name}>
      <button type="button" class="fault" onClick=${() => act(name, () => api.inject(scope === 'all' ? fault : { ...fault, deviceId: device.id }))}>${name}</button>
      <span>${about}${scope === 'now' ? html` <span class="mark">now</span>` : ''}</span></li>`,
    )}</ul>
    ${
      waiting.length > 0 &&
      html`<h2>Waiting for their occasion</h2>
      <ul class="faults">${waiting.map((fault, index) => html`<li key=${index} class="num">${brief(fault, 200)}</li>`)}</ul>
      <p><button type="button" onClick=${() => act('nothing', () => api.clearFaults())}>Forget them</button></p>`
    }
    ${
      hasModule &&
      html`<h2>In the virtual module</h2>
      <div class="choice">${MODULE.map(([name, line]) => html`<button key=${line} type="button" title=${line} onClick=${() => act(name, () => request('POST', '/api/module', { line }))}>${name}</button>`)}</div>`
    }
    ${since && html`<${Aftermath} store=${store} device=${device} since=${since} />`}`;
}

/** What has happened since. */
function Aftermath({ store, device, since }) {
  const messages = store.messages.newest(
    12,
    (one) => one.number > since.number && one.deviceId === device.id && TOLD.includes(one.type),
  );
  const notes = device.journey.notes.filter((note) => note.at >= since.at);
  const rows = [
    ...messages.map((one) => ({
      at: one.at,
      text: `${one.type} ${brief(one.event.reason ?? one.event.status ?? one.event.body ?? one.event.service, 160)}`,
    })),
    ...notes.map((note) => ({ at: note.at, text: note.message })),
  ]
    .sort((a, b) => b.at - a.at)
    .slice(0, 20);
  return html`<h2>Since “${since.name}”, ${timeOfDay(since.at)}</h2>
    ${rows.length === 0 ? html`<p class="quiet">Nothing yet. A fault that waits happens when the device does what it is about.</p>` : html`<ol class="notes" aria-live="polite">${rows.map((row, index) => html`<li key=${rows.length - index}><time class="num quiet">${timeOfDay(row.at, true)}</time> <span>${clipped(row.text, 300)}</span></li>`)}</ol>`}`;
}
