import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { dropFile, openTab, withoutBrowser } from './browser.ts';
import { connectDevice, startCloud, telemetryTopic } from './cloud.ts';
import { nonsense } from './nonsense.ts';

const MARKUP = '<img src=x onerror="globalThis.caught=1"><script>globalThis.caught=1</script>';

const VIEWS = [
  'overview',
  'raw',
  'properties',
  'commands',
  'chart',
  'journey',
  'trace',
  'faults',
  'identity',
  'template',
];

suite('whatever comes from devices', { skip: withoutBrowser, timeout: 120_000 }, () => {
  test('is text: names, values, units and refusals with markup in them', async (t) => {
    const { cloud, url } = await startCloud();
    t.after(() => cloud.close());
    const id = 'board-1';
    const client = await connectDevice(cloud, id, null);
    await cloud.changeDevice(id, { displayName: MARKUP });
    const { page, complaints, close } = await openTab(`${url}/#/devices`);
    t.after(close);
    await page.getByText('onerror').first().waitFor();
    client.publish(telemetryTopic(id), { [MARKUP]: 5, text: MARKUP, deep: { [MARKUP]: [MARKUP] }, __proto: MARKUP });
    client.publish(telemetryTopic(id), '{"__proto__":{"x":1},"constructor":2,"\\u202etext":"\\u0000"}');
    client.publish(telemetryTopic(id), MARKUP);
    await client.subscribe('$iothub/twin/res/#');
    await client.request('$iothub/twin/PATCH/properties/reported/?$rid=1', {
      html: { ac: 200, av: 1, ad: MARKUP, value: MARKUP },
    });
    for (const view of VIEWS) {
      await page.goto(`${url}/#/devices/${id}/${view}`);
      await page.getByRole('heading', { level: 1 }).filter({ hasText: 'onerror' }).waitFor();
      assert.equal(await page.getByText('This view has failed').count(), 0, view);
    }
    await page.goto(`${url}/#/devices/${id}/raw`);
    await page
      .getByRole('button', { name: /onerror/ })
      .first()
      .click();
    assert.equal(await page.evaluate('globalThis.caught'), undefined);
    assert.equal(await page.evaluate('document.querySelectorAll("#app img, #app script").length'), 0);
    assert.deepEqual(complaints, []);
  });

  test('does not stop the page: 100,000 events, and texts of a megabyte', async (t) => {
    const { cloud, url } = await startCloud();
    t.after(() => cloud.close());
    const id = 'board-1';
    const client = await connectDevice(cloud, id);
    const { page, complaints, close } = await openTab(`${url}/#/devices/${id}/raw`);
    t.after(close);
    await page.getByRole('heading', { level: 1, name: id }).waitFor();
    const result = await page.evaluate(`(async () => {
      const { Store } = await import('./store.js');
      const store = new Store();
      const from = performance.now();
      const ts = new Date().toISOString();
      for (let count = 0; count < 100000; count++) {
        store.take({ ts, type: 'telemetry', deviceId: 'x' + (count % 50), body: { ['n' + (count % 500)]: count }, properties: {} }, 100);
      }
      for (let count = 0; count < 40; count++) {
        store.take({ ts, type: 'telemetry', deviceId: 'x', body: { long: 'y'.repeat(1 << 20) }, properties: {} }, 1 << 20);
      }
      return { ms: performance.now() - from, messages: store.messages.length };
    })()`);
    assert.ok(typeof result === 'object' && result !== null && 'ms' in result && 'messages' in result);
    assert.ok(Number(result.ms) < 20_000, `${result.ms} ms`);
    assert.ok(Number(result.messages) <= 5000);
    client.publish(telemetryTopic(id), { long: 'z'.repeat(250_000) });
    client.publish(telemetryTopic(id), { temperature: 21.5 });
    await page.getByText('{"temperature":21.5}').waitFor();
    await page.getByRole('button', { name: /zzzz/ }).first().click();
    await page.getByText('(250000 characters)').waitFor();
    assert.deepEqual(complaints, []);
  });
});

