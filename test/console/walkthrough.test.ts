import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCli } from '../helpers/cli.ts';
import { DEVICE } from '../helpers/simulation.ts';
import { openTab, withoutBrowser } from './browser.ts';

test('the walkthrough is done in the page, from the link that the program prints to the reboot and to trouble', {
  skip: withoutBrowser,
  timeout: 90_000,
}, async (t) => {
  const cli = startCli(t, ['--simulate', '--pace', 'instant', '--http-port', '0', '--duration', '50']);
  const [, link = ''] = await cli.text(/^The local cloud is at (\S+)$/m);
  const { page, complaints, close } = await openTab(link);
  t.after(close);

  // The device list: it connects, under its model.
  const row = page.getByRole('row').filter({ hasText: DEVICE });
  await row.getByText('sends telemetry').waitFor();
  await row.getByText('WBZ451_Curiosity;1').waitFor();
  await row.getByRole('link').click();
  await page.getByRole('heading', { level: 1, name: DEVICE }).waitFor();
  await page.getByText('°C').first().waitFor();

  // Raw data: the first messages, opened.
  await page.getByRole('link', { name: 'Raw data' }).click();
  await page
    .getByRole('button', { name: /Property reported/ })
    .last()
    .click();
  await page.locator('.raw .tree').getByText('telemetryInterval set to: 5').waitFor();

  // A property is written, is pending, and is accepted with the device's own words.
  await page.getByRole('link', { name: 'Properties' }).click();
  await page.getByRole('button', { name: 'Write telemetryInterval' }).click();
  await page.getByLabel('Telemetry Interval').fill('3');
  await page.getByRole('button', { name: 'Write', exact: true }).first().click();
  const interval = page.getByRole('row').filter({ hasText: 'Telemetry Interval' });
  await interval.getByText('Accepted').waitFor();
  await interval.getByText('telemetryInterval set to: 3').waitFor();

  // What the model forbids is sent as raw JSON, and refused by the device.
  await page.getByLabel('raw JSON').first().check();
  await page.getByLabel(/right or wrong/).fill('"soon"');
  await page.getByRole('button', { name: 'Write', exact: true }).first().click();
  await interval.getByText('Rejected').waitFor();

  // The reboot command, with its answer and how long it took.
  await page.getByRole('link', { name: 'Commands' }).click();
  await page.getByLabel('Delay').fill('five');
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await page.getByText('must be a duration such as PT5S').waitFor();
  await page.getByLabel('Delay').fill('PT5S');
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  const answer = page.getByRole('row').filter({ hasText: 'PT5S' });
  await answer.getByText('200').waitFor();
  await answer.getByText('"Success"').waitFor();
  await answer.getByText(/^\d+(\.\d+)? m?s$/).waitFor();

  // An address of its own each: reloaded, the view is there again, with its past.
  await page.reload();
  await page.getByRole('row').filter({ hasText: 'PT5S' }).getByText('200').waitFor();
  await page.goBack();
  await interval.getByText('Rejected').waitFor();

  // Trouble in the cloud and in the module, and what came of it.
  await page.getByRole('link', { name: 'Faults' }).click();
  for (const [fault, trouble] of [
    ['Close the connection', 'Disconnected from the hub'],
    ['Wi-Fi drops', 'The session joins the network again'],
  ] as const) {
    await page.getByRole('button', { name: fault, exact: true }).click();
    const aftermath = page.getByRole('region', { name: 'What happened next' }).filter({ hasText: fault });
    await aftermath.getByText(/Telemetry flows again, .* after the trouble began/).waitFor();
    await aftermath.getByText(trouble).first().waitFor();
  }
  // What waits for its occasion is for this device, and is named as in the table.
  await page.getByRole('button', { name: 'Twin: silence' }).click();
  await page.getByText('Waiting for their occasion').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'Twin: silence' }).waitFor();
  await page.getByRole('button', { name: 'Forget all' }).click();
  await page.getByText('Waiting for their occasion').waitFor({ state: 'detached' });
  assert.deepEqual(complaints, []);
});
