import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { answerSntp } from '../../../src/simulator/sntp/message.ts';
import { startSntpServer } from '../../../src/simulator/sntp/server.ts';

/** A request as a client sends it: mode 3, and a transmit time that nobody else has. */
function request(version: number): Buffer {
  const message = Buffer.alloc(48);
  message[0] = (version << 3) | 3;
  message[2] = 6;
  message.writeBigUInt64BE(0x0123_4567_89ab_cdefn, 40);
  return message;
}

test('an answer has the form of RFC 4330', () => {
  const now = Date.parse('2026-11-23T12:00:00.250Z');
  const answer = answerSntp(request(4), now);
  assert.equal(
    answer?.toString('hex'),
    // No leap second, version 4, server; stratum 1, the client's poll interval, 2^-10 s; no delay, no dispersion; LOCL.
    `240106f60000000000000000${Buffer.from('LOCL').toString('hex')}` +
      `${'eeaea940'}40000000${'0123456789abcdef'}${'eeaea940'}40000000${'eeaea940'}40000000`,
  );
});

test('the version is that of the request, and the time is told whatever it is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 4_102_444_800_000 }), (version, now) => {
      const answer = answerSntp(request(version), now);
      assert.ok(answer);
      assert.equal(answer[0], (version << 3) | 4);
      const seconds = answer.readUInt32BE(40);
      const since1900 = Math.floor(now / 1000) + 2_208_988_800;
      assert.equal(seconds, since1900 % 2 ** 32);
      assert.equal(Math.round((answer.readUInt32BE(44) / 2 ** 32) * 1000), now % 1000);
    }),
  );
});

test('what is no request of a client gets no answer', () => {
  const cut = request(4).subarray(0, 47);
  const modes = [0, 1, 2, 4, 5, 6, 7].map((mode) => {
    const message = request(4);
    message[0] = (4 << 3) | mode;
    return message;
  });
  for (const message of [Buffer.alloc(0), cut, request(0), ...modes]) assert.equal(answerSntp(message, 0), null);
});

test('the server answers over UDP, and says when its port is taken', async () => {
  const now = Date.parse('2024-06-01T00:00:00Z');
  const server = await startSntpServer('127.0.0.1', 0, () => now);
  await assert.rejects(
    startSntpServer('127.0.0.1', server.port, () => now),
    { code: 'EADDRINUSE' },
  );
  const client = createSocket('udp4');
  try {
    client.send(Buffer.from('no request'), server.port, '127.0.0.1');
    client.send(request(4), server.port, '127.0.0.1');
    const [answer] = await once(client, 'message');
    assert.deepEqual(answer, answerSntp(request(4), now));
  } finally {
    client.close();
    await server.close();
  }
});
