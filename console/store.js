import { Journey } from './journey.js';
import { isObject, merged, own, sameJson, textOf, wellFormed } from './json.js';
import { Ring } from './ring.js';
import { leaves, SeriesStore } from './series.js';

const MEGABYTE = 1024 * 1024;
const MAX_DEVICES = 10_000;
const MAX_VALUES = 256;
const MAX_COMMANDS = 100;
/** What is shown in the raw data beside telemetry. */
const RAW = [
  'telemetry',
  'property',
  'reported',
  'command',
  'message',
  'connect',
  'disconnect',
  'refusal',
  'provisioning',
  'twin',
  'assigned',
];

/** The component that a message comes from, as the two ends mark it. */
function componentOf(event) {
  const name = event.component ?? own(event.properties, '$.sub') ?? own(event.properties, 'dt-subject');
  return typeof name === 'string' ? name : '';
}

const numberOr = (other, value) => (typeof value === 'number' ? value : other);

/** What is told in a sentence, of a bounded length. */
const sentence = (value) => (value === undefined || value === null ? '' : textOf(value).slice(0, 2000));

/** A reported value, taken out of its acknowledgement where it stands in one. */
export function unwrap(value) {
  const [ac, av] = [own(value, 'ac'), own(value, 'av')];
  if (typeof ac !== 'number' || typeof av !== 'number' || !Object.hasOwn(value, 'value')) return { value };
  return { value: value.value, ac, av, ad: own(value, 'ad') };
}

const PEM = /^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/;
const CERTIFICATE = ['subject', 'issuer', 'serial', 'validFrom', 'validTo', 'sha1', 'sha256'];
const LONGEST_PEM = 32 * 1024;

/** The facts of a certificate, of a bounded length; without what is no certificate to be saved. */
function certificateOf(event) {
  const facts = Object.fromEntries(CERTIFICATE.map((name) => [name, sentence(event[name])]));
  const { pem } = event;
  const isPem = typeof pem === 'string' && pem.length <= LONGEST_PEM && PEM.test(pem);
  return { ...facts, pem: isPem ? pem : null };
}

const isComponent = (value) => own(value, '__t') === 'c';

/** The properties in a part of a twin, a component's as `component.name`; its marks left out. */
export function flatten(part, components = new Set()) {
  const found = [];
  for (const [name, value] of Object.entries(isObject(part) ? part : {})) {
    if (name.startsWith('$')) continue;
    if (isObject(value) && (isComponent(value) || components.has(name))) {
      for (const [inner, member] of Object.entries(value)) {
        if (inner !== '__t' && !inner.startsWith('$')) found.push([`${name}.${inner}`, member, [name, inner]]);
      }
    } else found.push([name, value, [name]]);
  }
  return found;
}

class Device {
  /** As the API describes it; empty where there is none. */
  summary = {};
  /** Null while it is not known. */
  connected = null;
  lastAt = null;
  /** What it has sent last: { name, value }. */
  lastValue = null;
  /** Undefined while it was not asked for, null where there is none. */
  model;
  modelId = null;
  hub = null;
  /** What a session has read from its module. */
  certificate = null;
  /** By path: { value, at }. */
  values = new Map();
  /** By name: { value, version, at }. */
  desired = new Map();
  /** By name: { value, ac, av, ad, at }. */
  reported = new Map();
  desiredVersion = -1;
  reportedVersion = -1;
  /** Counts the times that it came to its hub, or was registered: what was read of it before may be of a former device. */
  arrivals = 0;
  /** Newest last: { at, name, request, status, response, ms, error }. */
  commands = [];
  /** Calls of this page that are not answered: { name, request, at, ms }. */
  calls = [];
  journey = new Journey();
  /** What came of the fault that this page has asked for last; null while it has asked for none. */
  aftermath = null;

  constructor(id) {
    this.id = id;
  }

  get components() {
    return new Set((this.model?.components ?? []).map(({ name }) => name));
  }
}

