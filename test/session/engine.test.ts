import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModemError } from '../../src/modem/modem.ts';
import { Rig, ScriptedDevice } from '../helpers/rig.ts';

// The engine around the states: what ends a state or a pause, what is done at the end, and what a person does meanwhile.

const said = (rig: Rig, from: number, level = 'warning') =>
  rig.since(from).flatMap((what) => (what.startsWith(`${level}: `) ? [what.slice(level.length + 2)] : []));

test('a typed line goes to the module; what comes of it is said where the answer does not show it', async () => {
  const rig = new Rig();
  await rig.session.type('AT');
  assert.deepEqual(said(rig, 0), ['There is no module yet to send this to']);
  await rig.state('telemetry');
  const typed = async (reply: () => string | null) => {
    const from = rig.log.length;
    rig.modem.script.type = reply;
    await rig.clock.until(rig.session.type('AT+GMM'));
    return said(rig, from);
  };
  const fail = (failure: 'timed-out' | 'refused') => () => {
    throw new ModemError(failure, 'no answer to it');
  };
  assert.deepEqual(await typed(() => null), []);
  assert.deepEqual(await typed(() => 'It would end the session.'), ['It would end the session.']);
  assert.deepEqual(await typed(fail('timed-out')), ['no answer to it']);
  assert.deepEqual(await typed(fail('refused')), []);
  assert.equal(rig.calls('type AT+GMM').length, 4);
  await rig.stop();
});

test('a device is not operated before it has started, and what it cannot do is said', async () => {
  const rig = new Rig();
  rig.session.press();
  assert.match(said(rig, 0)[0] ?? '', /^The device has not started yet/);
  await rig.state('dps-connect');
  let from = rig.log.length;
  rig.session.sendTelemetry();
  assert.deepEqual(said(rig, from, 'note'), ['It is sent once the hub is connected']);
  await rig.until((what) => what === 'telemetry {"n":1}');
  from = rig.log.length;
  rig.session.press();
  rig.device.press = () => 'This device has no button';
  rig.session.press();
  await rig.clock.advance(100);
  assert.deepEqual(said(rig, from), ['This device has no button']);
  assert.deepEqual(said(rig, from, 'note'), []);
  assert.equal(rig.calls('telemetry {"pressed":true}').length, 1);
  await rig.stop();
});

test('a device starts once, however often the session begins anew, and what it says is said', async () => {
  const starts: string[] = [];
  const device = new ScriptedDevice();
  const start = device.start.bind(device);
  device.start = async (host) => {
    starts.push(host.deviceId);
    host.note('warming up');
    host.warn('no bus');
    // Before there is a hub, nothing can be told to it.
    host.report({ lamp: 1 });
    await start(host);
  };
  const rig = new Rig({}, device);
  await rig.state('telemetry');
  rig.modem.tell({ type: 'restarted' });
  await rig.state('telemetry', 2);
  assert.deepEqual(starts, ['board-1']);
  assert.deepEqual(rig.calls('note: warming up').length, 1);
  assert.equal(rig.calls('warning: no bus').length, 1);
  await rig.stop();
});

test('a pause lasts, whatever the module tells meanwhile, and ends at once with the port', async () => {
  const rig = new Rig();
  await rig.state('telemetry');
  rig.modem.tell({ type: 'stuck' });
  await rig.state('reset');
  await rig.clock.advance(100);
  const { modem } = rig;
  rig.modem.tell({ type: 'link-down' });
  rig.modem.tell({ type: 'broker', connected: false });
  assert.deepEqual(await rig.visit('sync', 2), ['1000 sync', '1010 state root-cert']);

  await rig.state('telemetry', 2);
  rig.modem.tell({ type: 'stuck' });
  await rig.state('sync', 3);
  assert.equal(rig.modem, modem);
  const from = rig.log.length;
  rig.modem.unplug();
  await rig.until((what) => what === 'state open-port', 100, from);
  assert.notEqual(rig.log[from]?.what, 'sync');
  await rig.stop();
});

