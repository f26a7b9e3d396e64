import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEVICE, virtualBench } from '../helpers/bench.ts';

test('the walkthrough happens, from the port to telemetry', async (t) => {
  const bench = virtualBench();
  t.after(() => bench.stop());
  void bench.run();
  await bench.telemetry(3);
  assert.deepEqual(bench.states(), [
    'open-port',
    'attention',
    'root-cert',
    'identity',
    'wi-fi',
    'clock',
    'dps-connect',
    'dps-register',
    'dps-disconnect',
    'hub-connect',
    'hub-subscribe',
    'twin',
    'announce',
    'telemetry',
  ]);
  assert.deepEqual(
    bench.of('telemetry').map(({ body }) => body),
    [{ temperature: 15 }, { temperature: 15.25 }, { temperature: 15.5 }],
  );
  assert.equal(bench.of('assigned')[0]?.deviceId, DEVICE);
});
