import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { readRecording, recordingRoute } from '../../src/cli/recording.ts';
import { isJsonObject, type Json } from '../../src/json.ts';
import { emptyFolder } from '../helpers/cli.ts';

const event = (body: Json) => JSON.stringify({ v: 1, ts: '2026-11-27T12:00:00Z', type: 'telemetry', body });

async function recordingOf(text: string | Buffer) {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'run.ndjson'), text);
  return readRecording('run.ndjson', { cwd });
}

async function answer(recording: Awaited<ReturnType<typeof recordingOf>>, from: number) {
  const call = { parameters: [], query: new URLSearchParams({ from: String(from) }), headers: {}, body: null };
  const { body = null } = await recordingRoute(recording).handle(call);
  assert.ok(isJsonObject(body) && Array.isArray(body['value']));
  return { value: body['value'], total: body['total'] };
}

suite('a recording of the program', () => {
  test('holds the lines that are events, and counts the others', async () => {
    const lines = [event('ä'), '', '{"v":1', event(2), '[]', '{"type":1,"ts":"x"}', event(3)];
    const recording = await recordingOf(lines.join('\r\n'));
    assert.equal(recording.skipped, 3);
    const { value, total } = await answer(recording, 0);
    assert.equal(total, 3);
    assert.deepEqual(
      value.map((one) => (isJsonObject(one) ? one['body'] : null)),
      ['ä', 2, 3],
    );
  });

  test('leaves out a line of more than 4 MB, and goes on behind it', async () => {
    const recording = await recordingOf(`${event('x'.repeat(5 << 20))}\n${event(1)}\n`);
    assert.deepEqual([recording.lines.length, recording.skipped], [1, 1]);
  });

  test('is given in parts of a bounded size, of which none is empty before the end', async () => {
    const large = event('x'.repeat(3 << 20));
    const recording = await recordingOf([large, large, large, large].join('\n'));
    assert.equal((await answer(recording, 0)).value.length, 2);
    assert.equal((await answer(recording, 3)).value.length, 1);
    assert.equal((await answer(recording, 4)).value.length, 0);
    const many = await recordingOf(`${event(1)}\n`.repeat(2500));
    assert.equal((await answer(many, 0)).value.length, 2000);
    assert.equal((await answer(many, 2000)).value.length, 500);
  });
});
