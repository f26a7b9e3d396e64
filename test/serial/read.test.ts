import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { type ReadablePort, readPort } from '../../src/serial/read.ts';

const buffer = Buffer.alloc(8);

/** A port that says `readable` as often as it is asked; `polls` counts that. */
function port(error: Error | null = null) {
  const state = { polls: 0 };
  const readable: ReadablePort = {
    fd: 3,
    poller: {
      once(_, callback) {
        state.polls++;
        queueMicrotask(() => callback(error));
      },
    },
  };
  return { ...readable, state };
}

/** A read that answers as told: a number of bytes, or the code of an error. */
function reads(...answers: (number | string)[]) {
  return async () => {
    const answer = answers.shift();
    if (typeof answer === 'number') return { buffer, bytesRead: answer };
    throw Object.assign(new Error(answer), { code: answer });
  };
}

test('a read waits until there is something, and no byte is waited for twice', async () => {
  const waiting = port();
  const filled = await readPort(waiting, buffer, 0, 8, reads('EAGAIN', 'EINTR', 'EWOULDBLOCK', 5));
  assert.deepEqual([filled.bytesRead, waiting.state.polls], [5, 3]);
});

test('a read of nothing is the end of the line, at once', async () => {
  const hungUp = port();
  await assert.rejects(readPort(hungUp, buffer, 0, 8, reads(0, 5)), /hung up/);
  await assert.rejects(readPort(hungUp, buffer, 0, 8, reads('EAGAIN', 0, 5)), /hung up/);
  assert.equal(hungUp.state.polls, 1);
});

test('the end of a real file is one too', { skip: process.platform === 'win32' }, async () => {
  const fd = openSync('/dev/null', 'r');
  try {
    await assert.rejects(readPort({ ...port(), fd }, buffer, 0, 8), /hung up/);
  } finally {
    closeSync(fd);
  }
});

test('what the driver or the poller reports comes through, and a closed port is not read', async () => {
  await assert.rejects(readPort(port(), buffer, 0, 8, reads('EIO')), { code: 'EIO' });
  await assert.rejects(readPort(port(new Error('gone')), buffer, 0, 8, reads('EAGAIN', 5)), /gone/);
  await assert.rejects(readPort({ ...port(), fd: null }, buffer, 0, 8, reads(5)), /not open/);
});
