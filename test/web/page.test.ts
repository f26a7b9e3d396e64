import assert from 'node:assert/strict';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../src/clock.ts';
import { EventLog } from '../../src/web/event-log.ts';
import type { Listening } from '../../src/web/listen.ts';
import { PageFiles } from '../../src/web/page-files.ts';
import { startWebServer } from '../../src/web/server.ts';

const page = new PageFiles();
const servers: Listening[] = [];

async function start(key: string | null): Promise<number> {
  const server = await startWebServer({
    page,
    routes: [{ method: 'GET', path: '/api/x', handle: () => ({ status: 200, body: 1 }) }],
    events: { path: '/api/events', log: new EventLog('run1'), types: [] },
    key,
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log: () => undefined,
  });
  servers.push(server);
  return server.port;
}

let open: number;
let keyed: number;
before(async () => {
  open = await start(null);
  keyed = await start('the-key');
});
after(() => Promise.all(servers.map((server) => server.close())));

function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers }, async (response) => {
      let body = '';
      for await (const chunk of response) body += String(chunk);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
    request.on('error', reject).end();
  });
}

suite('the page', () => {
  test('is at /, with rules that let in nothing but its own files', async () => {
    const { status, headers, body } = await ask(open, '/');
    assert.equal(status, 200);
    assert.match(String(headers['content-type']), /^text\/html/);
    assert.match(body, /<script type="module" src="main.js">/);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.match(policy, /connect-src 'self'.*base-uri 'none'.*form-action 'none'.*frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|data:|https?:/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  });

  test('is what links and imports in its files lead to', async () => {
    const seen = new Set<string>();
    const follow = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const { status, body } = await ask(open, path);
      assert.equal(status, 200, path);
      const links = path.endsWith('.js') ? /(?:from |import\()'(\.[^']+)'/g : /(?:src|href)="([^"#]+)"/g;
      if (/\.js$|\/$/.test(path) && !path.includes('/vendor/')) {
        for (const [, link = ''] of body.matchAll(links)) await follow(new URL(link, `http://x${path}`).pathname);
      }
    };
    await follow('/');
    assert.ok(seen.has('/vendor/preact.js') && seen.has('/style.css') && seen.has('/views/devices.js'));
  });

  test('is given again only when it has changed, and to HEAD without a body', async () => {
    const { headers } = await ask(open, '/main.js');
    const again = await ask(open, '/main.js', { 'If-None-Match': String(headers['etag']) });
    assert.deepEqual([again.status, again.body], [304, '']);
    const head = await ask(open, '/main.js', {}, 'HEAD');
    assert.deepEqual([head.status, head.body], [200, '']);
  });

  test('is no way to other files', async () => {
    for (const path of [
      '/../cli.js',
      '/..%2fcli.js',
      '/vendor/../../cli.js',
      '//etc/passwd',
      '/build.mjs',
      '/vendor',
    ]) {
      assert.equal((await ask(open, path)).status, 404, path);
    }
    assert.equal((await ask(open, '/', {}, 'POST')).status, 404);
  });

  test('is not given under a name that was bent to this computer', async () => {
    assert.equal((await ask(open, '/', { Host: 'evil.example' })).status, 403);
  });

  test('opens from a link on another site, which its data do not', async () => {
    const link = { 'Sec-Fetch-Site': 'cross-site' };
    assert.equal((await ask(open, '/', link)).status, 200);
    assert.equal((await ask(open, '/api/x', link)).status, 403);
  });

  test('needs no key where its data do', async () => {
    assert.equal((await ask(keyed, '/', { Host: '192.0.2.1:7070' })).status, 200);
    for (const path of ['/api/x', '/api/events', '/other']) assert.equal((await ask(keyed, path)).status, 401, path);
    assert.equal((await ask(keyed, '/api/x', { Authorization: 'the-key' })).status, 200);
  });

  test('says which licences its libraries have', async () => {
    for (const name of ['vendor/htm-license.txt', 'vendor/uplot-license.txt', 'preact-license.txt']) {
      assert.match((await ask(open, `/${name}`)).body, /Apache License|MIT/);
    }
  });

  test('weighs at most 100 kB, compressed', () => {
    const sizes = page.all().map(({ body }) => gzipSync(body).length);
    const sum = sizes.reduce((all, size) => all + size, 0);
    assert.ok(sum > 30_000 && sum <= 100_000, `${sum} bytes`);
  });

  test('that was not built is not there, and nothing else is missing', async () => {
    assert.equal(new PageFiles('no such folder').find('/'), undefined);
  });
});
