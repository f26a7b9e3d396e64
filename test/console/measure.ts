// npm run bench:console: what the page weighs and costs; the figures of docs/performance.md.
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { startPage } from '../../src/cli/page.ts';
import { systemClock } from '../../src/clock.ts';
import { ModelRepository, PACKAGED_MODELS } from '../../src/dtdl/repository.ts';
import { PageFiles } from '../../src/web/page-files.ts';
import { connectDevice, startCloud, telemetryTopic } from './cloud.ts';
import { executable } from './executable.ts';

const HOUR = 3600;
const POINTS = 100;
const LIVE_SECONDS = 20;

const print = (what: string, value: string) => process.stdout.write(`${what.padEnd(66)} ${value}\n`);
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const weight = new PageFiles().all().reduce((sum, { body }) => sum + gzipSync(body).length, 0);
print('the page with its libraries and licences, gzip', `${(weight / 1000).toFixed(1)} kB`);

const about = { mode: 'session', deviceId: 'board-1', model: null };
const models = new ModelRepository([PACKAGED_MODELS]);
const session = await startPage({
  port: 0,
  about,
  deviceId: 'board-1',
  models,
  clock: systemClock,
  warn: () => undefined,
});

/** Microseconds of this process's CPU for an event that a session reports: 2000 a second for ten seconds. */
async function costOfEvent(): Promise<number> {
  const before = process.cpuUsage();
  for (let count = 0; count < 20_000; count++) {
    session.take({ type: 'telemetry', body: { temperature: count } });
    if (count % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 20_000;
}
print('an event of a session, with its page closed', `${(await costOfEvent()).toFixed(0)} µs`);

if (executable === undefined) throw new Error('No Chromium was found; CHROMIUM names one.');
const { cloud, url } = await startCloud();
const client = await connectDevice(cloud, 'board-1');
const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const paints: number[] = [];
  for (let count = 0; count < 5; count++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await page.getByRole('link', { name: 'board-1' }).waitFor();
    paints.push(Number(await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")));
    await context.close();
  }
  print('first paint on loopback, median of 5', `${Math.round(median(paints))} ms`);

  const watching = await browser.newPage();
  await watching.goto(`${session.url}/#/devices/board-1/overview`);
  await watching.getByText('Live').waitFor();
  print('the same, with its page open', `${(await costOfEvent()).toFixed(0)} µs`);
  await watching.close();

  const page = await browser.newPage();
  const cdp = await page.context().newCDPSession(page);
  // CPU time, and not the time that passed: other programs of this computer do not count.
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const metric = async (name: string) =>
    (await cdp.send('Performance.getMetrics')).metrics.find((one) => one.name === name)?.value ?? Number.NaN;
  const heap = async () => {
    await cdp.send('HeapProfiler.collectGarbage');
    return (await metric('JSHeapUsedSize')) / 1e6;
  };
  await page.goto(`${url}/#/devices/board-1/overview`);
  await page.getByRole('heading', { level: 1, name: 'board-1' }).waitFor();

  for (const view of ['overview', 'chart']) {
    await page.goto(`${url}/#/devices/board-1/${view}`);
    const [main, whole] = [await metric('TaskDuration'), await metric('ProcessTime')];
    for (let second = 0; second < LIVE_SECONDS * 10; second++) {
      const body = Object.fromEntries(Array.from({ length: POINTS / 10 }, (_, index) => [`n${index}`, Math.random()]));
      client.publish(telemetryTopic('board-1'), body);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const share = (seconds: number) => `${((100 * seconds) / LIVE_SECONDS).toFixed(1)} % of a core`;
    print(
      `CPU of the page at 10 messages of 10 values a second, ${view}`,
      share((await metric('TaskDuration')) - main),
    );
    print('the same, with all threads of its process', share((await metric('ProcessTime')) - whole));
  }

  // An hour in a burst: the same messages in the same store, with the times that they would have had.
  await page.evaluate(`(async () => {
    const { Store } = await import('./store.js');
    globalThis.measured = new Store();
    globalThis.hour = (start) => {
      for (let message = 0; message < ${HOUR} * 10; message++) {
        const body = {};
        for (let index = 0; index < ${POINTS} / 10; index++) body['n' + index] = Math.random();
        const ts = new Date(start + message * 100).toISOString();
        globalThis.measured.take({ v: 1, ts, type: 'telemetry', deviceId: 'b', body, properties: {} }, 300);
      }
    };
  })()`);
  const sizes: number[] = [];
  for (let hour = 0; hour < 3; hour++) {
    await page.evaluate(`globalThis.hour(${hour} * 3600000)`);
    sizes.push(await heap());
  }
  print(
    'heap of the page after 1, 2 and 3 hours of 100 values a second',
    sizes.map((size) => `${size.toFixed(1)} MB`).join(', '),
  );
} finally {
  await browser.close();
  await cloud.close();
  await session.close();
}
