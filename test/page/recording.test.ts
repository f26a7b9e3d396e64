import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { parseEvent } from '../../console/json.js';
import { DroppedRecording, showRecording } from '../../console/recording.js';
import { Store } from '../../console/store.js';
import { AWKWARD, nonsense } from '../console/nonsense.ts';
import { anyText } from '../helpers/any-text.ts';

const event = (second: number, members: object) =>
  JSON.stringify({ v: 1, ts: `2026-11-27T12:00:0${second}.000Z`, ...members });
const recordingOf = (text: string) => new DroppedRecording(new File([text], 'run.ndjson'));

suite('a recording', () => {
  test('is read line by line; what is no event is counted and left out', async () => {
    const deep = `{"v":1,"ts":"2026-11-27T12:00:00Z","type":"x","body":${'['.repeat(500)}${']'.repeat(500)}}`;
    const recording = recordingOf(
      ['', event(0, { type: 'telemetry', body: { '°': 1 } }), '{"type":"x"', 'null', deep, '{}', ''].join('\r\n'),
    );
    const store = new Store();
    await showRecording(store, recording);
    assert.equal(recording.skipped, 4);
    assert.deepEqual(store.device('board').values.get('°')?.value, 1);
  });

  test('is the same, however it comes in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText(), { maxLength: 20 }), fc.nat(7), async (texts, size) => {
        const file = new File([texts.map((text) => event(0, { type: 'event', message: text })).join('\n')], 'x');
        const bytes = new Uint8Array(await file.arrayBuffer());
        file.stream = () =>
          new ReadableStream({
            start(controller) {
              for (let at = 0; at < bytes.length; at += size + 1) controller.enqueue(bytes.slice(at, at + size + 1));
              controller.close();
            },
          });
        const found = [];
        for await (const part of new DroppedRecording(file).parts()) found.push(...part);
        assert.deepEqual(
          found.map((one) => one.event.message),
          texts,
        );
      }),
      { numRuns: 30 },
    );
  });

  test('is under the name that its session was given at last', async () => {
    const store = new Store();
    const lines = [
      event(0, { type: 'state', state: 'wi-fi' }),
      event(1, { type: 'assigned', hub: 'h', deviceId: 'board-7' }),
      event(2, { type: 'telemetry', body: { t: 1 } }),
    ];
    await showRecording(store, recordingOf(lines.join('\n')));
    assert.deepEqual([...store.devices.keys()], ['board-7']);
    assert.equal(store.now(), Date.parse('2026-11-27T12:00:02Z'));
  });

  test('without an event changes nothing of what is shown', async () => {
    const store = new Store();
    store.device('here');
    await assert.rejects(showRecording(store, recordingOf('one\ntwo')), /holds no event/);
    assert.deepEqual([...store.devices.keys()], ['here']);
  });

  test('that is too large is refused before it is read', () => {
    const file = new File([''], 'large.ndjson');
    Object.defineProperty(file, 'size', { value: 256 * 1024 * 1024 + 1 });
    assert.throws(() => new DroppedRecording(file), /large.ndjson is larger than 256 MB/);
  });

  test('of nonsense is taken in, whatever stands where', () => {
    const store = new Store();
    for (const id of ['board', '__proto__']) {
      const lines = nonsense(id);
      // What is long takes long, and is no different under another name.
      const taken = id === 'board' ? lines : lines.filter(({ length }) => length < 10_000);
      for (const line of taken) store.take(parseEvent(line), line.length);
      // Something sane afterwards is still understood.
      store.take(JSON.parse(event(9, { type: 'telemetry', deviceId: id, body: { sane: 1 } })));
      assert.equal(store.device(id).values.get('sane')?.value, 1);
    }
    assert.ok(AWKWARD.length > 20);
    assert.equal(Object.hasOwn(Object.prototype, 'x'), false);
  });
});
