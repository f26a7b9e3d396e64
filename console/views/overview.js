import { age, brief, clipped, number, title, unit } from '../format.js';
import { isObject, own } from '../json.js';
import { elementsOf, enumName } from '../model.js';
import { Sparkline, Strip } from '../parts/spark.js';
import { Tree } from '../parts/tree.js';
import { html } from '../vendor/preact.js';

const MOST_CARDS = 200;

/** What the device sends, drawn from its model; what the model does not have is marked. */
export function Overview({ store, device }) {
  const { model, values } = device;
  const telemetry = elementsOf(model, 'telemetry');
  const properties = elementsOf(model, 'properties').filter(
    ({ path }) => device.reported.has(path) || device.desired.has(path),
  );
  const known = new Set(telemetry.map(({ path }) => path));
  const others = [...values.keys()].filter((path) => !known.has(path));
  if (telemetry.length === 0 && others.length === 0) {
    return html`<div class="empty"><p>${device.connected ? 'Connected. Waiting for the first telemetry.' : 'No telemetry yet: the device is not connected.'}</p></div>
      <${PropertyCards} device=${device} properties=${properties} store=${store} />`;
  }
  return html`
    <div class="cards">
      ${telemetry.slice(0, MOST_CARDS).map(({ path, element, component }) => html`<${Card} key=${path} store=${store} device=${device} path=${path} field=${element} name=${title(element)} of=${component ? title(component) : ''} />`)}
      ${others.slice(0, MOST_CARDS).map((path) => html`<${Card} key=${path} store=${store} device=${device} path=${path} field=${null} name=${clipped(path, 80)} of="" mark=${model ? 'not in the model' : ''} />`)}
    </div>
    <${PropertyCards} device=${device} properties=${properties} store=${store} />`;
}

function PropertyCards({ device, properties }) {
  if (properties.length === 0) return null;
  return html`<h2>Properties</h2><dl class="pairs">
    ${properties.map(({ path, element }) => html`<div key=${path}><dt>${title(element)}</dt><dd class="num"><${Value} field=${element} value=${(device.reported.get(path) ?? device.desired.get(path)).value} /></dd></div>`)}
  </dl>`;
}

function Card({ store, device, path, field, name, of, mark = '' }) {
  const last = device.values.get(path);
  return html`<article class=${last ? 'card' : 'card waits'}>
    <h3>${of === '' ? '' : html`<span class="quiet">${of} · </span>`}${name}</h3>
    ${mark !== '' && html`<span class="mark">${mark}</span>`}
    ${last ? html`<${Content} store=${store} device=${device} path=${path} field=${field} value=${last.value} name=${name} />` : html`<p class="quiet">no value yet</p>`}
    ${last && html`<p class="since quiet num">${age(store.now() - last.at)} ago</p>`}
  </article>`;
}

/** A value with its past, in the way that suits it. */
function Content({ store, device, path, field, value, name }) {
  const schema = field?.schema;
  const series = store.series.get(device.id, path);
  if (typeof value === 'number' && schema?.kind !== 'enum') {
    return html`<p class="big num">${number(value)}<small>${unit(field?.unit)}</small></p><${Sparkline} series=${series} label=${name} />`;
  }
  if (schema?.kind === 'enum' || typeof value === 'boolean') {
    const tones = (one) =>
      typeof one === 'boolean'
        ? Number(one)
        : Math.max(0, schema?.values.findIndex((known) => known.value === one) ?? 0);
    return html`<p class="big"><${Value} field=${field} value=${value} /></p><${Strip} series=${series} label=${name} until=${store.now()} tones=${tones} />`;
  }
  const place = coordinates(schema, value);
  if (place) return html`<p class="num">${place}</p>`;
  if (
    isObject(value) &&
    Object.values(value).length <= 6 &&
    Object.values(value).every((member) => typeof member === 'number')
  ) {
    return html`<dl class="axes">${Object.entries(value).map(
      ([member, one]) =>
        html`<div key=${member}><dt>${clipped(member, 24)}</dt><dd class="num">${number(one)}<small>${unit(unitOf(schema, member) ?? field?.unit)}</small></dd><${Sparkline} series=${store.series.get(device.id, `${path}.${member}`)} label=${`${name} ${member}`} /></div>`,
    )}</dl>`;
  }
  if (typeof value === 'object' && value !== null)
    return html`<div class="scroll" tabindex="0" role="group" aria-label=${name}><${Tree} value=${value} most=${12} room=${12} /></div>`;
  return html`<p class="text">${clipped(value, 300)}</p>`;
}

const unitOf = (schema, member) => schema?.fields?.find((field) => field.name === member)?.unit;

/** Latitude, longitude and height of a place: Azure's `geopoint`, or GeoJSON's point. */
function coordinates(schema, value) {
  const kind = schema?.standard;
  const [lat, lon, alt] =
    kind === 'geopoint'
      ? [own(value, 'lat'), own(value, 'lon'), own(value, 'alt')]
      : kind === 'point' && Array.isArray(own(value, 'coordinates'))
        ? [value.coordinates[1], value.coordinates[0], value.coordinates[2]]
        : [];
  if (typeof lat !== 'number' || typeof lon !== 'number') return null;
  return `${Math.abs(lat).toFixed(5)}° ${lat < 0 ? 'S' : 'N'}, ${Math.abs(lon).toFixed(5)}° ${lon < 0 ? 'W' : 'E'}${typeof alt === 'number' ? `, ${number(alt)} m` : ''}`;
}

function Value({ field, value }) {
  const named = enumName(field?.schema, value);
  if (named) return html`${title(named)} <small class="quiet num">${brief(value, 40)}</small>`;
  if (typeof value === 'object' && value !== null) return html`<${Tree} value=${value} most=${12} room=${12} />`;
  return html`${brief(value, 200)} <small>${unit(field?.unit)}</small>`;
}
