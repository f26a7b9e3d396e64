import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dialect } from '../../src/at/dialect.ts';
import { AtError } from '../../src/at/error.ts';
import { AtLink } from '../../src/at/link.ts';
import type { RawBytes } from '../../src/at/raw-bytes.ts';
import { ScriptedStream } from '../helpers/scripted-stream.ts';
import { settle, VirtualClock } from '../helpers/virtual-clock.ts';

const DIALECT: Dialect<string> = {
  commandLimit: 100,
  replyTimeout: 700,
  prompts: '>#',
  dataPrompt: '#',
  parseStatus(line) {
    const [, code = null] = /^ERROR:(\d+\.\d+)/.exec(line) ?? [];
    if (line !== 'OK' && code === null) return null;
    return { ok: line === 'OK', code, text: line, foreign: false };
  },
  parseEvent: (line) => /^\+EVENT:(.*)$/.exec(line)?.[1] ?? null,
  isBanner: (line) => line === 'HELLO',
  echoAfter: () => null,
  holdsSecret: () => false,
  refuseTyped: () => null,
};

function rig() {
  const clock = new VirtualClock();
  const wire = new ScriptedStream(clock);
  const link = new AtLink(wire, clock, DIALECT);
  const seen: string[] = [];
  link.on('event', (event) => seen.push(`event ${event}`));
  link.on('received', (line, kind) => seen.push(`${kind} ${line}`));
  link.on('sent', (line) => seen.push(`sent ${line}`));
  link.on('banner', () => seen.push('banner'));
  const start = (run: (raw: RawBytes) => Promise<number>, signal?: AbortSignal) => {
    const result = link.execute({ text: 'LOAD', transfer: { firstByte: 'C', run }, timeout: 5_000 }, signal);
    const next = link.execute({ text: 'AT' });
    result.catch(() => undefined);
    next.catch(() => undefined);
    return { result, next };
  };
  return { clock, wire, link, seen, start };
}

/** Takes `count` bytes, and sends what it is given. */
const exchange = (text: string, count: number, taken: string[]) => async (raw: RawBytes) => {
  for (let at = 0; at < count; at++) {
    const byte = await raw.next(1_000);
    if (byte === null) throw new AtError('timed-out', 'nothing came');
    taken.push(String.fromCharCode(byte));
  }
  raw.write(Buffer.from(text));
  return text.length;
};

test('a transfer has the bytes from the prompt to its end, and the status comes before or after', async () => {
  for (const [before, prompt, behind, after] of [
    ['', '#', 'abc', 'OK\r\n>'],
    ['', '#', 'abc\r\n', 'OK\r\n>\r+EVENT:stored\r\n>'],
    ['OK\r\n', '#', 'abc', ''],
    ['OK\r\n>', '#', 'abc', '\r+EVENT:stored\r\n>'],
    ['+EVENT:one\r\n>', '#', 'abc', 'OK\r\n>'],
  ] as const) {
    for (const isSplit of [false, true]) {
      const { clock, wire, seen, start } = rig();
      const parts = ['LOAD\r\n', before, prompt, ...behind.slice(0, 3)];
      wire.expect('LOAD\r\n', ...(isSplit ? parts.filter(Boolean) : [parts.join('')]));
      wire.expect('data', ...(isSplit ? [...(behind.slice(3) + after)] : [behind.slice(3) + after]).filter(Boolean));
      wire.expect('AT\r\n', [10, 'AT\r\nOK\r\n>']);
      const taken: string[] = [];
      const { result, next } = start(exchange('data', 3, taken));
      assert.deepEqual(await clock.until(result), []);
      assert.deepEqual(await clock.until(next), []);
      wire.done();
      assert.deepEqual(taken.join(''), 'abc');
      assert.ok(seen.includes('sent (4 bytes of data were transferred)'), seen.join('\n'));
      assert.equal(seen.filter((line) => line.startsWith('text')).length, 0, seen.join('\n'));
      assert.equal(seen.includes('event stored'), after.includes('stored'));
    }
  }
});

test('what a transfer begins with where the prompt was lost belongs to it', async () => {
  const { clock, wire, start } = rig();
  wire.expect('LOAD\r\n', 'LOAD\r\nC').expect('data', 'OK\r\n>').expect('AT\r\n', 'AT\r\nOK\r\n>');
  const taken: string[] = [];
  await clock.until(start(exchange('data', 1, taken)).result);
  assert.deepEqual(taken, ['C']);
});

test('a refusal before the prompt is that of any command, and the transfer is not begun', async () => {
  const { clock, wire, start } = rig();
  wire.expect('LOAD\r\n', 'LOAD\r\nERROR:7.4,"full"\r\n>#').command('AT');
  const { result, next } = start(() => Promise.reject(new Error('begun')));
  await assert.rejects(clock.until(result), { failure: 'refused', message: /7\.4/ });
  await clock.until(next);
  wire.done();
});

