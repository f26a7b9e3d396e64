import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '../src/clock.ts';
import { VirtualClock } from './helpers/virtual-clock.ts';

test('sleep ends after its time, and not before', async () => {
  const clock = new VirtualClock();
  let done = false;
  const waiting = sleep(clock, 1000).then(() => {
    done = true;
  });
  await clock.advance(999);
  assert.equal(done, false);
  await clock.advance(1);
  assert.equal(done, true);
  await waiting;
});

test('an aborted sleep rejects with the reason of the signal and leaves no timer behind', async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const waiting = sleep(clock, 1000, controller.signal);
  controller.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  assert.equal(clock.pendingTimers, 0);
  await assert.rejects(sleep(clock, 1000, controller.signal), /enough/);
});
