import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FaultQueue } from '../../../src/simulator/cloud/faults.ts';

suite('throttling', () => {
  test('is for one device or for all, for one service or for both, and ends', () => {
    const queue = new FaultQueue();
    queue.throttle({ type: 'throttle', seconds: 10, deviceId: 'a' }, 0);
    queue.throttle({ type: 'throttle', seconds: 20, service: 'dps' }, 0);
    const throttled = (now: number) =>
      (['dps', 'hub'] as const).map((service) => ['a', 'b'].map((id) => queue.throttled(service, id, now)));
    assert.deepEqual(throttled(9_999), [
      [true, true],
      [true, false],
    ]);
    assert.deepEqual(throttled(10_000), [
      [true, true],
      [false, false],
    ]);
    assert.deepEqual(throttled(20_000).flat(), [false, false, false, false]);
  });

  test('is as long as was asked for last, and ends when faults are forgotten', () => {
    const queue = new FaultQueue();
    queue.throttle({ type: 'throttle', seconds: 60 }, 0);
    queue.throttle({ type: 'throttle', seconds: 1 }, 0);
    assert.equal(queue.throttled('hub', 'a', 999), true);
    assert.equal(queue.throttled('hub', 'a', 1000), false);
    queue.throttle({ type: 'throttle', seconds: 60 }, 0);
    queue.clear();
    assert.equal(queue.throttled('hub', 'a', 1), false);
  });
});
