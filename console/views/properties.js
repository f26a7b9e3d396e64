import { api } from '../api.js';
import { brief, clipped, timeOfDay, title, unit } from '../format.js';
import { elementsOf, enumName, schemaText } from '../model.js';
import { ValueForm } from '../parts/form.js';
import { propertyState } from '../store.js';
import { html, useState } from '../vendor/preact.js';

const STATES = {
  none: ['', ''],
  pending: ['wait', 'Pending'],
  accepted: ['ok', 'Accepted'],
  rejected: ['bad', 'Rejected'],
  unanswered: ['bad', 'Timed out'],
};

/** A property as the body of a write has it. */
function bodyFor(path, component, value) {
  if (component === null) return { [path]: value };
  return { [component]: { __t: 'c', [path.slice(component.length + 1)]: value } };
}

/** What the cloud wants and what the device says, side by side. */
export function Properties({ store, device, isCloud }) {
  const [open, setOpen] = useState(null);
  const modelled = new Map(elementsOf(device.model, 'properties').map((one) => [one.path, one]));
  const paths = [...new Set([...modelled.keys(), ...device.desired.keys(), ...device.reported.keys()])];
  const hasModel = Boolean(device.model);
  if (paths.length === 0) {
    return html`<div class="empty"><p>No properties are known yet. They come with the device twin, once the device has connected to its hub.</p></div>
      ${isCloud && html`<${AnyProperty} device=${device} />`}`;
  }
  return html`
    <table class="data properties">
      <caption class="hidden">Properties</caption>
      <thead><tr><th>Property</th><th>Desired</th><th>Reported</th><th>State</th><th>Answer</th>${isCloud && html`<th><span class="hidden">Write</span></th>`}</tr></thead>
      ${paths.map(
        (
          path,
        ) => html`<${Property} key=${path} path=${path} of=${modelled.get(path)} store=${store} device=${device} hasModel=${hasModel} isCloud=${isCloud}
        isOpen=${open === path} toggle=${() => setOpen(open === path ? null : path)} />`,
      )}
    </table>
    ${isCloud && html`<${AnyProperty} device=${device} />`}`;
}

function Property({ path, of, store, device, hasModel, isCloud, isOpen, toggle }) {
  const desired = device.desired.get(path);
  const reported = device.reported.get(path);
  const element = of?.element;
  const [tone, word] = STATES[propertyState(desired, reported, store.now())];
  const isWritable = element ? element.writable : !hasModel || desired !== undefined;
  const component = of?.component?.name ?? (path.includes('.') && !of ? path.split('.')[0] : null);
  const show = (value) => {
    const named = enumName(element?.schema, value);
    return named ? `${title(named)} (${brief(value, 40)})` : brief(value, 120);
  };
  return html`<tbody>
    <tr>
      <th scope="row">${element ? title(element) : clipped(path, 80)}
        ${element && title(element) !== path && html`<span class="quiet sub">${clipped(path, 80)}</span>`}
        ${hasModel && !element && html`<span class="mark">not in the model</span>`}
      </th>
      <td class="num" data-label="Desired">${desired ? html`${show(desired.value)} ${unit(element?.unit)}${desired.version === null ? '' : html` <span class="quiet">v${desired.version}</span>`}` : '–'}</td>
      <td class="num" data-label="Reported">${reported ? html`${show(reported.value)} ${unit(element?.unit)}` : '–'}</td>
      <td data-label="State">${word !== '' ? html`<span class=${`state ${tone}`} role="status"><span class="dot" aria-hidden="true"></span>${word}</span>` : isWritable ? null : html`<span class="quiet">read-only</span>`}</td>
      <td class="answer" data-label="Answer"><span>${reported?.ac !== undefined ? html`<span class="num">${brief(reported.ac)}</span> <span class="quiet num">v${brief(reported.av)}</span> ${brief(reported.ad ?? '', 120)}` : word !== '' ? html`<span class="quiet">${device.connected ? 'none yet' : 'the device is not connected'}</span>` : ''}
        ${reported && Number.isFinite(reported.at) && html` <time class="quiet num">${timeOfDay(reported.at)}</time>`}</span></td>
      ${isCloud && html`<td class="act">${isWritable && html`<button type="button" aria-expanded=${isOpen} aria-label=${`Write ${clipped(path, 80)}`} onClick=${toggle}>Write</button>`}</td>`}
    </tr>
    ${
      isOpen &&
      html`<tr class="formrow"><td colspan="6">
      ${element && html`<p class="quiet">${schemaText(element.schema)}</p>`}
      <${ValueForm} field=${element} value=${desired?.value ?? reported?.value} action="Write"
        onSend=${async (value) => {
          if (value === undefined)
            throw new Error('Put a value in. To remove the desired value, use the button beside.');
          await api.writeProperties(device.id, bodyFor(path, component, value));
        }}>
        ${desired && html`<button type="button" onClick=${() => api.writeProperties(device.id, bodyFor(path, component, null))}>Remove the desired value</button>`}
      </${ValueForm}>
    </td></tr>`
    }
  </tbody>`;
}

/** A write that no model stands behind. */
function AnyProperty({ device }) {
  return html`<details class="other"><summary>Write desired properties as JSON</summary>
    <p class="quiet">A merge patch, such as {"led": 1}; null removes a value. The cloud passes it on as it is.</p>
    <${ValueForm} action="Write" onSend=${async (value) => {
      if (value === undefined) throw new Error('Put in a JSON object.');
      await api.writeProperties(device.id, value);
    }} />
  </details>`;
}
