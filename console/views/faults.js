import { Aftermath } from '../aftermath.js';
import { api } from '../api.js';
import { CLOUD_FAULTS, MODULE_FAULTS } from '../faults.js';
import { brief, clipped, span, timeOfDay } from '../format.js';
import { html, useEffect, useState } from '../vendor/preact.js';

/** How often what waits and the state of the module are read, in milliseconds. */
const LOOK = 2000;

/** Trouble on demand, and what came of it. */
export function Faults({ store, device, server }) {
  const [message, setMessage] = useState('');
  const [waiting, setWaiting] = useState([]);
  const [moduleState, setModuleState] = useState('');
  const hasModule = server.about?.module === true;
  const look = async () => {
    try {
      setWaiting((await api.faults()).value.filter(({ deviceId }) => deviceId === undefined || deviceId === device.id));
      if (hasModule) setModuleState((await api.module('status', device.id)).answer);
    } catch (error) {
      setMessage(error.message);
    }
  };
  useEffect(() => {
    void look();
    const timer = setInterval(look, LOOK);
    return () => clearInterval(timer);
  }, [device.id, hasModule]);

  const put = async (fault) => {
    const before = device.aftermath;
    device.aftermath = new Aftermath(fault, store.now());
    setMessage('');
    try {
      if (fault.line !== undefined) await api.module(fault.line, device.id);
      else await api.inject({ ...fault.fault, deviceId: device.id });
    } catch (error) {
      device.aftermath = before;
      setMessage(error.message);
    }
    await look();
  };
  const forget = () =>
    api.clearFaults().then(
      () => look(),
      (error) => setMessage(error.message),
    );

  return html`
    ${message !== '' && html`<p class="notice bad" role="alert">${clipped(message, 300)}</p>`}
    <${WhatHappened} store=${store} device=${device} />
    ${
      waiting.length > 0 &&
      html`<div class="notice waits"><p>Waiting for their occasion, at this device:</p>
      <ul>${waiting.map((fault, index) => html`<li key=${index} class="num">${words(fault)}</li>`)}</ul>
      <p><button type="button" onClick=${forget}>Forget all</button> <span class="quiet">also of other devices; throttling ends too</span></p></div>`
    }
    ${hasModule && moduleState !== '' && html`<p class="quiet">The virtual module: ${clipped(moduleState, 300)}</p>`}
    <div class="faults">${[...CLOUD_FAULTS, ...(hasModule ? MODULE_FAULTS : [])].map(
      ({ title, hint, faults }) => html`<section key=${title}>
      <h2>${title}</h2>
      ${hint && html`<p class="quiet">${hint}</p>`}
      <table class="data">
        <caption class="hidden">${title}</caption>
        <thead><tr><th>Fault</th><th>What it does</th><th>When</th></tr></thead>
        <tbody>${faults.map(
          (fault) => html`<tr key=${fault.name}>
          <td><button type="button" class="fault" onClick=${() => put(fault)}>${fault.name}</button></td>
          <td>${fault.about}</td>
          <td>${fault.when === 'now' ? html`<span class="mark">now</span>` : html`<span class="quiet">${fault.when}</span>`}</td>
        </tr>`,
        )}</tbody>
      </table>
    </section>`,
    )}</div>`;
}

/** A fault that waits, as its name in the table; one that another program has asked for, as it is. */
function words({ deviceId, count, ...fault }) {
  const known = CLOUD_FAULTS.flatMap(({ faults }) => faults).find(({ fault: { count: _, ...one } }) =>
    same(one, fault),
  );
  return `${known?.name ?? brief(fault, 160)}${count > 1 ? `, ${count} times` : ''}`;
}

const same = (one, other) =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([name, value]) => other[name] === value);

function WhatHappened({ store, device }) {
  const { aftermath } = device;
  if (!aftermath) {
    return html`<p class="quiet">Choose a fault of the table; what came of it will stand here, until telemetry flows again.</p>`;
  }
  const { fault, at, struckAt, recoveredAt, unharmed, rows } = aftermath;
  const [tone, text] =
    struckAt === null
      ? [
          'wait',
          `${fault.when === 'now' ? 'No trouble seen yet' : `It happens ${fault.when}`}${unharmed === 0 ? '.' : `; ${unharmed} ${unharmed === 1 ? 'message has' : 'messages have'} come since.`}`,
        ]
      : recoveredAt === null
        ? ['bad', `Trouble for ${span(store.now() - struckAt)}.`]
        : ['ok', `Telemetry flows again, ${span(recoveredAt - struckAt)} after the trouble began.`];
  return html`<section class="card aftermath" aria-label="What happened next">
    <h2>${fault.name}, ${timeOfDay(at)}</h2>
    <p class=${`state ${tone}`} role="status"><span class="dot" aria-hidden="true"></span>${text}</p>
    ${rows.length > 0 && html`<ol class="notes" tabindex="0" aria-label="Events since the fault, newest first">${[...rows].reverse().map((row, index) => html`<li key=${rows.length - index} class=${row.tone}><time class="num quiet">${timeOfDay(row.at, true)}</time> <span>${row.text}</span></li>`)}</ol>`}
  </section>`;
}
