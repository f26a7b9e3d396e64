import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type TestContext, test } from 'node:test';
import { openPort } from '../../src/serial/port.ts';
import { emptyFolder } from '../helpers/cli.ts';
import { Cable, withoutSocat } from '../helpers/socat.ts';

const PULLS = 40;
/** Milliseconds. */
const NOTICED_WITHIN = 1_000;
/** Of the time until then, at most so much is spent computing: waiting costs nothing. */
const MAX_CPU = 500;

/** What crosses the line while the cable is pulled, by the side that sends it. */
const TRAFFIC = {
  'nothing is sent': [],
  'the other end sends': ['board'],
  'this end sends': ['host'],
  'both ends send': ['host', 'board'],
} as const;

type End = 'host' | 'board';

/** Pulls the cable in the midst of the traffic. @returns how long it took this end to notice, and the CPU time of that */
async function pull(t: TestContext, senders: readonly End[], again: boolean) {
  const folder = emptyFolder();
  const paths = { host: join(folder, 'host'), board: join(folder, 'board') };
  const cable = new Cable(t, [paths.host, paths.board]);
  await cable.plug();
  const ports = { host: await openPort(paths.host, 230_400), board: await openPort(paths.board, 230_400) };
  for (const port of [ports.host, ports.board]) port.on('error', () => undefined).resume();
  const chatter = setInterval(() => {
    for (const end of senders) ports[end].write('+MQTTPUB:3,"a/b",5,"hello"\r\n');
  }, 1);
  // Some way into the traffic, each time at another point of it.
  for (let chunks = 0; senders.includes('board') && chunks < 3 + Math.random() * 5; chunks++) {
    await once(ports.host, 'data');
  }
  clearInterval(chatter);
  // An error of a write that was under way comes before it, and is none of this test's.
  const closed = new Promise<void>((resolve, reject) => {
    ports.host.once('close', () => resolve());
    AbortSignal.timeout(5_000).addEventListener('abort', () => reject(new Error('it is not noticed within 5 s')));
  });
  const [start, before] = [performance.now(), process.cpuUsage()];
  await cable.unplug();
  if (again) await new Cable(t, [paths.host, paths.board]).plug();
  await closed;
  const { user, system } = process.cpuUsage(before);
  ports.board.destroy();
  return { ms: performance.now() - start, cpu: (user + system) / 1000 };
}

for (const [name, senders] of Object.entries(TRAFFIC)) {
  for (const again of [false, true]) {
    const title = `a pulled cable is noticed within a second when ${name}${again ? ', and another one is there at once' : ''}`;
    test(title, { skip: withoutSocat, timeout: 60_000 }, async (t) => {
      for (let count = 1; count <= PULLS; count++) {
        const { ms, cpu } = await pull(t, senders, again);
        assert.ok(ms < NOTICED_WITHIN, `pull ${count}: noticed after ${Math.round(ms)} ms`);
        assert.ok(cpu < MAX_CPU, `pull ${count}: ${Math.round(cpu)} ms of CPU time until it was noticed`);
      }
    });
  }
}
