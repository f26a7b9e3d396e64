import { brief, clipped, localized, title, unit } from '../format.js';
import { schemaText } from '../model.js';
import { html } from '../vendor/preact.js';

/** The model, as IoT Central shows a device template: what the device has, with the schema of each. */
export function Template({ device }) {
  const { model } = device;
  if (!model) {
    return html`<div class="empty"><p>${device.modelId ? `The model ${clipped(device.modelId, 128)} is not known here.` : 'The device has announced no model.'}</p>
      <p>${device.modelId ? 'Give its file, or a folder of models, with --models.' : 'What it sends is shown all the same.'}</p></div>`;
  }
  const description = localized(model.description);
  return html`
    <h2>${clipped(localized(model.displayName) || model.id, 100)}</h2>
    <p class="quiet about">${clipped(model.id, 128)} · DTDL ${model.version}</p>
    ${description !== '' && description !== localized(model.displayName) && html`<p class="about">${clipped(description, 600)}</p>`}
    <${Contents} contents=${model} />
    ${model.components.map(
      (component) => html`<section key=${component.name}>
      <h2>Component ${title(component)} <span class="quiet">${clipped(component.interface, 128)}</span></h2>
      <${Contents} contents=${component} />
    </section>`,
    )}`;
}

function Contents({ contents }) {
  const rows = [
    ...contents.telemetry.map((element) => ['Telemetry', element]),
    ...contents.properties.map((element) => [element.writable ? 'Property (writable)' : 'Property', element]),
    ...contents.commands.map((element) => ['Command', element]),
  ];
  if (rows.length === 0) return html`<p class="quiet">Nothing of its own.</p>`;
  return html`<table class="data template">
    <caption class="hidden">Capabilities</caption>
    <thead><tr><th>Name</th><th>Kind</th><th>Schema</th><th>About</th></tr></thead>
    <tbody>${rows.map(
      ([kind, element]) => html`<tr key=${element.name}>
      <th scope="row">${title(element)}${title(element) !== element.name ? html`<span class="quiet sub">${clipped(element.name, 80)}</span>` : ''}</th>
      <td data-label="Kind">${kind}</td>
      <td data-label="Schema">${kind === 'Command' ? html`<${Payload} name="Request" field=${element.request} /><${Payload} name="Response" field=${element.response} />` : html`<${Schema} schema=${element.schema} /> ${unit(element.unit)}${range(element)}`}</td>
      <td data-label="About">${element.semanticTypes?.length > 0 ? html`<span class="quiet">${clipped(element.semanticTypes.join(', '), 80)}</span> ` : ''}${clipped(localized(element.description), 300)}</td>
    </tr>`,
    )}</tbody>
  </table>`;
}

const range = ({ min, max }) =>
  min === undefined && max === undefined ? '' : ` from ${brief(min ?? '…')} to ${brief(max ?? '…')}`;

function Payload({ name, field }) {
  if (!field) return html`<p><span class="quiet">${name}: none</span></p>`;
  return html`<div><span class="quiet">${name}</span> ${clipped(field.name, 60)}: <${Schema} schema=${field.schema} /></div>`;
}

const MOST = 200;

function Schema({ schema, depth = 0 }) {
  if (depth > 6) return schemaText(schema);
  switch (schema.kind) {
    case 'enum':
      return html`<details><summary>${schema.valueKind} enum of ${schema.values.length}</summary><ul class="tree">${schema.values.slice(0, MOST).map((one) => html`<li key=${one.name}><span class="num">${brief(one.value, 60)}</span> <span class="quiet">${title(one)}</span></li>`)}</ul></details>`;
    case 'object':
      return html`<details open=${depth === 0 && schema.fields.length <= 4}><summary>${schema.standard ?? 'object'}</summary><ul class="tree">${schema.fields.slice(0, MOST).map((field) => html`<li key=${field.name}><span class="name">${clipped(field.name, 80)}</span> <${Schema} schema=${field.schema} depth=${depth + 1} /> <span class="quiet">${unit(field.unit)}</span></li>`)}</ul></details>`;
    case 'array':
      return html`array of <${Schema} schema=${schema.element} depth=${depth + 1} />`;
    case 'map':
      return html`map of <${Schema} schema=${schema.value.schema} depth=${depth + 1} /> by ${clipped(schema.keyName, 60)}`;
    default:
      return schema.kind;
  }
}
