// Makes the pictures of docs/walkthrough.md: `npm run pictures`. The same steps, size and times each time.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Cli, emptyFolder } from '../helpers/cli.ts';
import { DEVICE } from '../helpers/simulation.ts';
import { executable } from './executable.ts';
import { STEADY_CLOCK } from './steady-clock.ts';

const FOLDER = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
const SIZE = { width: 1100, height: 600 };

if (executable === undefined) throw new Error('No Chromium was found; CHROMIUM names one.');
mkdirSync(FOLDER, { recursive: true });
const cli = new Cli(['--simulate', '--pace', 'instant', '--http-port', '0'], emptyFolder());
const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const [, link = ''] = await cli.text(/^The local cloud is at (\S+)$/m);
  const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light', timezoneId: 'UTC', locale: 'en' });
  await page.addInitScript(STEADY_CLOCK);
  page.setDefaultTimeout(20_000);
  const take = (name: string) => page.screenshot({ path: `${FOLDER}${name}.png`, animations: 'disabled' });
  const open = (view: string) => page.goto(`${link}/#/devices/${DEVICE}/${view}`);

  await page.goto(link);
  await page.getByText('sends telemetry').waitFor();
  await page.getByText('WBZ451_Curiosity;1').waitFor();
  await take('devices');

  await open('journey');
  await page.getByText('flows').waitFor();
  await take('journey');

  await open('raw');
  await page
    .getByRole('button', { name: /Property reported/ })
    .last()
    .click();
  await page.locator('.raw .tree').first().waitFor();
  await take('raw-data');

  await open('properties');
  await page.getByRole('button', { name: 'Write telemetryInterval' }).click();
  await page.getByLabel('Telemetry Interval').fill('3');
  await page.getByRole('button', { name: 'Write', exact: true }).first().click();
  await page.getByText('telemetryInterval set to: 3').waitFor();
  await page.evaluate('scrollTo(0, document.body.scrollHeight)');
  await take('properties');

  await open('commands');
  await page.getByLabel('Delay').fill('PT5S');
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  await page.getByText('"Success"').waitFor();
  await take('commands');

  await open('trace');
  await page.getByPlaceholder('Filter lines').fill('methods/');
  await page
    .getByRole('button', { name: /POST\/reboot/ })
    .first()
    .click();
  await page.getByText('docs/').waitFor();
  await take('trace');

  await open('faults');
  await page.getByRole('button', { name: 'Close the connection' }).click();
  await page.getByText('after the trouble began').waitFor();
  await take('faults');

  await open('template');
  await page.getByRole('row').filter({ hasText: 'Response' }).first().scrollIntoViewIfNeeded();
  await page.evaluate('scrollTo(0, document.body.scrollHeight)');
  await take('template');
} finally {
  await browser.close();
  cli.kill('SIGKILL');
}
