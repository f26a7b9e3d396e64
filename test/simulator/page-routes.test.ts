import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { CLOUD_FAULTS, MODULE_FAULTS } from '../../console/faults.js';
import { systemClock } from '../../src/clock.ts';
import { parseFault } from '../../src/simulator/cloud/fault-request.ts';
import { type Simulation, startSimulation } from '../../src/simulator/simulation.ts';
import { SESSION_TYPES, sessionFeed } from '../../src/web/session-feed.ts';
import { DEVICE, SCOPE } from '../helpers/simulation.ts';

let simulation: Simulation;
before(async () => {
  simulation = await startSimulation({
    family: 'anycloud',
    clock: systemClock,
    random: Math.random,
    pace: 'instant',
    wifi: { ssid: 'AnyCloud-Demo', passphrase: 'simulated-passphrase', security: 'wpa2' },
    idScope: SCOPE,
    deviceId: DEVICE,
    tls: true,
    desired: {},
    expiredRoot: false,
    httpPort: 0,
  });
});
after(() => simulation.close());

async function ask(path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }> {
  const response = await fetch(simulation.url + path, {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  const json: unknown = await response.json();
  assert.ok(typeof json === 'object' && json !== null);
  return { status: response.status, json: { ...json } };
}

suite('what the page of a simulation asks for', () => {
  test('what it stands before', async () => {
    assert.deepEqual((await ask('/api/console')).json, { mode: 'cloud', module: true });
  });

  test('trouble in the virtual module, as control lines', async () => {
    assert.deepEqual(await ask('/api/module', { line: 'sntp off' }), { status: 200, json: { answer: 'ok' } });
    assert.match(String((await ask('/api/module')).json['answer']), /sntp off/);
    assert.equal((await ask('/api/module', { line: 'sntp on' })).status, 200);
    for (const body of [{ line: 'sntp maybe' }, { line: 'no such' }, { line: 'a\nb' }, { line: 5 }, {}, 'reset']) {
      assert.equal((await ask('/api/module', body)).status, 400, JSON.stringify(body));
    }
  });

  test('every fault of its table, in the cloud and in the module', async () => {
    for (const { fault } of CLOUD_FAULTS.flatMap(({ faults }) => faults)) {
      assert.doesNotThrow(() => parseFault({ ...fault, deviceId: DEVICE }), JSON.stringify(fault));
    }
    for (const { line } of MODULE_FAULTS.flatMap(({ faults }) => faults)) {
      assert.deepEqual(await ask('/api/module', { line }), { status: 200, json: { answer: 'ok' } }, line);
    }
  });

  test('what its session tells, beside what the cloud sees', () => {
    const report = sessionFeed(
      simulation.events,
      () => 0,
      () => DEVICE,
      SESSION_TYPES,
    );
    const before = simulation.events.after(0).events.length;
    report({ type: 'state', state: 'wi-fi' });
    report({ type: 'telemetry', body: { t: 1 } }); // the cloud tells this itself
    report({ type: 'console', url: 'http://x', link: 'http://x/#key=secret' });
    const [event, ...others] = simulation.events.after(0).events.slice(before);
    assert.deepEqual(others, []);
    assert.deepEqual(JSON.parse(event?.text ?? ''), {
      v: 1,
      ts: '1970-01-01T00:00:00.000Z',
      type: 'state',
      state: 'wi-fi',
      deviceId: DEVICE,
    });
  });
});
