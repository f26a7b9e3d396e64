import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPage } from '../../src/cli/page.ts';
import { systemClock } from '../../src/clock.ts';
import { ModelRepository, PACKAGED_MODELS } from '../../src/dtdl/repository.ts';
import { emptyFolder, startCli } from '../helpers/cli.ts';
import { DEVICE } from '../helpers/simulation.ts';
import { dropFile, openTab, withoutBrowser } from './browser.ts';

test('a recorded session is shown, from a file of the program and dropped onto the page', {
  skip: withoutBrowser,
  timeout: 60_000,
}, async (t) => {
  const cwd = emptyFolder();
  const recorded = await startCli(t, ['--simulate', '--pace', 'instant', '--http-port', '0', '--count', '2', '--json'])
    .ended;
  const file = join(cwd, 'run.ndjson');
  writeFileSync(file, recorded.stdout);
  const cli = startCli(t, ['console', 'run.ndjson'], { cwd });
  const [, link = ''] = await cli.text(/^The console is at (\S+)$/m);
  const { page, complaints, close } = await openTab(link);
  t.after(close);
  await page.getByText('Recording').waitFor();
  const see = async () => {
    await page.getByRole('link', { name: DEVICE }).click();
    await page.getByRole('heading', { name: 'Temperature' }).waitFor();
    await page.getByRole('link', { name: 'Journey' }).click();
    await page.getByText('The session has ended').waitFor();
    await page.getByRole('link', { name: 'Properties' }).click();
    await page.getByRole('row').filter({ hasText: 'Telemetry Interval' }).first().waitFor();
    assert.equal(await page.getByRole('button', { name: /^Write/ }).count(), 0);
  };
  await see();

  await page.goto(`${link}/#/devices`);
  await dropFile(page, 'other.ndjson', readFileSync(file, 'utf8'));
  await see();
  assert.deepEqual(complaints, []);
});

test('a session with a board is shown as it happens, without forms', {
  skip: withoutBrowser,
  timeout: 30_000,
}, async (t) => {
  const about = { mode: 'session', deviceId: null, model: null };
  const models = new ModelRepository([PACKAGED_MODELS]);
  const session = await startPage({ port: 0, about, models, clock: systemClock, warn: assert.fail });
  t.after(() => session.close());
  session.take({ type: 'state', state: 'wi-fi' });
  const { page, complaints, close } = await openTab(session.url);
  t.after(close);
  await page.getByText('at Wi-Fi').waitFor();
  session.take({ type: 'assigned', hub: 'a-hub.azure-devices.net', deviceId: 'board-7' });
  session.take({ type: 'state', state: 'telemetry' });
  session.take({ type: 'telemetry', body: { light: 5 } });
  await page.getByRole('link', { name: 'board-7' }).click();
  await page.getByRole('heading', { name: 'light' }).waitFor();
  await page.getByRole('link', { name: 'Commands' }).click();
  await page.getByText('No command has come yet').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Faults' }).count(), 0);
  assert.deepEqual(complaints, []);
});
