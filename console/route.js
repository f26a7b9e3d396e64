import { wellFormed } from './json.js';

/** What the address shows: #/devices, or #/devices/<id>/<view>, with its query. */
export function parseRoute(hash) {
  const mark = hash.indexOf('?');
  const path = mark < 0 ? hash : hash.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : hash.slice(mark));
  const [, section = 'devices', id = '', view = ''] = path.split('/').map(decoded);
  return { section: section === '' ? 'devices' : section, id, view: view === '' ? 'overview' : view, query };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const deviceHref = (id, view = 'overview') => `#/devices/${encodeURIComponent(wellFormed(id))}/${view}`;

/** Changes the query of the address, without an entry in the history for every letter that is typed. */
export function setQuery(name, value) {
  const hash = location.hash === '' ? '#/devices' : location.hash;
  const mark = hash.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : hash.slice(mark));
  if (value === '' || value === null) query.delete(name);
  else query.set(name, value);
  const text = query.toString();
  history.replaceState(null, '', `${mark < 0 ? hash : hash.slice(0, mark)}${text === '' ? '' : `?${text}`}`);
  dispatchEvent(new HashChangeEvent('hashchange'));
}
