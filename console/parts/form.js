import { clipped, title, unit } from '../format.js';
import { isObject } from '../json.js';
import { html, useRef, useState } from '../vendor/preact.js';

const EXAMPLES = {
  duration: 'PT5S',
  date: '2026-11-28',
  dateTime: '2026-11-28T12:00:00Z',
  time: '12:00:00',
  integer: '0',
  long: '0',
  double: '0.0',
  float: '0.0',
  string: '',
};

const FORMATS = {
  duration: [/^P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/, 'a duration such as PT5S'],
  date: [/^\d{4}-\d\d-\d\d$/, 'a date such as 2026-11-28'],
  dateTime: [/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i, 'a time such as 2026-11-28T12:00:00Z'],
  time: [/^\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/i, 'a time of day such as 12:00:00'],
};

/** What is typed for a schema before it is a value: a text, or of an object one for each field. */
export function draftOf(schema, value) {
  if (schema.kind === 'object')
    return schema.fields.map((field) =>
      draftOf(field.schema, isObject(value) && Object.hasOwn(value, field.name) ? value[field.name] : undefined),
    );
  if (value === undefined) return '';
  if (['array', 'map', 'enum'].includes(schema.kind)) return JSON.stringify(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * The value that was typed; undefined for a field that was left empty.
 * @throws Error that says what is wrong
 */
export function readDraft(schema, draft, name = 'The value') {
  const wrong = (must) => new Error(`${name} must be ${must}.`);
  if (schema.kind === 'object') {
    const members = schema.fields.flatMap((field, index) => {
      const value = readDraft(field.schema, draft[index], field.name);
      return value === undefined ? [] : [[field.name, value]];
    });
    return members.length === 0 ? undefined : Object.fromEntries(members);
  }
  if (draft === '') return undefined;
  switch (schema.kind) {
    case 'boolean':
      return draft === 'true';
    case 'integer':
    case 'long':
      if (!/^[+-]?\d+$/.test(draft.trim())) throw wrong('a whole number');
      return Number(draft);
    case 'double':
    case 'float':
      if (draft.trim() === '' || !Number.isFinite(Number(draft))) throw wrong('a number');
      return Number(draft);
    case 'enum':
    case 'array':
    case 'map':
      return parsed(draft, name);
    default: {
      const [format, must] = FORMATS[schema.kind] ?? [];
      if (format && !format.test(draft)) throw wrong(must);
      return draft;
    }
  }
}

function parsed(text, name) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not JSON: ${error.message}`);
  }
}

const change = (drafts, index, draft) => drafts.map((one, at) => (at === index ? draft : one));

function Editor({ schema, draft, onDraft, label, field }) {
  if (schema.kind === 'object') {
    return html`<fieldset><legend>${label}</legend>
      ${schema.fields.map(
        (
          inner,
          index,
        ) => html`<${Editor} key=${inner.name} schema=${inner.schema} draft=${draft[index]} field=${inner} label=${title(inner)}
          onDraft=${(one) => onDraft(change(draft, index, one))} />`,
      )}
    </fieldset>`;
  }
  const onInput = (event) => onDraft(event.target.value);
  const suffix = [
    unit(field?.unit),
    ...(field?.min !== undefined || field?.max !== undefined ? [`${field.min ?? ''}…${field.max ?? ''}`] : []),
  ]
    .filter(Boolean)
    .join(', ');
  const name = html`<span>${label}${suffix === '' ? '' : html` <span class="quiet">${suffix}</span>`}</span>`;
  if (schema.kind === 'boolean' || schema.kind === 'enum') {
    const options =
      schema.kind === 'boolean'
        ? [
            ['true', 'true'],
            ['false', 'false'],
          ]
        : schema.values.map((one) => [JSON.stringify(one.value), `${title(one)} (${clipped(one.value, 40)})`]);
    return html`<label class="field">${name}<select value=${draft} onChange=${onInput}>
      <option value="">(none)</option>
      ${options.map(([value, text]) => html`<option key=${value} value=${value} selected=${value === draft}>${text}</option>`)}
    </select></label>`;
  }
  if (schema.kind === 'array' || schema.kind === 'map') {
    return html`<label class="field">${name}<textarea rows="3" spellcheck="false" placeholder=${schema.kind === 'map' ? '{"key": …}' : '[…]'} value=${draft} onInput=${onInput}></textarea></label>`;
  }
  return html`<label class="field">${name}<input type="text" spellcheck="false" autocomplete="off" placeholder=${EXAMPLES[schema.kind] ?? ''} value=${draft} onInput=${onInput} /></label>`;
}

/**
 * A form for a value, by its schema or as raw JSON, which may be anything: also what the schema forbids.
 * @param onSend gets the value (undefined for none), and may fail with a message
 */
export function ValueForm({ field, value, action, onSend, children }) {
  const schema = field?.schema;
  const [isRaw, setRaw] = useState(!schema);
  const [draft, setDraft] = useState(() => (schema ? draftOf(schema, value) : ''));
  const [raw, setRawText] = useState(() => (value === undefined ? '' : JSON.stringify(value)));
  const [message, setMessage] = useState('');
  const [busy, setBusy] = useState(false);
  const alive = useRef(true);

  const send = async (event) => {
    event.preventDefault();
    if (busy) return;
    let typed;
    try {
      typed = isRaw
        ? raw.trim() === ''
          ? undefined
          : parsed(raw, 'The text')
        : readDraft(schema, draft, title(field));
    } catch (error) {
      setMessage(error.message);
      return;
    }
    setMessage('');
    setBusy(true);
    try {
      await onSend(typed);
    } catch (error) {
      setMessage(error.message);
    }
    if (alive.current) setBusy(false);
  };
  return html`<form class="value" onSubmit=${send}>
    ${
      isRaw
        ? html`<label class="field"><span>JSON${schema ? ' as it is to be sent, right or wrong' : ''}</span><textarea rows="3" spellcheck="false" value=${raw} onInput=${(event) => setRawText(event.target.value)}></textarea></label>`
        : html`<${Editor} schema=${schema} draft=${draft} onDraft=${setDraft} label=${title(field)} field=${field} />`
    }
    <div class="actions">
      <button type="submit" class="main" aria-disabled=${busy}>${busy ? 'Waiting…' : action}</button>
      ${schema && html`<label class="check"><input type="checkbox" checked=${isRaw} onChange=${(event) => setRaw(event.target.checked)} /> raw JSON</label>`}
      ${children}
    </div>
    ${message !== '' && html`<p class="bad" role="alert">${clipped(message, 400)}</p>`}
  </form>`;
}
