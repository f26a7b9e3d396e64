import { api } from './api.js';

const MODEL = /dtmi:[A-Za-z0-9_:]+;[0-9]+(?:\.[0-9]+)?/;

/** The id that a session has, when one of its events tells it. */
function deviceOf(events) {
  const telling = events.find(
    (event) => typeof event?.deviceId === 'string' && ['local-cloud', 'assigned'].includes(event.type),
  );
  return telling?.deviceId ?? 'board';
}

/** The model that a device has announced to DPS, in an AT line or a packet. */
function modelOf(events) {
  for (const event of events) {
    const line = event?.type === 'at' ? event.line : event?.type === 'mqtt' ? event.packet?.payload : null;
    if (typeof line === 'string' && line.includes('modelId')) return MODEL.exec(line)?.[0] ?? null;
  }
  return null;
}

/** Shows events that were recorded, as if they happened. */
export async function showRecording(store, events) {
  store.clear();
  store.sessionDevice = deviceOf(events);
  for (const event of events) {
    store.take(event);
    const at = Date.parse(event?.ts);
    if (Number.isFinite(at)) store.recordedUntil = at;
  }
  const id = modelOf(events);
  for (const device of store.devices.values()) device.modelId ??= id;
  store.changed();
  if (id === null) return;
  // Without a server that knows the model, values are shown as they are.
  const model = await api.model(id).catch(() => null);
  for (const device of store.devices.values()) if (device.modelId === id) device.model = model;
  store.changed();
}

/** The recording that the program has been given. */
export async function readRecording() {
  const events = [];
  for (;;) {
    const { value, total } = await api.recording(events.length);
    events.push(...value);
    if (events.length >= total || value.length === 0) return events;
  }
}

/** The events in a file that was dropped onto the page. @throws Error when there are none */
export async function readFile(file) {
  const events = [];
  for (const line of (await file.text()).split('\n')) {
    try {
      const event = JSON.parse(line);
      if (typeof event?.type === 'string' && typeof event.ts === 'string') events.push(event);
    } catch {
      // no event: an empty line, or what another program has written
    }
  }
  if (events.length === 0) throw new Error('The file holds no event: drop one that --json has written.');
  return events;
}
