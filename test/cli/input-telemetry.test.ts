import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { sendInput } from '../../src/cli/session/input-telemetry.ts';
import type { JsonObject } from '../../src/events.ts';

/** Everything that comes of an input: what was sent, and what was said. */
async function read(chunks: (string | Buffer)[], send?: (body: JsonObject) => Promise<void>) {
  const sent: JsonObject[] = [];
  const warnings: string[] = [];
  await sendInput(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), {
    send: async (body) => {
      await send?.(body);
      sent.push(body);
    },
    warn: (message) => warnings.push(message),
    signal: new AbortController().signal,
  });
  return { sent, warnings };
}

test('each line that is an object is sent, in order, whatever its end; empty lines are nothing', async () => {
  const { sent, warnings } = await read(['{"a":1}\n\r\n{"b":"\u00fc"}\r\n  \n{"c":[1', ',2]}']);
  assert.deepEqual(sent, [{ a: 1 }, { b: '\u00fc' }, { c: [1, 2] }]);
  assert.deepEqual(warnings, []);
});

test('a line that is no object is named with its number and skipped', async () => {
  const { sent, warnings } = await read([
    '{"a":1}\n[1]\nnull\n5\n"x"\nload: 3\n',
    Buffer.from([0xff, 0x0a]),
    '{"b":2}\n',
  ]);
  assert.deepEqual(sent, [{ a: 1 }, { b: 2 }]);
  assert.deepEqual(
    warnings,
    [2, 3, 4, 5, 6, 7].map((line) => `Line ${line} of the standard input is not a JSON object; it is skipped`),
  );
});

test('a number that no double can hold is not changed on its way: its line is skipped', async () => {
  const { sent, warnings } = await read(['{"a":1e400}\n{"b":"1e400","c":1e300}\n']);
  assert.deepEqual(sent, [{ b: '1e400', c: 1e300 }]);
  assert.deepEqual(warnings, [
    'Line 1 of the standard input has a number that is too large for a double; it is skipped',
  ]);
});

test('a line that never ends costs no memory, and the next one is read', async () => {
  const endless = Array.from({ length: 100 }, () => 'x'.repeat(10_000));
  const { sent, warnings } = await read(['{"a":1}\n', ...endless, '\n{"b":2}\n']);
  assert.deepEqual(sent, [{ a: 1 }, { b: 2 }]);
  assert.deepEqual(warnings, ['Line 2 of the standard input has more than 65536 bytes; it is skipped']);
});

test('a message that cannot be sent is named, and the others are sent', async () => {
  const { sent, warnings } = await read(['{"a":1}\n{"b":2}\n{"c":3}\n'], async (body) => {
    if ('b' in body) throw new Error('The message is too large');
  });
  assert.deepEqual(sent, [{ a: 1 }, { c: 3 }]);
  assert.deepEqual(warnings, ['Line 2 of the standard input is not sent: The message is too large']);
});

test('one message is under way at a time: whoever writes is held up', async () => {
  let underWay = 0;
  let most = 0;
  const lines = Array.from({ length: 50 }, (_, n) => `{"n":${n}}\n`);
  const { sent } = await read([lines.join('')], async () => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
  });
  assert.equal(most, 1);
  assert.equal(sent.length, 50);
});

test('an input that goes on is left when the signal is aborted', async () => {
  const stop = new AbortController();
  const input = new Readable({ read: () => undefined });
  input.push('{"a":1}\n');
  const sent: JsonObject[] = [];
  await sendInput(input, {
    send: async (body) => {
      sent.push(body);
      setImmediate(() => stop.abort(new Error('enough')));
    },
    warn: assert.fail,
    signal: stop.signal,
  });
  assert.deepEqual(sent, [{ a: 1 }]);
  assert.ok(input.destroyed);
});

test('however the bytes are cut, the same lines come out', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()))),
      fc.infiniteStream(fc.integer({ min: 1, max: 20 })),
      async (objects, sizes) => {
        const known = objects.map((object) => JSON.parse(JSON.stringify(object).replaceAll('__proto__', 'proto')));
        const bytes = Buffer.from(known.map((object) => `${JSON.stringify(object)}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        assert.deepEqual((await read(chunks)).sent, known);
      },
    ),
    { numRuns: 50 },
  );
});