suite('the page', { skip: withoutBrowser, timeout: 120_000 }, () => {
  test('stays usable with a thousand devices, of which only those in sight are drawn', async (t) => {
    const { cloud, url } = await startCloud();
    t.after(() => cloud.close());
    for (let count = 1; count <= 1000; count++) await cloud.createDevice(`board-${count}`, {});
    const { page, complaints, close } = await openTab(url);
    t.after(close);
    await page.getByRole('button', { name: 'All 1000' }).waitFor();
    assert.ok((await page.getByRole('row').count()) < 80);
    await page.getByRole('searchbox').fill('board-777');
    await page.getByRole('link', { name: 'board-777' }).waitFor();
    assert.equal(await page.getByRole('row').count(), 2);
    await page.getByRole('searchbox').fill('');
    await page.locator('.gridbody').evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.getByRole('link', { name: 'board-1000' }).waitFor();
    await page.getByRole('button', { name: 'Device ↑' }).click();
    await page.locator('.gridbody').evaluate((element) => element.scrollTo(0, 0));
    await page.getByRole('link', { name: 'board-1000' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('says that the stream is lost, and catches up with the program that is started again', async (t) => {
    const first = await startCloud();
    await connectDevice(first.cloud, 'old-board');
    const { page, complaints, close } = await openTab(first.url);
    t.after(close);
    await page.getByRole('link', { name: 'old-board' }).waitFor();
    await first.cloud.close();
    await page.getByText('Connection lost').waitFor();
    const second = await startCloud({ port: first.port });
    t.after(() => second.cloud.close());
    await connectDevice(second.cloud, 'new-board');
    await page.getByRole('link', { name: 'new-board' }).waitFor();
    await page.getByText('Live').waitFor();
    assert.equal(await page.getByRole('link', { name: 'old-board' }).count(), 0);
    assert.deepEqual(
      complaints.filter((text) => !text.includes('ERR_')),
      [],
    );
  });

  test('takes the key out of the link, asks for one without, and keeps it for the tab', async (t) => {
    const { cloud, port } = await startCloud({ host: '0.0.0.0', key: 'the-key-of-this-cloud' });
    t.after(() => cloud.close());
    const url = `http://127.0.0.1:${port}`;
    await connectDevice(cloud, 'board-1');
    const { page, complaints, close } = await openTab(url);
    t.after(close);
    await page.getByRole('heading', { name: 'This page needs the key' }).waitFor();
    await page.getByLabel('Key').fill('wrong');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('heading', { name: 'This page needs the key' }).waitFor();
    await page.goto(`${url}/#key=the-key-of-this-cloud`);
    await page.getByRole('link', { name: 'board-1' }).waitFor();
    assert.doesNotMatch(page.url(), /key/);
    await page.reload();
    await page.getByRole('link', { name: 'board-1' }).click();
    await page.getByRole('heading', { level: 1, name: 'board-1' }).waitFor();
    assert.deepEqual(complaints, []);
  });
});

suite('a recording of nonsense', { skip: withoutBrowser, timeout: 120_000 }, () => {
  for (const id of ['__proto__', '\ud800/?#%']) {
    test(`is shown in every view: ${JSON.stringify(id)}`, async (t) => {
      const { cloud, url } = await startCloud();
      t.after(() => cloud.close());
      const { page, complaints, close } = await openTab(url);
      t.after(close);
      await page.getByText('Live').waitFor();
      await dropFile(page, 'nonsense.ndjson', nonsense(id).join('\n'));
      await page.getByText('Recording nonsense.ndjson').waitFor();
      await page.getByText(/lines of nonsense.ndjson are no event/).waitFor();
      const href = await page.locator('.gridbody a').first().getAttribute('href');
      for (const view of VIEWS.filter((name) => name !== 'faults')) {
        await page.goto(`${url}/${href?.replace('overview', view)}`);
        await page.locator(`.tabs [aria-current][href$="/${view}"]`).waitFor();
        // A view that takes long to be drawn is as bad as one that fails.
        const ms = Number(
          await page.evaluate(`new Promise((done) => {
          const from = performance.now();
          requestAnimationFrame(() => setTimeout(() => done(performance.now() - from)));
        })`),
        );
        assert.ok(ms < 2000, `${view} takes ${ms} ms`);
        assert.equal(await page.getByText('This view has failed').count(), 0, view);
      }
      assert.equal(await page.evaluate('globalThis.caught'), undefined);
      assert.equal(await page.evaluate('({}).x'), undefined);
      assert.deepEqual(complaints, []);
    });
  }
});
