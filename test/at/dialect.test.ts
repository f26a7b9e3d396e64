import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import type { Dialect } from '../../src/at/dialect.ts';
import { AtError } from '../../src/at/error.ts';
import { AtLink } from '../../src/at/link.ts';
import { settle, VirtualClock } from '../helpers/virtual-clock.ts';

/** A family that is as different as it may be: other prompts, limits, statuses, events and banner. */
const OTHER: Dialect<string> = {
  commandLimit: 12,
  replyTimeout: 700,
  prompts: '$?',
  dataPrompt: '?',
  parseStatus(line) {
    const [, verdict, code = null] = /^(fine|bad)(?: (\d+\.\d+))?$/.exec(line) ?? [];
    return verdict === undefined ? null : { ok: verdict === 'fine', code, text: line, foreign: false };
  },
  parseEvent: (line) => /^\+event (.*)$/.exec(line)?.[1] ?? null,
  isBanner: (line) => line === '+BOOT:"hello"',
  echoAfter: () => null,
  holdsSecret: (command) => command.startsWith('key '),
  refuseTyped: () => null,
};

function wire() {
  const clock = new VirtualClock();
  const [host, module] = duplexPair();
  const link = new AtLink(host, clock, OTHER);
  const seen: string[] = [];
  link.on('event', (event) => seen.push(`event ${event}`));
  link.on('banner', () => seen.push('banner'));
  link.on('received', (line, kind) => seen.push(`${kind} ${line}`));
  const print = async (text: string) => {
    module.write(Buffer.from(text, 'latin1'));
    await settle();
  };
  return { clock, link, seen, print };
}

test('the link takes from its dialect what is a family’s own', async () => {
  const { link, seen, print } = wire();
  const reply = link.execute({ text: 'ask', response: /^answer/ });
  await print('ask\r\n$\r+event one\r\n$answer\r\nfine\r\n$');
  assert.deepEqual(await reply, ['answer']);
  assert.deepEqual(seen, ['urc +event one', 'event one', 'info answer', 'status fine']);
});

test('a status has whatever number the family gives it', async () => {
  const { link, print } = wire();
  const reply = link.execute({ text: 'ask' });
  reply.catch(() => undefined);
  await print('ask\r\nbad 20.10\r\n');
  await assert.rejects(reply, (error: unknown) => error instanceof AtError && error.status?.code === '20.10');
});

test('what is a banner, and what is not, is for the dialect to say', async () => {
  const { link, seen, print } = wire();
  await print('\r\nOK\r\n\r\n+BOOT:"hello"\r\n');
  assert.deepEqual(seen.filter((each) => each === 'banner').length, 1);
  const reply = link.execute({ text: 'ask' });
  reply.catch(() => undefined);
  await print('+BOOT:"hello"\r\n');
  await assert.rejects(reply, { failure: 'reset' });
});

test('limit, patience, secrets and the prompt for data are those of the dialect', async () => {
  const { clock, link, seen, print } = wire();
  await assert.rejects(link.execute({ text: 'x'.repeat(13) }), /13 bytes; the module takes 12/);
  const silent = link.execute({ text: 'x'.repeat(12) });
  silent.catch(() => undefined);
  await clock.advance(699);
  const start = clock.monotonic();
  await assert.rejects(clock.until(silent), { failure: 'timed-out' });
  assert.equal(clock.monotonic() - start, 1);
  const secret = link.execute({ text: 'key abc' });
  await print('key a\x80c\r\nfine\r\n');
  await secret;
  assert.ok(!seen.some((line) => line.includes('\x80')), seen.join('\n'));
  let asked = 0;
  const data = link.execute({ text: 'load', response: /^done$/, onPrompt: () => asked++ });
  await print('load\r\n#');
  assert.equal(asked, 0);
  await print('\n?');
  assert.equal(asked, 1);
  await print('done\r\n');
  assert.deepEqual(await data, ['done']);
});
