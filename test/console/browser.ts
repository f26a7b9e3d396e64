import { createRequire } from 'node:module';
import { after } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { executable } from './executable.ts';
import { LONG } from './nonsense.ts';

/** Why the tests that need a browser are skipped; false where there is one. */
export const withoutBrowser = executable === undefined && 'no Chromium was found; CHROMIUM names one';

let running: Promise<Browser> | null = null;

/** The browser of this test file. */
export function browser(): Promise<Browser> {
  running ??= chromium.launch({ executablePath: executable ?? '', args: ['--no-sandbox', '--disable-gpu'] });
  return running;
}

after(async () => {
  await (await running)?.close();
});

/** A page, and everything that it has complained about; nothing of it may be left when it is closed. */
export interface Tab {
  page: Page;
  complaints: string[];
  close(): Promise<void>;
}

export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 390, height: 844 };

export async function openTab(url: string, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await (await browser()).newContext({ viewport: WIDE, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
      complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds that is serious or worse, in a line each. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Evaluated through the debugger: the page's own rules let no script in.
  const { readFileSync } = await import('node:fs');
  await page.evaluate(readFileSync(axePath, 'utf8'));
  const found: unknown = await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes.map(({ html, any }) => html.slice(0, 160) + ' ' + (any[0]?.message ?? '')).slice(0, 3).join(' | ')))`,
  );
  return Array.isArray(found) ? found.map(String) : [];
}

/** Drops a file onto the page. */
export async function dropFile(page: Page, name: string, content: string): Promise<void> {
  const data = await page.evaluateHandle(
    ({ fileName, text, mark }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text.replaceAll(mark, 'x'.repeat(1 << 20))], fileName));
      return transfer;
    },
    { fileName: name, text: content, mark: LONG },
  );
  await page.dispatchEvent('body', 'drop', { dataTransfer: data });
}
