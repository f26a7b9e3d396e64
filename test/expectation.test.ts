import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { Expectation } from '../src/expectation.ts';
import { VirtualClock } from './helpers/virtual-clock.ts';

function rig() {
  const clock = new VirtualClock();
  const source = new EventEmitter<{ event: [number] }>();
  const even = new Expectation<number, string>(
    (listener) => {
      source.on('event', listener);
      return () => source.off('event', listener);
    },
    (event) => (event % 2 === 0 ? `even ${event}` : undefined),
  );
  return { clock, source, even, signal: new AbortController().signal };
}

test('the first match counts, also one from before the wait', async () => {
  const { clock, source, even, signal } = rig();
  source.emit('event', 1);
  source.emit('event', 2);
  source.emit('event', 4);
  assert.equal(even.found, 'even 2');
  assert.equal(await even.within(clock, 100, signal), 'even 2');
  assert.deepEqual([source.listenerCount('event'), clock.pendingTimers], [0, 0]);
});

test('a wait ends with the match, or with its time, and so does the listening', async () => {
  const found = rig();
  found.clock.after(30, () => found.source.emit('event', 6));
  assert.equal(await found.clock.until(found.even.within(found.clock, 100, found.signal)), 'even 6');
  const { clock, source, even, signal } = rig();
  assert.equal(await clock.until(even.within(clock, 100, signal)), null);
  assert.equal(source.listenerCount('event'), 0);
});

test('up to a time, it goes on listening', async () => {
  const { clock, source, even, signal } = rig();
  assert.equal(await clock.until(even.upTo(clock, 100, signal)), null);
  source.emit('event', 8);
  assert.equal(await even.upTo(clock, 100, signal), 'even 8');
  even.cancel();
  assert.deepEqual([source.listenerCount('event'), clock.pendingTimers], [0, 0]);
});

test('an abort ends the wait with its reason', async () => {
  const { clock, source, even } = rig();
  const stop = new AbortController();
  const waiting = even.within(clock, 100, stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  assert.deepEqual([source.listenerCount('event'), clock.pendingTimers], [0, 0]);
});
