import { api } from '../api.js';
import { brief, clipped, localized, span, timeOfDay, title } from '../format.js';
import { elementsOf, schemaText } from '../model.js';
import { ValueForm } from '../parts/form.js';
import { Tree } from '../parts/tree.js';
import { html, useState } from '../vendor/preact.js';

/** Runs a command, and puts into the history what the events do not tell. */
async function run(store, device, name, value) {
  const request = value ?? null;
  const call = { name, request, entry: null, ms: null };
  const from = performance.now();
  device.calls.push(call);
  try {
    await api.command(device.id, name, request);
    // The event of the answer may come before the answer, or after it: then it finds the time here.
    call.ms = performance.now() - from;
    if (call.entry) call.entry.ms = call.ms;
    if (call.entry) device.calls = device.calls.filter((one) => one !== call);
  } catch (error) {
    device.calls = device.calls.filter((one) => one !== call);
    const ms = performance.now() - from;
    store.addCommand(device, {
      at: Date.now(),
      name,
      request,
      status: error.status,
      response: null,
      ms,
      error: error.message,
    });
    throw error;
  } finally {
    store.changed();
  }
}

/** Forms by the model, and what was answered. */
export function Commands({ store, device, isCloud }) {
  const commands = elementsOf(device.model, 'commands');
  const [chosen, setChosen] = useState(null);
  const shown = commands.find(({ path }) => path === chosen) ?? commands[0];
  return html`
    ${
      isCloud &&
      html`<div class="split">
      ${
        commands.length > 0 &&
        html`<div class="card">
        ${
          commands.length > 1 &&
          html`<label class="field"><span>Command</span><select onChange=${(event) => setChosen(event.target.value)}>
          ${commands.map(({ path, element }) => html`<option key=${path} value=${path} selected=${path === shown.path}>${title(element)}${title(element) === path ? '' : ` (${clipped(path, 80)})`}</option>`)}
        </select></label>`
        }
        <${Command} key=${shown.path} store=${store} device=${device} path=${shown.path} element=${shown.element} />
      </div>`
      }
      <${AnyCommand} store=${store} device=${device} isOnly=${commands.length === 0} />
    </div>`
    }
    <h2>Answers</h2>
    ${
      device.commands.length === 0
        ? html`<div class="empty"><p>${isCloud ? 'No command was run yet. Its answer, status and time will stand here.' : 'No command has come yet.'}</p></div>`
        : html`<table class="data">
          <caption class="hidden">Answers, newest first</caption>
          <thead><tr><th>Time</th><th>Command</th><th>Request</th><th>Status</th><th>Answer</th><th>Took</th>${isCloud && html`<th><span class="hidden">Again</span></th>`}</tr></thead>
          <tbody>${[...device.commands].reverse().map((entry, index) => html`<${Answer} key=${device.commands.length - index} entry=${entry} again=${isCloud ? () => run(store, device, entry.name, entry.request).catch(() => undefined) : null} />`)}</tbody>
        </table>`
    }`;
}

function Command({ store, device, path, element }) {
  const description = localized(element.description);
  return html`
    <h2>${title(element)}</h2>
    ${description !== '' && html`<p class="quiet">${clipped(description, 400)}</p>`}
    ${element.response && html`<p class="quiet">Answers with ${clipped(element.response.name, 60)}: ${schemaText(element.response.schema)}</p>`}
    ${
      element.request
        ? html`<${ValueForm} field=${element.request} action="Run" onSend=${(value) => run(store, device, path, value)} />`
        : html`<${NoRequest} send=${() => run(store, device, path, null)} />`
    }
    ${device.connected === false && html`<p class="quiet">The device is not connected: a command is answered with 404 until it is.</p>`}`;
}

function NoRequest({ send }) {
  const [message, setMessage] = useState('');
  const [busy, setBusy] = useState(false);
  const click = async () => {
    if (busy) return;
    setBusy(true);
    setMessage('');
    await send().catch((error) => setMessage(error.message));
    setBusy(false);
  };
  return html`<p class="quiet">It takes no request.</p><button type="button" class="main" aria-disabled=${busy} onClick=${click}>${busy ? 'Waiting…' : 'Run'}</button>
    ${message !== '' && html`<p class="bad" role="alert">${clipped(message, 400)}</p>`}`;
}

function AnyCommand({ store, device, isOnly }) {
  const [name, setName] = useState('');
  return html`<details class="other card" open=${isOnly}><summary>Another command</summary>
    <label class="field"><span>Name</span><input type="text" spellcheck="false" autocomplete="off" value=${name} onInput=${(event) => setName(event.target.value)} /></label>
    <${ValueForm} action="Run" onSend=${async (value) => {
      if (name === '') throw new Error('Name the command.');
      await run(store, device, name, value);
    }} />
  </details>`;
}

function Answer({ entry, again }) {
  const [isOpen, setOpen] = useState(false);
  const isGood = entry.error === null && entry.status >= 200 && entry.status < 300;
  return html`<tr>
    <td class="num" data-label="Time"><time>${timeOfDay(entry.at)}</time></td>
    <th scope="row">${clipped(entry.name, 80)}</th>
    <td class="num" data-label="Request">${entry.request === null ? '–' : brief(entry.request, 80)}</td>
    <td data-label="Status"><span class=${`state ${isGood ? 'ok' : 'bad'}`}><span class="dot" aria-hidden="true"></span><span class="num">${brief(entry.status)}</span></span></td>
    <td class="num" data-label="Answer">${entry.error !== null ? clipped(entry.error, 200) : html`<button type="button" class="plain" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>${brief(entry.response, 120)}</button>${isOpen && html`<${Tree} value=${entry.response} />`}`}</td>
    <td class="num" data-label="Took">${entry.ms === null ? '–' : span(entry.ms)}</td>
    ${again && html`<td class="act"><button type="button" aria-label=${`Run ${clipped(entry.name, 40)} again`} onClick=${again}>Again</button></td>`}
  </tr>`;
}
