// Makes the pictures of the documents: `npm run pictures`. The same steps, size, times and chance each time.
import { mkdirSync, writeFileSync } from 'node:fs';
import { type BrowserContextOptions, chromium } from 'playwright-core';
import { DEVICE } from '../helpers/simulation.ts';
import { recordSession, SESSION_PICTURE, seededProgram } from '../pictures/session.ts';
import { PICTURES, sumOfSources } from '../pictures/sources.ts';
import { terminalPicture } from '../pictures/terminal.ts';
import { executable } from './executable.ts';
import { STEADY_CLOCK } from './steady-clock.ts';

const SIZE = { width: 1100, height: 600 };
/** The two halves of the picture that the README begins with, in pixels where they are no columns and rows. */
const HALVES = { columns: 62, rows: 24, console: 620, height: 494 };

mkdirSync(PICTURES, { recursive: true });
const session = await recordSession();
writeFileSync(`${PICTURES}session.ansi`, session);
writeFileSync(`${PICTURES}session.svg`, terminalPicture(session, SESSION_PICTURE));
if (executable === undefined)
  throw new Error('No Chromium was found, so only the terminal is new; CHROMIUM names one.');

const program = seededProgram(['--simulate', '--pace', 'instant', '--http-port', '0']);
const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu'] });
const openPage = async (options: BrowserContextOptions) => {
  const page = await browser.newPage({ timezoneId: 'UTC', locale: 'en', ...options });
  await page.addInitScript(STEADY_CLOCK);
  page.setDefaultTimeout(20_000);
  return page;
};

/** A session beside the console, as the README begins, for a light page and for a dark one. */
async function takeOverview(link: string): Promise<void> {
  const viewport = { width: HALVES.console, height: HALVES.height };
  const page = await openPage({ viewport, deviceScaleFactor: 1.5 });
  await page.goto(`${link}/#/devices/${DEVICE}/overview`);
  // It begins with 15 °C; a few messages later there is a line to be drawn.
  await page
    .getByText(/^16(?:\s*°C)?$/)
    .first()
    .waitFor();
  const halves: [scheme: string, console: Buffer][] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    halves.push([colorScheme, await page.screenshot({ animations: 'disabled' })]);
  }
  const terminal = terminalPicture(session, { ...SESSION_PICTURE, ...HALVES, from: 'Read current device twin' });
  await page.setViewportSize({ width: 528 + 12 + HALVES.console, height: HALVES.height });
  await page.goto('about:blank');
  for (const [scheme, half] of halves) {
    await page.setContent(`<style>body{margin:0;display:flex;gap:12px}svg,img{height:${HALVES.height}px;display:block}
      img{box-sizing:border-box;border:1px solid #8b949e;border-radius:8px}</style>
      ${terminal}<img src="data:image/png;base64,${half.toString('base64')}">`);
    await page.locator('img').evaluate('(image) => image.decode()');
    await page.screenshot({ path: `${PICTURES}overview-${scheme}.png`, animations: 'disabled', omitBackground: true });
  }
  await page.close();
}

try {
  const link = await program.link();
  const page = await openPage({ viewport: SIZE, colorScheme: 'light' });
  const take = (name: string) => page.screenshot({ path: `${PICTURES}${name}.png`, animations: 'disabled' });
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

  await open('template');
  await page.getByRole('row').filter({ hasText: 'Response' }).first().scrollIntoViewIfNeeded();
  await page.evaluate('scrollTo(0, document.body.scrollHeight)');
  await take('template');

  await takeOverview(link);

  await open('faults');
  await page.getByRole('button', { name: 'Close the connection' }).click();
  await page.getByText('after the trouble began').waitFor();
  await take('faults');
} finally {
  await browser.close();
  program.end();
}
await program.code;
writeFileSync(`${PICTURES}made-from.json`, `${JSON.stringify({ sha256: sumOfSources() }, null, 2)}\n`);