test('without a prompt it is a command that is not answered', async () => {
  const { clock, wire, start } = rig();
  wire.expect('LOAD\r\n', 'LOAD\r\n').command('AT');
  const { result, next } = start(() => Promise.reject(new Error('begun')));
  await assert.rejects(clock.until(result), { failure: 'timed-out' });
  await clock.until(next);
});

test('a status in the middle, or a restart, ends a transfer, and says why', async () => {
  for (const [line, failure] of [
    ['\r\nERROR:7.5,"File write failed"\r\n>', { failure: 'refused', message: /7\.5/ }],
    ['CCERROR:0.8\r\n>', { failure: 'refused', message: /0\.8/ }],
    ['\0\r\nHELLO\r\n>', { failure: 'reset' }],
  ] as const) {
    const { clock, wire, start } = rig();
    wire.expect('LOAD\r\n', 'LOAD\r\n#').expect('x', line).command('AT');
    const { result, next } = start(async (raw) => {
      raw.write(Buffer.from('x'));
      for (;;) await raw.next(1_000);
    });
    await assert.rejects(clock.until(result), failure);
    await clock.until(next);
    wire.done();
  }
});

test('what failed, failed, whatever the status says; and what was sent is not shown where it is echoed', async () => {
  const { clock, wire, seen, start } = rig();
  wire.expect('LOAD\r\n', 'LOAD\r\n#').expect('SECRET\r\n', 'SECRET\r\nSECRET\r\n').command('AT');
  const { result, next } = start(async (raw) => {
    raw.write(Buffer.from('SECRET\r\n'));
    while ((await raw.next(1_000)) !== null);
    throw new AtError('timed-out', 'no answer to a frame');
  });
  await assert.rejects(clock.until(result), { message: 'no answer to a frame' });
  await clock.until(next);
  assert.ok(!seen.join('\n').includes('SECRET'), seen.join('\n'));
  assert.ok(seen.includes('sent (the transfer of data has failed)'));
});

test('what a module echoes that has ended the transfer by itself is not shown either', async () => {
  for (const end of ['ERROR:0.8,"Timed out"\r\n>', '\0\r\nHELLO\r\n>']) {
    const { clock, wire, seen, start } = rig();
    wire.expect('LOAD\r\n', 'LOAD\r\n#').expect('SECRET\nSECRET\n', `${end}SECRET\nSECRET\n`);
    wire.expect('AT\r\n', 'AT\r\nERROR:0.2\r\n>');
    const { result, next } = start(async (raw) => {
      raw.write(Buffer.from('SECRET\nSECRET\n'));
      for (;;) await raw.next(1_000);
    });
    await assert.rejects(clock.until(result));
    await assert.rejects(clock.until(next));
    assert.ok(!seen.join('\n').includes('SECRET'), seen.join('\n'));
    wire.print('shown again\r\n');
    await settle();
    assert.ok(seen.includes('text shown again'), seen.join('\n'));
  }
});

test('an abort reaches the transfer, and the next command waits until that has ended', async () => {
  const { clock, wire, start } = rig();
  wire.expect('LOAD\r\n', 'LOAD\r\n#').expect('cancel', [500, 'OK\r\n>']).command('AT');
  const abort = new AbortController();
  const { result, next } = start(async (raw) => {
    try {
      for (;;) await raw.next(60_000, abort.signal);
    } catch (error) {
      raw.complete();
      raw.write(Buffer.from('cancel'));
      assert.equal(await raw.endsWithin(1_000), true);
      throw error;
    }
  }, abort.signal);
  await clock.advance(100);
  const reason = new Error('enough');
  abort.abort(reason);
  await settle();
  assert.equal(wire.written.at(-1)?.text, 'cancel');
  const start2 = clock.monotonic();
  await assert.rejects(clock.until(result), reason);
  assert.equal(clock.monotonic() - start2, 500);
  await clock.until(next);
  wire.done();
});

test('a wire that is gone ends a transfer at once', async () => {
  const { clock, wire, link, start } = rig();
  wire.expect('LOAD\r\n', 'LOAD\r\n#');
  let failure: unknown;
  const { result } = start(async (raw) => {
    failure = await raw.next(60_000).catch((error: unknown) => error);
    assert.equal(await raw.endsWithin(1_000), false);
    throw failure;
  });
  await settle();
  link.close();
  await assert.rejects(clock.until(result), { failure: 'closed' });
  await settle();
  assert.ok(failure instanceof AtError && failure.failure === 'closed');
  assert.equal(clock.pendingTimers, 0);
});

test('memory is bounded, whatever comes', async () => {
  const { clock, wire, start } = rig();
  wire.expect('LOAD\r\n', 'LOAD\r\n#').command('AT');
  let count = 0;
  const { result } = start(async (raw) => {
    raw.push(Buffer.alloc(1_000_000));
    while ((await raw.next(0)) !== null) count++;
    return 0;
  });
  await settle();
  wire.print('OK\r\n>');
  await clock.until(result);
  assert.equal(count, 8_192);
});
