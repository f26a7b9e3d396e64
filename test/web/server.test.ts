import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { EventLog } from '../../src/web/event-log.ts';
import { guard } from '../../src/web/guard.ts';
import { HttpError } from '../../src/web/http-error.ts';
import { type Listening, listen } from '../../src/web/listen.ts';
import type { Route } from '../../src/web/router.ts';
import { startWebServer } from '../../src/web/server.ts';

const ROUTES: Route[] = [
  {
    method: 'GET',
    path: '/a/:',
    handle: ({ parameters, query }) => ({ status: 200, body: [...parameters, ...query.keys()] }),
  },
  { method: 'PUT', path: '/a/:', handle: ({ body }) => ({ status: 200, body, headers: { ETag: '"1"' } }) },
  {
    method: 'GET',
    path: '/fault',
    handle: () => {
      throw new Error('secret detail');
    },
  },
];

const log: string[] = [];
const events = new EventLog('run1');
let server: Listening;
let url: string;
before(async () => {
  server = await startWebServer({
    routes: ROUTES,
    events: { path: '/events', log: events, types: ['one', 'two'] },
    key: null,
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log: (line) => log.push(line),
  });
  url = `http://127.0.0.1:${server.port}`;
});
after(() => server.close());

interface Answer {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  text: string;
}

/** With headers that fetch would not let through. */
function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url + path, { headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      resolve({ status: response.statusCode, headers: response.headers, text });
    });
    request.on('error', reject).end();
  });
}

/** What an event stream gives until it has had so many events. */
async function follow(path: string, count: number, headers: Record<string, string> = {}): Promise<string[]> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(url + path, { headers }, resolve)
      .on('error', reject)
      .end();
  });
  assert.equal(response.statusCode, 200);
  let text = '';
  const blocks = () => text.split('\n\n').filter((block) => block.includes('data: '));
  for await (const chunk of response) {
    text += String(chunk);
    if (blocks().length >= count) break;
  }
  return blocks().slice(0, count);
}

suite('a web server', () => {
  test('parameters are decoded, methods and paths are told apart', async () => {
    assert.deepEqual(JSON.parse((await get('/a/x%20y?k=1')).text), ['x y', 'k']);
    assert.deepEqual(JSON.parse((await get('/a/%zz')).text), ['%zz']);
    assert.equal((await get('/a/')).status, 404);
    const put = await fetch(`${url}/a/1`, {
      method: 'PUT',
      body: '{"x":1}',
      headers: { 'content-type': 'application/json' },
    });
    assert.deepEqual([await put.json(), put.headers.get('etag')], [{ x: 1 }, '"1"']);
    const deleted = await fetch(`${url}/a/1`, { method: 'DELETE' });
    assert.deepEqual([deleted.status, deleted.headers.get('x-ms-error-code')], [405, 'MethodNotAllowed']);
  });

  test('a fault of ours is logged, and not told', async () => {
    const { status, text } = await get('/fault');
    assert.equal(status, 500);
    assert.ok(!text.includes('secret'));
    assert.match(log.join(), /GET \/fault: Error: secret detail/);
  });

  test('another name, another origin and another site are refused, also by the stream of events', async () => {
    const own = `127.0.0.1:${server.port}`;
    const cases: [headers: Record<string, string>, status: number][] = [
      [{ host: own }, 200],
      [{ host: `127.0.0.2:${server.port}` }, 200],
      [{ host: `[::1]:${server.port}` }, 200],
      [{ host: `LOCALHOST:${server.port}` }, 200],
      [{ host: 'rebound.example' }, 403],
      [{ host: '127.0.0.1.example' }, 403],
      [{ origin: `http://${own}`, 'sec-fetch-site': 'same-origin' }, 200],
      [{ 'sec-fetch-site': 'none' }, 200],
      [{ origin: 'http://evil.example' }, 403],
      [{ origin: 'null' }, 403],
      [{ 'sec-fetch-site': 'cross-site' }, 403],
      [{ 'sec-fetch-site': 'same-site' }, 403],
    ];
    for (const [headers, status] of cases) {
      assert.equal((await get('/a/1', headers)).status, status, JSON.stringify(headers));
      if (status === 403) assert.equal((await get('/events', headers)).status, 403, JSON.stringify(headers));
    }
  });

  test('where there is a key, it is what counts', () => {
    const host = 'board.example';
    assert.throws(
      () => guard({ host }, 'key'),
      (error: unknown) => error instanceof HttpError && error.status === 401,
    );
    assert.throws(() => guard({ host, authorization: 'ke' }, 'key'), { status: 401 });
    guard({ host, authorization: 'key' }, 'key');
    guard({ host, authorization: 'Bearer key' }, 'key');
    assert.throws(() => guard({ host, authorization: 'key', 'sec-fetch-site': 'cross-site' }, 'key'), { status: 403 });
  });
});

