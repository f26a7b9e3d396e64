import { api } from './api.js';
import { parseEvent } from './json.js';

const MODEL = /dtmi:[A-Za-z0-9_:]+;[0-9]+(?:\.[0-9]+)?/;
/** Of a file and of a line: in bytes, and in characters. */
const MAX_FILE = 256 * 1024 * 1024;
const MAX_LINE = 4 * 1024 * 1024;

/** What a recording tells of itself: which device its session has, which model that has announced, and how much it holds. */
class Facts {
  deviceId = null;
  modelId = null;
  count = 0;

  take(event) {
    this.count++;
    if (['local-cloud', 'assigned'].includes(event.type) && typeof event.deviceId === 'string')
      this.deviceId ??= event.deviceId;
    // As the device has announced it to DPS: in an AT line, or in a packet.
    const text = event.type === 'at' ? event.line : event.type === 'mqtt' ? event.packet?.payload : null;
    if (this.modelId === null && typeof text === 'string' && text.includes('modelId'))
      this.modelId = MODEL.exec(text)?.[0] ?? null;
  }
}

/**
 * Shows events that were recorded, as if they happened. They are read twice, since what the last tells may concern the first.
 * @param recording `parts()` gives them anew, in parts: { event, size } each
 * @param onStart called when there is something to show, before what was shown is gone
 * @throws Error when there are none
 */
export async function showRecording(store, recording, onStart = () => {}) {
  const facts = new Facts();
  for await (const part of recording.parts()) for (const { event } of part) facts.take(event);
  if (facts.count === 0) throw new Error('The file holds no event: drop one that --json has written.');
  onStart();
  store.clear();
  store.sessionDevice = facts.deviceId ?? 'board';
  for await (const part of recording.parts()) {
    for (const { event, size } of part) {
      store.take(event, size);
      const at = Date.parse(event.ts);
      if (Number.isFinite(at)) store.recordedUntil = Math.max(store.recordedUntil ?? at, at);
    }
  }
  for (const device of store.devices.values()) device.modelId ??= facts.modelId;
  store.changed();
  if (facts.modelId === null) return;
  // A program that does not know the model shows the values as they are.
  const model = await api.model(facts.modelId).catch(() => null);
  for (const device of store.devices.values()) if (device.modelId === facts.modelId) device.model = model;
  store.changed();
}

/** The recording that the program has been given. */
export class ServedRecording {
  async *parts() {
    let from = 0;
    for (;;) {
      const { value, total } = await api.recording(from);
      yield value.map((event) => ({ event }));
      from += value.length;
      if (from >= total || value.length === 0) return;
    }
  }
}

/** A file that was dropped onto the page; `skipped` counts the lines that are no event. */
export class DroppedRecording {
  skipped = 0;

  /** @throws Error for a file that is too large to be read in a page */
  constructor(file) {
    if (file.size > MAX_FILE) {
      throw new Error(`${file.name} is larger than 256 MB. Cut a part out of it: each line is an event of its own.`);
    }
    this.file = file;
  }

  async *parts() {
    this.skipped = 0;
    const reader = this.file.stream().pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value = '' } = await reader.read();
      const lines = (rest + value).split('\n');
      // Of a line that is too long only so much is kept that it is counted.
      rest = done ? '' : lines.pop().slice(0, MAX_LINE + 1);
      yield lines.flatMap((line) => this.#eventsIn(line));
      if (done) return;
    }
  }

  #eventsIn(line) {
    if (line.trim() === '') return [];
    const event = line.length > MAX_LINE ? null : parseEvent(line);
    if (event === null) this.skipped++;
    return event === null ? [] : [{ event, size: line.length }];
  }
}