test('what a module tells in a pause counts when the pause is over', async () => {
  const rig = new Rig();
  await rig.until((what) => what.startsWith('telemetry'));
  rig.modem.script['wifi.join'] = () => ({ joined: false, reason: 'no' });
  rig.modem.tell({ type: 'stuck' });
  await rig.state('wi-fi', 3);
  await rig.clock.advance(100);
  const from = rig.log.length;
  rig.modem.tell({ type: 'restarted' });
  // Two setbacks so far: two seconds. Then it begins anew, and does nothing of what it was about to do.
  await rig.state('sync', 3);
  assert.deepEqual(rig.since(from), [
    'warning: The module has restarted by itself. Trying again in 4 s.',
    'state sync',
  ]);
  const [before, warned, sync] = rig.log.slice(from - 1).map(({ at }) => at);
  assert.deepEqual([(warned ?? 0) - (before ?? 0), (sync ?? 0) - (before ?? 0)], [2_000, 2_000]);
  await rig.stop();
});

test('each setback says when the next attempt is made', async () => {
  const rig = new Rig();
  await rig.until((what) => what.startsWith('telemetry'));
  for (let n = 2; n < 5; n++) {
    rig.modem.tell({ type: 'stuck' });
    await rig.state('telemetry', n);
  }
  assert.deepEqual(
    rig.calls('warning: The MQTT client').map(({ what }) => /in (\d+) s/.exec(what)?.[1]),
    ['1', '2', '4'],
  );
  await rig.stop();
});

test('a network that is lost three times does not look like a second client', async () => {
  const rig = new Rig();
  await rig.until((what) => what.startsWith('telemetry'));
  for (let n = 1; n <= 3; n++) {
    rig.modem.tell({ type: 'link-down' });
    // The connection goes with it, and comes back with it.
    rig.clock.after(5, () => rig.modem.tell({ type: 'broker', connected: false }));
    await rig.state('await-reconnect', n);
    rig.modem.tell({ type: 'broker', connected: true });
    await rig.state('telemetry', n + 1);
  }
  assert.ok(!rig.text().includes('another client may be using this device id'), rig.text());
  await rig.stop();
});

test('a message that is too large is said where nobody reads messages, once', async () => {
  for (const [state, count] of [
    ['wi-fi', 1],
    // It is what DPS has answered: the question is asked again.
    ['dps-register', 0],
    ['hub-connect', 1],
  ] as const) {
    const rig = new Rig();
    await rig.state(state);
    await rig.clock.advance(1);
    const from = rig.log.length;
    rig.modem.tell({ type: 'overflow', bytes: 2_000 });
    assert.deepEqual(
      said(rig, from).map((text) => /A message of 2000 bytes .* 1500 bytes/.test(text)),
      Array.from({ length: count }, () => true),
      state,
    );
    await rig.stop();
  }
});

test('at the end the broker is left where there is one to leave, and the end does not wait for what does not come', async () => {
  for (const [state, leaves] of [
    ['wi-fi', false],
    ['dps-register', true],
    ['dps-disconnect', false],
    ['telemetry', true],
  ] as const) {
    const rig = new Rig();
    // The state is still at work when the end comes.
    if (state === 'dps-disconnect') rig.modem.script['mqtt.close'] = () => 'never';
    if (state === 'wi-fi') rig.modem.script['wifi.state'] = () => 'never';
    await rig.state(state);
    await rig.clock.advance(15);
    const from = rig.log.length;
    rig.modem.script['mqtt.close'] = () => 'never';
    const started = rig.clock.monotonic();
    await rig.stop();
    assert.deepEqual(rig.since(from), leaves ? ['mqtt.close', 'close'] : ['close'], state);
    assert.equal(rig.clock.monotonic() - started, leaves ? 1_500 : 0, state);
  }
});

test('a session that is stopped before it began does nothing', async () => {
  const rig = new Rig();
  const stop = AbortSignal.abort(new Error('stopped'));
  await rig.session.run(stop);
  assert.deepEqual(rig.log, []);
});

test('a command that fails for want of a connection is refused where none is needed', async () => {
  const rig = new Rig();
  let first = true;
  rig.modem.script['wifi.configure'] = () => {
    if (!first) return;
    first = false;
    throw new ModemError('not-connected', 'there is no connection');
  };
  await rig.state('telemetry');
  assert.deepEqual(rig.states().slice(4, 7), ['wi-fi', 'reset', 'sync']);
  assert.match(said(rig, 0)[0] ?? '', /^there is no connection\. Trying again in 1 s\.$/);
  await rig.stop();
});
