import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { propertyState, Store } from '../../console/store.js';

const at = (second: number) => new Date(Date.UTC(2026, 10, 27, 12, 0, second)).toISOString();
const DEVICE = 'board-1';
const event = (type: string, fields: object, second = 0) => ({
  v: 1,
  ts: at(second),
  type,
  deviceId: DEVICE,
  ...fields,
});

function storeOf(...events: object[]) {
  const store = new Store();
  for (const one of events) store.take(one);
  return store;
}

suite('what the page knows of a device', () => {
  test('its values and their past, from both kinds of telemetry', () => {
    const store = storeOf(
      event('telemetry', { body: { t: 1, acc: { x: 2 } }, properties: {} }),
      event('telemetry', { body: { t: 3 }, properties: { '$.sub': 'sensor' } }, 1),
      event('telemetry', { body: { t: 4 }, component: 'sensor' }, 2),
    );
    const device = store.device(DEVICE);
    assert.deepEqual(device.values.get('sensor.t'), { value: 4, at: Date.parse(at(2)) });
    assert.deepEqual(device.lastValue, { name: 'sensor.t', value: 4 });
    assert.deepEqual(store.series.get(DEVICE, 'sensor.t').values, [3, 4]);
    assert.deepEqual(store.series.get(DEVICE, 'acc.x').values, [2]);
    assert.deepEqual(store.series.paths(DEVICE), ['acc.x', 'sensor.t', 't']);
  });

  test('the certificate of its module, and only what is one to be saved', () => {
    const facts = {
      subject: 'CN=b',
      issuer: 'CN=s',
      serial: '01',
      validFrom: at(0),
      validTo: at(1),
      sha1: 'A',
      sha256: 'B',
    };
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----\n';
    const shown = (given: object) => storeOf(event('certificate', given)).device(DEVICE).certificate;
    assert.deepEqual(shown({ ...facts, pem }), { ...facts, pem });
    for (const wrong of [null, 7, `${pem}=cmd|calc`, '', `${pem.slice(0, 30)}${'A'.repeat(40_000)}${pem.slice(-30)}`]) {
      assert.deepEqual(shown({ ...facts, pem: wrong }), { ...facts, pem: null });
    }
    assert.equal(shown({ ...facts, subject: { deep: 1 }, pem }).subject, '{"deep":1}');
  });

  test('what is desired and what was answered, as the cloud tells it', () => {
    const store = storeOf(
      event('property', { side: 'desired', patch: { interval: 5, led: { r: 1, g: 2 } }, version: 2 }),
      event('property', { side: 'desired', patch: { led: { g: null, b: 3 } }, version: 3 }, 1),
      event(
        'property',
        { side: 'reported', patch: { interval: { ac: 200, av: 2, ad: 'set', value: 5 } }, version: 2 },
        2,
      ),
    );
    const { desired, reported } = store.device(DEVICE);
    assert.deepEqual(desired.get('led')?.value, { r: 1, b: 3 });
    assert.equal(propertyState(desired.get('interval'), reported.get('interval'), Date.parse(at(3))), 'accepted');
    assert.equal(reported.get('interval')?.ad, 'set');
  });

  test('an older change than the one that is known changes nothing', () => {
    const store = storeOf(event('property', { side: 'desired', patch: { interval: 9 }, version: 7 }));
    store.take(event('property', { side: 'desired', patch: { interval: 5 }, version: 6 }));
    assert.equal(store.device(DEVICE).desired.get('interval')?.value, 9);
  });

  test('properties of a component stand under its name', () => {
    const store = storeOf(event('property', { side: 'desired', patch: { sensor: { __t: 'c', rate: 4 } }, version: 2 }));
    assert.deepEqual([...store.device(DEVICE).desired.keys()], ['sensor.rate']);
  });

  test('what has become of a write', () => {
    const desired = { value: 5, version: 3, at: 0 };
    const answered = (ac: number, av: number) => ({ value: 5, ac, av, ad: '', at: 0 });
    const table: [reported: object | undefined, now: number, state: string][] = [
      [undefined, 1000, 'pending'],
      [undefined, 31_000, 'unanswered'],
      [answered(200, 2), 1000, 'pending'],
      [answered(202, 3), 1000, 'pending'],
      [answered(203, 3), 1000, 'accepted'],
      [answered(200, 3), 99_000, 'accepted'],
      [answered(400, 3), 1000, 'rejected'],
      [answered(199, 3), 1000, 'rejected'],
    ];
    for (const [reported, now, state] of table) assert.equal(propertyState(desired, reported, now), state);
    assert.equal(propertyState(undefined, answered(200, 1), 0), 'none');
  });

  test('its steps as a session tells them, and what has failed until it is made good', () => {
    const store = storeOf(
      event('state', { state: 'open-port' }),
      event('state', { state: 'sync' }, 1),
      event('state', { state: 'wi-fi' }, 3),
      event('event', { level: 'warning', message: 'no such network' }, 5),
    );
    const { journey } = store.device(DEVICE);
    assert.deepEqual(
      ['port', 'module', 'wifi', 'clock'].map((step) => journey.state(step)),
      ['done', 'done', 'failed', 'open'],
    );
    assert.deepEqual(journey.times.get('module'), { from: Date.parse(at(1)), to: Date.parse(at(3)) });
    store.take(event('state', { state: 'clock' }, 6));
    assert.equal(journey.state('wifi'), 'done');
    assert.equal(journey.state('clock'), 'now');
    store.take(event('state', { state: 'sync' }, 8));
    assert.equal(journey.attempts, 2);
    assert.equal(journey.state('wifi'), 'open');
  });

  test('its steps as the cloud sees them, where there is no session', () => {
    const store = storeOf(event('connect', { service: 'dps' }));
    const { journey } = store.device(DEVICE);
    assert.equal(journey.state('dps'), 'now');
    assert.equal(journey.state('wifi'), 'done');
    store.take(event('provisioning', { status: 'assigned', hub: 'h' }, 1));
    store.take(event('connect', { service: 'hub' }, 2));
    store.take(
      event(
        'mqtt',
        { service: 'hub', direction: 'in', packet: { cmd: 'publish', topic: '$iothub/twin/GET/?$rid=1' } },
        3,
      ),
    );
    assert.equal(journey.current, 'twin');
    store.take(event('telemetry', { body: { t: 1 }, properties: {} }, 4));
    assert.equal(journey.state('telemetry'), 'done');
    store.take(event('disconnect', { service: 'hub', cleanly: false, reason: 'the keep-alive has run out' }, 5));
    assert.match(journey.failure?.message ?? '', /keep-alive has run out/);
  });

  test('is bounded, whatever comes', () => {
    const store = new Store();
    for (let count = 0; count < 30_000; count++) {
      store.take(event('telemetry', { body: { [`n${count % 1000}`]: count }, properties: {} }), 1000);
      store.take(event('command', { name: `c${count}`, request: null, status: 200, response: null }));
      store.take(event('property', { side: 'desired', patch: { [`p${count}`]: 1 }, version: count }));
    }
    const device = store.device(DEVICE);
    assert.ok(device.values.size <= 256 && device.desired.size <= 256 && device.commands.length <= 100);
    assert.ok(store.messages.length <= 5000);
  });

  test('is not upset by nonsense', () => {
    const types = [
      'telemetry',
      'property',
      'command',
      'mqtt',
      'state',
      'twin',
      'connect',
      'refusal',
      'event',
      'reported',
    ];
    const names = fc.constantFrom(
      'body',
      'patch',
      'packet',
      'properties',
      'side',
      'name',
      'desired',
      'reported',
      'state',
    );
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.dictionary(names, fc.jsonValue()), (type, fields) => {
        const store = storeOf({ v: 1, ts: at(0), type, deviceId: '__proto__', ...fields });
        assert.ok(store.devices.size <= 1);
      }),
    );
    const store = storeOf({}, { type: 'telemetry' }, { type: 'telemetry', ts: 'soon', deviceId: 'x' });
    assert.equal(store.devices.size, 0);
  });

  test('names such as __proto__ are names', () => {
    const body: unknown = JSON.parse('{"__proto__": 5, "constructor": 6}');
    const store = storeOf(event('telemetry', { body, properties: {} }));
    assert.equal(store.device(DEVICE).values.get('__proto__')?.value, 5);
    assert.deepEqual(store.series.get(DEVICE, 'constructor').values, [6]);
  });
});

