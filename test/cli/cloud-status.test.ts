import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloudStatus, timeOfDay } from '../../src/cli/cloud-status.ts';
import type { CloudEvent } from '../../src/simulator/cloud/events.ts';

test('the status line of a cloud counts who is connected, and says where the others are', () => {
  const status = new CloudStatus();
  const steps: [event: CloudEvent, line: string][] = [
    [{ type: 'connect', service: 'dps', deviceId: 'a' }, '0 connected, registering: a'],
    [{ type: 'provisioning', deviceId: 'a', hub: 'h', status: 'assigned' }, '0 connected, registered: a'],
    [{ type: 'disconnect', service: 'dps', deviceId: 'a', cleanly: true, reason: null }, '0 connected, registered: a'],
    [{ type: 'connect', service: 'hub', deviceId: 'a' }, '1 connected'],
    [
      { type: 'refusal', stage: 'connect', service: 'hub', deviceId: 'b', code: 5, reason: 'x' },
      '1 connected, refused: b',
    ],
    [
      { type: 'refusal', stage: 'request', service: 'hub', deviceId: 'a', code: 400004, reason: 'x' },
      '1 connected, refused: b',
    ],
    [{ type: 'refusal', stage: 'tls', code: null, reason: 'x' }, '1 connected, refused: b'],
    [
      { type: 'disconnect', service: 'hub', deviceId: 'a', cleanly: false, reason: null },
      '0 connected, refused: b, away: a',
    ],
  ];
  let before = status.line();
  for (const [event, line] of steps) {
    assert.equal(status.take(event), line !== before);
    assert.equal(status.line(), line);
    before = line;
  }
  for (const deviceId of ['c', 'd', 'e', 'f', 'g']) status.take({ type: 'connect', service: 'dps', deviceId });
  assert.equal(status.line(), '0 connected, 5 registering, refused: b, away: a');
});

test('the time of day has two digits everywhere', () => {
  assert.equal(timeOfDay(new Date(2026, 10, 28, 9, 5, 7).getTime()), '09:05:07');
});
