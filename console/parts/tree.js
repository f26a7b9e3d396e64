import { clipped, number } from '../format.js';
import { isObject } from '../json.js';
import { html, useMemo, useState } from '../vendor/preact.js';

const LONGEST = 2000;

const isBranch = (value) => isObject(value) || Array.isArray(value);

/** The number of values in a value, counted no further than `most`. */
function count(value, most) {
  let found = 1;
  if (isBranch(value)) {
    for (const name in value) {
      if (found >= most) break;
      if (Object.hasOwn(value, name)) found += count(value[name], most - found);
    }
  }
  return found;
}

/**
 * A JSON value as a tree of text. Large branches are closed until they are asked for, so that no value is too large.
 * @param most members that are shown at first
 * @param room values in a branch that is open at first
 */
export function Tree({ value, most = 100, room = 60 }) {
  const [shown, setShown] = useState(most);
  // Kept as long as the value is the same, since the page is drawn again and again.
  return useMemo(() => {
    if (!isBranch(value)) return html`<${Leaf} value=${value} />`;
    const entries = Object.entries(value);
    if (entries.length === 0) return html`<span class="num">${Array.isArray(value) ? '[]' : '{}'}</span>`;
    return html`<ul class="tree">
      ${entries
        .slice(0, shown)
        .map(
          ([name, member]) =>
            html`<li key=${name}><span class="name">${clipped(name, 120)}</span> <${isBranch(member) ? Branch : Leaf} value=${member} most=${most} room=${room} /></li>`,
        )}
      ${entries.length > shown && html`<li><button type="button" class="plain" onClick=${() => setShown(shown + most)}>${entries.length - shown} more</button></li>`}
    </ul>`;
  }, [value, shown, most, room]);
}

function Branch({ value, most, room }) {
  const [isSmall] = useState(() => count(value, room + 1) <= room);
  const [isOpen, setOpen] = useState(isSmall);
  const size = isSmall ? 0 : Object.keys(value).length;
  return html`${!isSmall && html`<button type="button" class="plain num" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>${Array.isArray(value) ? `[${size}]` : `{${size}}`}</button>`}
    ${isOpen && html`<${Tree} value=${value} most=${most} room=${room} />`}`;
}

function Leaf({ value }) {
  if (typeof value === 'number') return html`<span class="num">${number(value)}</span>`;
  if (typeof value !== 'string') return html`<span class="num">${String(value)}</span>`;
  return html`<span class="text">${value.length > LONGEST ? `${clipped(value, LONGEST)} (${value.length} characters)` : clipped(value, LONGEST)}</span>`;
}
