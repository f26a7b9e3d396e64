import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { findModel, startPage } from '../../src/cli/page.ts';
import { systemClock } from '../../src/clock.ts';
import { ModelRepository, PACKAGED_MODELS } from '../../src/dtdl/repository.ts';
import { emptyFolder, startCli } from '../helpers/cli.ts';

const MODEL = 'dtmi:com:Microchip:WBZ451_Curiosity;1';
const EVENTS = [
  { v: 1, ts: '2026-11-27T12:00:00.000Z', type: 'state', state: 'sync' },
  { v: 1, ts: '2026-11-27T12:00:01.000Z', type: 'telemetry', body: { temperature: 20 } },
];

async function json(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

suite('the page without a cloud', () => {
  test('has what a session tells, and nothing that changes anything', async () => {
    const models = new ModelRepository([PACKAGED_MODELS]);
    const model = findModel(MODEL, models) ?? null;
    const about = { mode: 'session', deviceId: 'board-1', model };
    const page = await startPage({
      port: 0,
      about,
      deviceId: 'board-1',
      models,
      clock: systemClock,
      warn: assert.fail,
    });
    try {
      assert.match(page.url, /^http:\/\/127\.0\.0\.1:\d+$/);
      page.take({ type: 'state', state: 'wi-fi' });
      page.take({ type: 'telemetry', body: { t: 1 } });
      page.take({ type: 'console', url: page.url, link: page.url });
      page.take({ type: 'exit', code: 0, reason: 'ESC' });
      const response = await fetch(`${page.url}/api/events?lastEventId=0`);
      const reader = response.body?.getReader();
      let text = '';
      while (!text.includes('"exit"')) text += new TextDecoder().decode((await reader?.read())?.value);
      await reader?.cancel();
      assert.deepEqual(
        [...text.matchAll(/^event: (.*)$/gm)].map(([, type]) => type),
        ['state', 'telemetry', 'exit'],
      );
      assert.match(text, /"deviceId":"board-1"/);
      assert.deepEqual(await json(`${page.url}/api/console`), about);
      assert.equal((await fetch(`${page.url}/api/devices`)).status, 404);
    } finally {
      await page.close();
    }
  });

  test('shows a recording: its events in parts, and the model that it names', async (t) => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'run.ndjson'), `${EVENTS.map((event) => JSON.stringify(event)).join('\n')}\n\nno event\n`);
    const cli = startCli(t, ['console', 'run.ndjson', '--json'], { cwd });
    const { url, link } = await cli.event('console');
    assert.equal(link, url);
    assert.deepEqual(await json(`${url}/api/console`), { mode: 'recording', name: 'run.ndjson', skipped: 1 });
    assert.deepEqual(await json(`${url}/api/recording?from=1`), { value: EVENTS.slice(1), total: 2 });
    assert.equal((await fetch(`${url}/api/recording?from=-1`)).status, 400);
    assert.equal((await fetch(`${url}/api/models/${encodeURIComponent(MODEL)}`)).status, 200);
    assert.equal((await fetch(`${url}/api/models/dtmi:com:example:Missing;1`)).status, 404);
    assert.equal((await fetch(`${url}/api/models/x`)).status, 404);
  });

  test('ends with 3 and says what is wrong with a file that is no recording', async (t) => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'empty.ndjson'), '{}\n');
    // All of it a hole: it takes no room.
    writeFileSync(join(cwd, 'large.ndjson'), '');
    truncateSync(join(cwd, 'large.ndjson'), 256 * 1024 * 1024 + 1);
    for (const [file, problem] of [
      ['missing.ndjson', /does not exist/],
      ['large.ndjson', /larger than 256 MB[\s\S]*Cut a part out/],
      ['.', /is no file/],
      ['empty.ndjson', /holds no event/],
    ] as const) {
      const { code, stderr } = await startCli(t, ['console', file], { cwd }).ended;
      assert.equal(code, 3);
      assert.match(stderr, problem);
    }
  });
});
