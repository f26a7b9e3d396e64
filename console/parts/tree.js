import { clipped, number } from '../format.js';
import { isObject } from '../json.js';
import { html, useState } from '../vendor/preact.js';

const MOST = 100;
const LONGEST = 2000;

/** A JSON value as a tree of text that opens on demand. */
export function Tree({ value, depth = 0 }) {
  const [most, setMost] = useState(MOST);
  if (!isObject(value) && !Array.isArray(value)) return html`<${Leaf} value=${value} />`;
  const entries = Object.entries(value);
  if (entries.length === 0) return html`<span class="num">${Array.isArray(value) ? '[]' : '{}'}</span>`;
  if (depth >= 12) return html`<span class="num">${clipped(JSON.stringify(value), LONGEST)}</span>`;
  return html`<ul class="tree">
    ${entries
      .slice(0, most)
      .map(
        ([name, member]) =>
          html`<li key=${name}><span class="name">${clipped(name, 120)}</span> <${Tree} value=${member} depth=${depth + 1} /></li>`,
      )}
    ${entries.length > most && html`<li><button type="button" class="plain" onClick=${() => setMost(most + MOST)}>${entries.length - most} more</button></li>`}
  </ul>`;
}

function Leaf({ value }) {
  if (typeof value === 'number') return html`<span class="num">${number(value)}</span>`;
  if (typeof value !== 'string') return html`<span class="num">${String(value)}</span>`;
  return html`<span class="text">${value.length > LONGEST ? `${clipped(value, LONGEST)} (${value.length} characters)` : clipped(value, LONGEST)}</span>`;
}
