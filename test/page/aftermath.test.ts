import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Aftermath } from '../../console/aftermath.js';
import { Store } from '../../console/store.js';

const FAULT = { name: 'Close the connection', when: 'now' };
const telemetry = { type: 'telemetry', body: { t: 1 } };
const kicked = { type: 'disconnect', service: 'hub', cleanly: false, reason: 'a fault that was asked for' };
const connected = { type: 'connect', service: 'hub' };

function after(...events: object[]) {
  const aftermath = new Aftermath(FAULT, 0);
  for (const [index, event] of events.entries()) aftermath.take(event, 1000 * (index + 1));
  return aftermath;
}

suite('what came of a fault', () => {
  test('is told from the first trouble until telemetry flows again', () => {
    const { struckAt, recoveredAt, rows } = after(telemetry, kicked, connected, telemetry, telemetry, connected);
    assert.deepEqual([struckAt, recoveredAt], [2000, 4000]);
    assert.deepEqual(
      rows.map(({ text }) => text),
      ['Disconnected from the hub: a fault that was asked for', 'Connected to the hub.', 'Telemetry flows again.'],
    );
  });

  test('goes on when trouble comes again', () => {
    const { struckAt, recoveredAt } = after(kicked, telemetry, kicked);
    assert.deepEqual([struckAt, recoveredAt], [1000, null]);
  });

  test('is nothing while telemetry goes on, and DPS is left in good order', () => {
    const quiet = after(telemetry, { type: 'disconnect', service: 'dps', cleanly: true }, telemetry);
    assert.deepEqual([quiet.struckAt, quiet.unharmed], [null, 2]);
  });

  for (const [event, text] of [
    [{ type: 'refusal', stage: 'connect', service: 'hub', code: 5, reason: 'no' }, 'Refused by the hub: no'],
    [{ type: 'provisioning', status: 'disabled', hub: '' }, 'DPS says disabled.'],
    [{ type: 'state', state: 'rejoin' }, 'The session joins the network again.'],
    [{ type: 'event', level: 'warning', message: 'The module has restarted' }, 'The module has restarted'],
    [{ type: 'error', message: 'Gone' }, 'Gone'],
    [{ type: 'exit', reason: 'Gone' }, 'The session has ended: Gone'],
  ] as const) {
    test(`counts as trouble: ${event.type}`, () => {
      const { struckAt, rows } = after(event);
      assert.deepEqual([struckAt, rows], [1000, [{ at: 1000, tone: 'bad', text }]]);
    });
  }

  test('is heard of by the device that it is for, and by no other', () => {
    const store = new Store();
    const [mine, other] = [store.device('a'), store.device('b')];
    for (const device of [mine, other]) device.aftermath = new Aftermath(FAULT, 0);
    store.take({ ts: '2026-11-27T12:00:00Z', deviceId: 'a', ...kicked });
    assert.deepEqual([mine.aftermath?.rows.length, other.aftermath?.rows.length], [1, 0]);
  });
});
