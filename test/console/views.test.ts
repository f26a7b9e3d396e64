import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startCli } from '../helpers/cli.ts';
import { DEVICE } from '../helpers/simulation.ts';
import { NARROW, openTab, seriousFindings, WIDE, withoutBrowser } from './browser.ts';

/** Each view, and what shows that it is there. */
const VIEWS: [view: string, text: RegExp][] = [
  ['overview', /Temperature/],
  ['raw', /Property reported/],
  ['properties', /Telemetry Interval/],
  ['commands', /Answers/],
  ['chart', /temperature/],
  ['journey', /Wi-Fi/],
  ['trace', /AT\+MQTTPUB/],
  ['faults', /Virtual module: network/],
  ['identity', /What the board must trust/],
  ['template', /Response/],
];

suite('each view', { skip: withoutBrowser, timeout: 120_000 }, () => {
  for (const [name, viewport] of [
    ['wide', WIDE],
    ['narrow', NARROW],
  ] as const) {
    test(`is there after a reload, fits, and is accessible in light and dark: ${name}`, async (t) => {
      const cli = startCli(t, ['--simulate', '--pace', 'instant', '--http-port', '0', '--duration', '60']);
      const [, link = ''] = await cli.text(/^The local cloud is at (\S+)$/m);
      const { page, complaints, close } = await openTab(link, { viewport });
      t.after(close);
      const assertAccessible = async (view: string) => {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          assert.deepEqual(await seriousFindings(page), [], `${view}, ${colorScheme}`);
        }
      };
      await page.getByText('sends telemetry').first().waitFor();
      await assertAccessible('devices');
      for (const [view, text] of VIEWS) {
        await page.goto(`${link}/#/devices/${DEVICE}/${view}`);
        await page.reload();
        await page.getByText(text).filter({ visible: true }).first().waitFor();
        const isTooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
        assert.equal(isTooWide, false, `${view} is wider than the window`);
        await assertAccessible(view);
      }
      assert.deepEqual(complaints, []);
    });
  }
});