/** Everything that the page knows, made of events and of what the API says; bounded, whatever comes. */
export class Store {
  devices = new Map();
  /** Raw data: { at, type, deviceId, event, size, number }. */
  messages = new Ring(5000, 16 * MEGABYTE);
  /** AT lines and MQTT packets: { at, side, direction, deviceId, event, size, number }. */
  trace = new Ring(20_000, 16 * MEGABYTE);
  series = new SeriesStore();
  /** What is kept of the raw data; the rest is not stored. */
  capture = { types: null, text: '' };
  /** Of a recording, its last moment stands for now. */
  recordedUntil = null;
  count = 0;
  version = 0;
  /** The device of a session, until its events name it. */
  sessionDevice = null;
  isSession = false;
  #listeners = new Set();

  /** Calls `listener` after changes; call the result to stop. */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed() {
    this.version++;
    for (const listener of this.#listeners) listener();
  }

  now() {
    return this.recordedUntil ?? Date.now();
  }

  clear() {
    this.devices.clear();
    this.messages.clear();
    this.trace.clear();
    this.series.clear();
    this.count = 0;
    this.recordedUntil = null;
    this.isSession = false;
    this.changed();
  }

  device(id) {
    const known = this.devices.get(id);
    if (known) return known;
    const device = new Device(id);
    this.devices.set(id, device);
    if (this.devices.size > MAX_DEVICES) this.devices.delete(this.devices.keys().next().value);
    return device;
  }

  /** The device that an address names. */
  find(id) {
    return this.devices.get(id) ?? [...this.devices.values()].find((device) => wellFormed(device.id) === id);
  }

  /** What `GET /api/console` says: of a session, which device it is, and what its model is. */
  takeAbout({ mode, deviceId, model }) {
    if (mode !== 'session') return;
    // A session has one device, under one name here, whatever it turns out to be called.
    this.sessionDevice = deviceId ?? 'board';
    this.isSession = true;
    const device = this.device(this.sessionDevice);
    device.model = model ?? null;
    device.modelId = model?.id ?? null;
    this.changed();
  }

  /** What `GET /api/devices` says. */
  takeDevices(summaries) {
    const ids = new Set(summaries.map(({ id }) => id));
    for (const [id, { summary, connected }] of this.devices) {
      // One that was never let in is worth seeing, though the cloud has no such device; one that was is deleted.
      if (ids.has(id) || (summary.id === undefined && connected === null)) continue;
      this.devices.delete(id);
      this.series.forget(id);
    }
    for (const summary of summaries) this.takeSummary(summary);
    this.changed();
  }

  takeSummary(summary) {
    const device = this.device(summary.id);
    device.summary = summary;
    device.connected = summary.connected;
    device.modelId = summary.template ?? device.modelId;
    if (summary.lastActivityTime) device.lastAt = Math.max(device.lastAt ?? 0, Date.parse(summary.lastActivityTime));
    for (const [name, { value, timestamp }] of Object.entries(summary.telemetry ?? {})) {
      this.#takeValues(device, leaves({ [name]: value }), Date.parse(timestamp), name, value, false);
    }
    if (device.journey.current === null && device.connected)
      device.journey.seen('telemetry', '', device.lastAt ?? this.now());
    return device;
  }

  /** What `GET /api/devices/{id}/state` says: all there is to see of a device. */
  takeState({ device: summary, model, twin }) {
    const device = this.takeSummary(summary);
    device.model = model ?? null;
    this.takeTwin(device, twin?.properties?.desired, twin?.properties?.reported);
    this.changed();
  }

  takeTwin(device, desired = {}, reported = {}) {
    const changes = (part, [name, inner]) => {
      const change = own(own(part, '$metadata'), name);
      return (inner === undefined ? change : own(change, inner)) ?? change ?? {};
    };
    device.desired.clear();
    device.reported.clear();
    for (const [name, value, path] of flatten(desired, device.components)) {
      const { $lastUpdated, $lastUpdatedVersion } = changes(desired, path);
      this.#keep(device.desired, name, {
        value,
        version: numberOr(null, $lastUpdatedVersion),
        at: Date.parse(textOf($lastUpdated)),
      });
    }
    for (const [name, value, path] of flatten(reported, device.components)) {
      this.#keep(device.reported, name, {
        ...unwrap(value),
        at: Date.parse(textOf(changes(reported, path).$lastUpdated)),
      });
    }
    device.desiredVersion = numberOr(device.desiredVersion, own(desired, '$version'));
    device.reportedVersion = numberOr(device.reportedVersion, own(reported, '$version'));
  }

  /**
   * One event of `/api/events` or of `--json`.
   * @param size its length as text
   */
  take(event, size = 200) {
    if (!isObject(event) || typeof event.type !== 'string') return;
    const at = Date.parse(event.ts);
    if (!Number.isFinite(at)) return;
    const isNamed = !this.isSession && typeof event.deviceId === 'string' && event.deviceId !== '';
    const id = isNamed ? event.deviceId : this.sessionDevice;
    const number = ++this.count;
    if (event.type === 'at' || event.type === 'mqtt') {
      this.trace.push({ at, side: event.type, direction: directionOf(event), deviceId: id, event, size, number });
    }
    if (RAW.includes(event.type) && this.#isCaptured(event)) {
      this.messages.push({ at, type: event.type, deviceId: id, event, size, number });
    }
    if (id !== null && id !== undefined) this.#apply(this.device(id), event, at);
    this.changed();
  }

  #isCaptured(event) {
    const { types, text } = this.capture;
    if (types && !types.has(event.type)) return false;
    return text === '' || textOf(event).toLowerCase().includes(text.toLowerCase());
  }

  #apply(device, event, at) {
    const { journey } = device;
    device.aftermath?.take(event, at);
    switch (event.type) {
      case 'state':
        journey.enter(event.state, at);
        break;
      case 'event':
      case 'gateway':
        journey.note(event.level, sentence(event.message), at);
        if (event.level === 'warning') journey.fail(sentence(event.message), '', at);
        break;
      case 'waiting':
        journey.waiting = sentence(event.message);
        break;
      case 'error':
        journey.fail(sentence(event.message), sentence(event.hint), at);
        break;
      case 'exit':
        journey.end(sentence(event.reason), at);
        if (device.summary.id === undefined) device.connected = false;
        break;
      case 'connect':
        if (event.service === 'hub') {
          device.connected = true;
          this.#arrive(device);
        }
        journey.seen(
          event.service === 'hub' ? 'hub' : 'dps',
          event.service === 'hub' ? 'the device to ask for its twin' : 'the device to register',
          at,
        );
        device.lastAt = at;
        break;
      case 'disconnect':
        if (event.service !== 'hub') break;
        device.connected = false;
        journey.away(sentence(event.reason), at);
        break;
      case 'refusal':
        journey.seen(
          event.service === 'hub' || event.stage === 'request' ? 'hub' : 'dps',
          'the device to try again',
          at,
        );
        journey.fail(
          `Refused (${[event.stage, event.code].map(sentence).filter(Boolean).join(', ')}): ${sentence(event.reason)}`,
          '',
          at,
        );
        break;
      case 'provisioning':
        if (event.status === 'assigned') {
          device.hub = sentence(event.hub);
          this.#arrive(device);
          journey.seen('hub', 'the device to connect to its hub', at);
        } else journey.fail(`DPS says: ${sentence(event.status)}`, '', at);
        break;
      case 'certificate':
        device.certificate = certificateOf(event);
        break;
      case 'assigned':
        device.hub = sentence(event.hub);
        if (this.isSession) device.summary = { displayName: sentence(event.deviceId) };
        break;
      case 'mqtt':
        this.#takePacket(device, event, at);
        break;
      case 'telemetry':
        this.#takeTelemetry(device, event, at);
        break;
      case 'twin':
        if (device.summary.id === undefined) this.takeTwin(device, event.desired, event.reported);
        break;
      case 'reported':
        this.#takeReported(device, event.body, at);
        break;
      case 'property':
        this.#takeProperty(device, event, at);
        break;
      case 'command':
        this.#takeCommand(device, event, at);
        break;
    }
  }

  /** Its twin may be a new one, whose versions begin anew. */
  #arrive(device) {
    device.arrivals++;
    device.desiredVersion = -1;
    device.reportedVersion = -1;
  }

  #takePacket(device, { packet, direction, service }, at) {
    if (service !== 'hub') return;
    device.lastAt = direction === 'in' ? at : device.lastAt;
    const topic = own(packet, 'topic');
    if (typeof topic === 'string' && topic.startsWith('$iothub/twin/GET/'))
      device.journey.seen('twin', 'the device to send telemetry', at);
  }

  #takeTelemetry(device, event, at) {
    if (device.connected === null) device.connected = true;
    device.lastAt = at;
    device.journey.seen('telemetry', '', at);
    const component = componentOf(event);
    const { body } = event;
    if (!isObject(body)) {
      device.lastValue = { name: '', value: body };
      return;
    }
    const [name] = Object.keys(body);
    this.#takeValues(
      device,
      leaves(body, component),
      at,
      name === undefined ? '' : component === '' ? name : `${component}.${name}`,
      body[name],
      true,
    );
    for (const [member, value] of Object.entries(body).slice(0, MAX_VALUES)) {
      this.#keep(device.values, component === '' ? member : `${component}.${member}`, { value, at });
    }
  }

  #takeValues(device, found, at, name, value, isEvent) {
    if (isEvent || !device.lastValue) device.lastValue = { name, value };
    if (!isEvent) {
      if (!device.values.has(name)) this.#keep(device.values, name, { value, at });
      return;
    }
    for (const [path, leaf] of found) this.series.push(device.id, path, at, leaf);
  }

  #keep(map, name, entry) {
    map.delete(name);
    map.set(name, entry);
    if (map.size > MAX_VALUES) map.delete(map.keys().next().value);
  }

  #takeReported(device, body, at) {
    for (const [name, value] of flatten(body, device.components)) {
      const before = device.reported.get(name);
      if (value === null) device.reported.delete(name);
      else {
        const next = unwrap(value);
        this.#keep(device.reported, name, { ...next, value: merged(before?.value, next.value), at });
      }
    }
  }

  #takeProperty(device, event, at) {
    device.lastAt = event.side === 'desired' ? device.lastAt : at;
    const version = numberOr(null, event.version);
    if (event.side === 'desired') {
      if (version === null || version <= device.desiredVersion) return;
      device.desiredVersion = version;
      for (const [name, value] of flatten(event.patch, device.components)) {
        const before = device.desired.get(name);
        if (value === null) device.desired.delete(name);
        else this.#keep(device.desired, name, { value: merged(before?.value, value), version, at });
      }
    } else if (event.side === 'reported') {
      if (version === null || version <= device.reportedVersion) return;
      device.reportedVersion = version;
      this.#takeReported(device, event.patch, at);
    } else if (typeof event.name === 'string') {
      const { name, value, requested, ad } = event;
      const ac = numberOr(undefined, event.ac);
      this.#keep(device.desired, name, { value: requested, version, at });
      this.#keep(device.reported, name, { value, ac, av: version ?? undefined, ad, at });
    }
  }

  #takeCommand(device, event, at) {
    const { request = null, response = null } = event;
    const [name, status] = [textOf(event.name), numberOr(null, event.status)];
    const call = device.calls.find((one) => one.entry === null && one.name === name && sameJson(one.request, request));
    const entry = { at, name, request, status, response, ms: call?.ms ?? null, error: null };
    if (call) call.entry = entry;
    device.calls = device.calls.filter((one) => one.entry === null || one.ms === null);
    this.addCommand(device, entry);
  }

  addCommand(device, entry) {
    device.commands.push(entry);
    if (device.commands.length > MAX_COMMANDS) device.commands.shift();
    this.changed();
  }
}

/** Seen from the device: out to the cloud, or in. */
function directionOf(event) {
  if (event.type === 'at') return event.dir === 'tx' ? 'out' : 'in';
  return event.direction === 'in' ? 'out' : 'in';
}

/**
 * What has become of a desired value.
 * @returns 'none', 'pending', 'accepted', 'rejected' or 'unanswered' (pending for more than half a minute)
 */
export function propertyState(desired, reported, now) {
  if (!desired) return 'none';
  const isOld = now - desired.at > 30_000;
  const isAnswered =
    reported?.av !== undefined && (desired.version === null || reported.av >= desired.version) && reported.ac !== 202;
  if (!isAnswered) return isOld ? 'unanswered' : 'pending';
  return reported.ac >= 200 && reported.ac < 300 ? 'accepted' : 'rejected';
}