suite('the stream of events', () => {
  const add = (type: string, deviceId: string | undefined, n: number) =>
    events.append(type, deviceId, JSON.stringify({ type, n }));

  test('gives what was missed since the last event that was seen, and goes on', async () => {
    for (let n = 1; n <= 3; n++) add('one', 'a', n);
    const [first = ''] = await follow('/events?lastEventId=0', 1);
    assert.equal(first.includes('id: run1-1\nevent: one\ndata: {"type":"one","n":1}'), true);
    const stream = follow('/events', 3, { 'Last-Event-ID': 'run1-2' });
    setImmediate(() => {
      add('one', 'a', 4);
      add('two', undefined, 5);
    });
    const seen = (await stream).map((block) => /"n":(\d)/.exec(block)?.[1]);
    assert.deepEqual(seen, ['3', '4', '5']);
  });

  test('can be of some devices and some types only', async () => {
    add('one', 'b', 6);
    add('two', 'b', 7);
    add('two', 'c', 8);
    const numbers = async (query: string, count: number) =>
      (await follow(`/events?lastEventId=0&${query}`, count)).map((block) => Number(/"n":(\d+)/.exec(block)?.[1]));
    assert.deepEqual(await numbers('deviceId=b', 2), [6, 7]);
    assert.deepEqual(await numbers('deviceId=b,c&type=two', 2), [7, 8]);
    assert.deepEqual(await numbers('type=two&type=one', 8), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal((await get('/events?type=three')).status, 400);
    assert.equal((await get('/events', { 'Last-Event-ID': 'nonsense' })).status, 400);
  });

  test('says so when events are lost: those of another run, and those that are no longer kept', async () => {
    // Those of a number that was never given are no longer kept, wherever it comes from.
    for (const id of ['otherrun-99', 'run1-99']) {
      const [gap = '', next = ''] = await follow('/events', 2, { 'Last-Event-ID': id });
      assert.match(gap, /event: gap\ndata: \{"v":1,"ts":"[^"]+","type":"gap"\}/);
      assert.match(next, /"n":1\}/);
    }
    const bounded = new EventLog('run');
    for (let n = 0; n < 10_050; n++) bounded.append('one', undefined, '{}');
    assert.deepEqual([bounded.after(0).missed, bounded.after(0).events.length], [true, 10_000]);
    assert.deepEqual([bounded.after(50).missed, bounded.after(10_049).events.length], [false, 1]);
    assert.deepEqual([bounded.after(50).events[0]?.number, bounded.after(10_049).events[0]?.number], [51, 10_050]);
    assert.deepEqual(bounded.after(20_000), { events: [], missed: false });
    const long = 'x'.repeat(3 * 1024 * 1024);
    for (let n = 0; n < 4; n++) bounded.append('one', undefined, long);
    assert.equal(bounded.after(0).events.length, 2);
  });
});

test('a server ends at once, also when readers of its events read nothing', { timeout: 10_000 }, async () => {
  const log = new EventLog('run');
  const mine = await startWebServer({
    routes: [],
    events: { path: '/events', log, types: ['one'] },
    key: null,
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log: assert.fail,
  });
  const readers = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const socket = connect(mine.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${mine.port}\r\n\r\n`);
      await once(socket, 'readable');
      return socket;
    }),
  );
  // More than what the system keeps for a connection: the rest waits in the server.
  for (let count = 0; count < 12; count++) log.append('one', undefined, JSON.stringify('x'.repeat(1 << 20)));
  const from = performance.now();
  await mine.close();
  assert.ok(performance.now() - from < 2000);
  for (const socket of readers) socket.destroy();
});

test('idle connections make room for others, and those that have settled stay', async () => {
  const plain = createServer();
  const listening = await listen(plain, '127.0.0.1', 0, 3);
  const open = async () => {
    const accepted = once(plain, 'connection');
    const socket = connect(listening.port, '127.0.0.1');
    socket.on('error', () => {});
    const [theirs] = await accepted;
    return { socket, theirs, closed: once(socket, 'close') };
  };
  const settled = await open();
  listening.settled(settled.theirs);
  const idle = await open();
  const other = await open();
  const late = await open();
  idle.socket.resume();
  await idle.closed;
  assert.deepEqual([settled.theirs.destroyed, other.theirs.destroyed, late.theirs.destroyed], [false, false, false]);
  await listening.close();
});