suite('a device that is deleted', () => {
  const summary = { id: DEVICE, connected: true, telemetry: {} };
  const state = (version: number) => ({
    device: summary,
    model: null,
    twin: { properties: { desired: { interval: version, $version: version }, reported: { $version: version } } },
  });

  test('is gone with its values, and one that was never let in stays to be seen', () => {
    const store = storeOf(
      event('connect', { service: 'hub' }),
      event('telemetry', { body: { t: 1 } }),
      event('refusal', { deviceId: 'stranger', stage: 'connect', service: 'dps', code: 5, reason: 'not enrolled' }),
    );
    store.takeDevices([]);
    assert.deepEqual([...store.devices.keys()], ['stranger']);
    assert.deepEqual(store.series.paths(DEVICE), []);
  });

  test('and made again has versions that begin anew', () => {
    const store = new Store();
    store.takeState(state(7));
    const { arrivals } = store.device(DEVICE);
    store.take(event('connect', { service: 'hub' }));
    store.take(event('property', { side: 'desired', patch: { interval: 3 }, version: 2 }, 1));
    store.take(event('property', { side: 'reported', patch: { interval: 3 }, version: 2 }, 2));
    const device = store.device(DEVICE);
    assert.equal(device.desired.get('interval')?.value, 3);
    assert.equal(device.reported.get('interval')?.value, 3);
    assert.equal(device.arrivals, arrivals + 1);
    store.takeState(state(1));
    assert.equal(device.desired.get('interval')?.value, 1);
  });

  test('a device that is renamed has its new name', () => {
    const store = new Store();
    store.takeDevices([{ ...summary, displayName: 'Old' }]);
    store.takeDevices([{ ...summary, displayName: 'New' }]);
    assert.equal(store.device(DEVICE).summary.displayName, 'New');
  });
});
