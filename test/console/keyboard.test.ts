import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { emptyFolder, startCli } from '../helpers/cli.ts';
import { DEVICE } from '../helpers/simulation.ts';
import { openTab, withoutBrowser } from './browser.ts';

/** What has the focus: its name, and what is wrong with how it is seen. */
interface Focused {
  name: string;
  fault: string;
}

/** In the page: the name of what has the focus, and whether it is outlined and in sight. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return { name: '', fault: '' };
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const label = element.labels?.[0];
  const text = element.getAttribute('aria-label') ?? (label?.querySelector('span') ?? label ?? element).textContent;
  const isMarked = (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
  const head = element.closest('.top, .skip') ? 0 : document.querySelector('.top').getBoundingClientRect().bottom;
  const isInSight = right > 0 && bottom > head && left < innerWidth && top < innerHeight;
  return { name: text.trim(), fault: isMarked ? (isInSight ? '' : 'is out of sight') : 'is not marked' };
})()`;

/** In the page: what Tab must come to, which is all that can be used and seen. Of rows that the arrows go through, one. */
const TO_VISIT = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((element) => element.tabIndex >= 0 && element.checkVisibility())`;

async function focused(page: Page): Promise<Focused> {
  const found: unknown = await page.evaluate(FOCUSED);
  assert.ok(typeof found === 'object' && found !== null && 'name' in found && 'fault' in found);
  const [name, fault] = [String(found.name), String(found.fault)];
  assert.equal(fault, '', `${name.slice(0, 60)} has the focus and ${fault}`);
  return { name, fault };
}

const isNamed = (name: string, wanted: string | RegExp) =>
  typeof wanted === 'string' ? name === wanted || name.startsWith(`${wanted} `) : wanted.test(name);

/** Presses Tab, or Shift+Tab, until what is named has the focus. */
async function go(page: Page, key: 'Tab' | 'Shift+Tab', wanted: string | RegExp): Promise<void> {
  const passed: string[] = [];
  while (passed.length < 250) {
    await page.keyboard.press(key);
    const { name } = await focused(page);
    if (isNamed(name, wanted)) return;
    passed.push(name.slice(0, 30));
  }
  assert.fail(`${key} does not come to ${wanted}; it came to ${[...new Set(passed)].join(', ')}`);
}

/** Tab goes through everything that can be used, and out at the end; Shift+Tab goes back. */
async function assertNoTrap(page: Page, view: string): Promise<void> {
  const count = Number(await page.evaluate(`(globalThis.toVisit = ${TO_VISIT}).length`));
  for (const key of ['Tab', 'Shift+Tab'] as const) {
    await page.evaluate('globalThis.visited = new WeakSet()');
    for (let presses = 0; presses < count + 10; presses++) {
      await page.keyboard.press(key);
      // They look alike, whichever way one comes to them.
      if (key === 'Tab') await focused(page);
    }
    const missed: unknown = await page.evaluate(
      'globalThis.toVisit.filter((one) => one.isConnected && !globalThis.visited.has(one)).map(({ outerHTML }) => outerHTML.slice(0, 120))',
    );
    assert.deepEqual(missed, [], `${view}: ${key} misses them`);
  }
}

const forward = (wanted: string | RegExp) => (page: Page) => go(page, 'Tab', wanted);
const back = (wanted: string | RegExp) => (page: Page) => go(page, 'Shift+Tab', wanted);
const press = (key: string) => (page: Page) => page.keyboard.press(key);
/** In place of what is in the field. */
const type = (text: string) => async (page: Page) => {
  await page.keyboard.press('Control+A');
  await page.keyboard.type(text);
};
const see =
  (find: (page: Page) => Locator, state: 'visible' | 'hidden' = 'visible') =>
  (page: Page) =>
    find(page).first().waitFor({ state });
const seeText = (text: string | RegExp) => see((page) => page.getByText(text).filter({ visible: true }));
const seePressed = (name: string, pressed = true) => see((page) => page.getByRole('button', { name, pressed }));
/** Presses Enter on a button that saves a file. */
const save = (ending: string) => async (page: Page) => {
  const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  assert.ok(file.suggestedFilename().endsWith(ending), file.suggestedFilename());
};
/** The focus must stay where it is used: else the next key goes nowhere. */
const stillAt = (wanted: string | RegExp) => async (page: Page) => {
  const { name } = await focused(page);
  assert.ok(isNamed(name, wanted), `${name} has the focus`);
};

type Step = (page: Page) => Promise<void>;
const enter = press('Enter');
const row = (text: string) => (page: Page) => page.getByRole('row').filter({ hasText: text });

/** What is done in each view, in the order of its links. */
const VIEWS: [view: string, steps: Step[]][] = [
  ['Overview', [seeText('Temperature')]],
  [
    'Raw data',
    [
      ...[forward('Filter'), type('telemetryInterval'), forward(/Property reported/)],
      ...[enter, see((page) => page.locator('.raw .tree')), stillAt(/Property reported/)],
      ...[press('Space'), see((page) => page.locator('.raw .tree'), 'hidden')],
      ...[back('Kind'), press('ArrowDown'), seeText('Nothing that was kept is like this'), press('ArrowUp')],
      ...[forward('Pause'), enter, seePressed('Go on'), enter, seePressed('Pause', false)],
      ...[forward('Download NDJSON'), save('.ndjson')],
      ...[forward('Keeps all'), enter, forward('Contains'), type('x'), seeText('Keeps only some'), press('Backspace')],
      ...[press('Escape'), see((page) => page.getByLabel('Contains'), 'hidden'), stillAt('Keeps all')],
    ],
  ],
  [
    'Properties',
    [
      ...[forward('Write telemetryInterval'), enter, forward('Telemetry Interval'), type('3'), enter],
      see((page) => row('Telemetry Interval')(page).getByText('telemetryInterval set to: 3')),
      ...[forward('raw JSON'), press('Space'), back(/^JSON as it is/), type('"soon"')],
      ...[
        forward('Write'),
        enter,
        see((page) => row('Telemetry Interval')(page).getByText('Rejected')),
        stillAt('Write'),
      ],
      ...[forward('Remove the desired value'), enter],
      see((page) => page.getByRole('button', { name: 'Remove the desired value' }), 'hidden'),
      ...[forward('Write desired properties as JSON'), enter, forward('JSON'), type('{"telemetryInterval":4}')],
      ...[forward('Write'), press('Space'), seeText('telemetryInterval set to: 4')],
    ],
  ],
  [
    'Commands',
    [
      ...[forward('Delay'), type('five'), enter, seeText('must be a duration'), type('PT5S'), enter],
      ...[see((page) => row('PT5S')(page).getByText('200')), forward(/"Success"/), enter],
      ...[see((page) => page.getByRole('button', { name: '"Success"', expanded: true })), stillAt(/"Success"/)],
      ...[forward('Run reboot again'), enter],
      see((page) => row('PT5S')(page).getByText('200').nth(1)),
      ...[back('Another command'), enter, forward('Name'), type('nonsense'), forward('JSON'), type('1')],
      ...[forward('Run'), enter, see((page) => page.getByRole('row').filter({ hasText: 'nonsense' }))],
    ],
  ],
  [
    'Chart',
    [
      ...[forward('5 min'), press('Space'), seePressed('5 min'), forward('Pause'), enter, seePressed('Go on')],
      ...[forward('Save as CSV'), save('.csv'), forward('temperature'), enter],
      ...[seeText('Choose a value to draw'), enter, seePressed('temperature')],
      ...[see((page) => page.locator('.u-legend')), forward(/^Chart of/), press('ArrowLeft'), press('ArrowLeft')],
      see((page) => page.locator('.u-legend .u-value').filter({ hasText: /^\d\d:\d\d:\d\d/ })),
    ],
  ],
  ['Journey', [seeText('flows')]],
  [
    'Trace',
    [
      ...[forward('AT'), enter, seePressed('AT'), forward('Pause'), enter, seePressed('Go on')],
      ...[forward('Download NDJSON'), save('.ndjson'), forward(/^[→←]/), press('Home'), stillAt(/^[→←]/)],
      ...[press('ArrowDown'), press('ArrowDown'), press('End'), press('PageUp'), enter, seeText('docs/at-protocol.md')],
      ...[see((page) => page.locator('.row.chosen :focus')), back('Filter'), type('no such line'), seeText('No line')],
    ],
  ],
  [
    'Faults',
    [
      ...[forward('Close the connection'), enter, seeText(/Telemetry flows again/), stillAt('Close the connection')],
      ...[forward('Twin: silence'), press('Space'), seeText('Waiting for their occasion')],
      ...[back('Forget all'), enter, see((page) => page.getByText('Waiting for their occasion'), 'hidden')],
    ],
  ],
  ['Identity', [forward('Save as PEM'), save('.pem')]],
  ['Template', [seeText('Response')]],
];

suite('the keyboard alone', { skip: withoutBrowser, timeout: 120_000 }, () => {
  test('reaches and uses everything in every view, seen and without a trap', async (t) => {
    const cli = startCli(t, ['--simulate', '--pace', 'instant', '--http-port', '0', '--duration', '100']);
    const [, link = ''] = await cli.text(/^The local cloud is at (\S+)$/m);
    const { page, complaints, close } = await openTab(link);
    t.after(close);
    await page.getByText('sends telemetry').waitFor();
    await page.evaluate('addEventListener("focusin", ({ target }) => globalThis.visited?.add(target))');

    const inTheList: Step[] = [
      ...[forward('To the content'), enter, forward('Find'), type('no such device'), seeText('No device is like this')],
      ...[forward('Show all'), enter, see(row(DEVICE)), forward('Missing'), enter, seeText('No device is like this')],
      ...[back('All'), press('Space'), see(row(DEVICE)), forward('Model'), enter],
      see((tab) => tab.getByRole('columnheader', { name: 'Model ↑' })),
      ...[forward(DEVICE), enter, see((tab) => tab.getByRole('heading', { level: 1, name: DEVICE }))],
    ];
    for (const step of inTheList) await step(page);
    for (const [view, steps] of VIEWS) {
      await go(page, 'Tab', view);
      await page.keyboard.press('Enter');
      await page.getByRole('region', { name: view }).waitFor();
      await stillAt(view)(page);
      for (const step of steps) await step(page);
      await assertNoTrap(page, view);
    }

    const file = join(emptyFolder(), 'run.ndjson');
    writeFileSync(
      file,
      '{"v":1,"ts":"2026-11-27T12:00:00.000Z","type":"telemetry","deviceId":"other","body":{"light":5}}\n',
    );
    // Asked for before the way there: the browser takes a moment to hand its dialogs over.
    const chooser = page.waitForEvent('filechooser');
    await go(page, 'Tab', 'Open file');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(file);
    await page.getByText('Recording run.ndjson').waitFor();
    await page.getByRole('link', { name: 'other' }).waitFor();
    assert.deepEqual(complaints, []);
  });
});
