import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEVICE, Rig } from '../helpers/rig.ts';

// Telemetry: what is sent and when, what is kept and lost, and what happens when the wall clock jumps.

const EVENTS = `devices/${DEVICE}/messages/events/`;
const CONTENT = '$.ct=application%2Fjson&$.ce=utf-8';
const TOPIC = `mqtt.publish ${EVENTS}${CONTENT}`;
const HOUR = 3_600_000;
const YEARS = 10 * 365 * 24 * HOUR;

/** When samples were accepted, in milliseconds since the first, to a tenth of a second. */
function rhythm(rig: Rig): number[] {
  const at = rig.calls('telemetry').map((line) => line.at);
  // A sample may have to wait for another command to end.
  return at.map((each) => Math.round((each - (at[0] ?? 0)) / 100) * 100);
}

for (const qos of [0, 1] as const) {
  for (const step of [-HOUR, HOUR, YEARS]) {
    test(`with QoS ${qos} a wall clock that steps by ${step / HOUR} hours changes nothing of the rhythm`, async () => {
      const rig = new Rig({ qos });
      await rig.until((what) => what === 'telemetry {"n":2}');
      await rig.clock.advance(3_000);
      const calls = rig.log.length;
      rig.clock.stepWall(step);
      await rig.until((what) => what === 'telemetry {"n":7}');
      assert.deepEqual(rhythm(rig), [0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
      // The connection is looked at, since the computer may have slept; that is all.
      assert.deepEqual(
        rig.since(calls).filter((what) => /^mqtt\.(?!publish devices)/.test(what)),
        ['mqtt.isConnected', 'mqtt.publish $iothub/twin/GET/?$rid=2 q0'],
      );
      assert.ok(!rig.text().includes('iothub-creation-time-utc'));
      await rig.stop();
    });
  }
}

test('after a jump of the clock a connection that is gone is waited for', async () => {
  const rig = new Rig();
  await rig.until((what) => what.startsWith('telemetry'));
  rig.modem.script['mqtt.isConnected'] = () => false;
  rig.clock.stepWall(31_000);
  await rig.state('await-reconnect', 1, 15_000);
  await rig.stop();
});

test('a clock that is corrected by 30 s or less is no jump', async () => {
  const rig = new Rig();
  await rig.until((what) => what.startsWith('telemetry'));
  const calls = rig.log.length;
  rig.clock.stepWall(30_000);
  await rig.clock.advance(60_000);
  assert.ok(!rig.since(calls).some((what) => what.startsWith('mqtt.isConnected')));
  await rig.stop();
});

test('a sample that had to wait carries the time it was taken at, by the clock as it is now', async () => {
  const rig = new Rig({ qos: 1 });
  await rig.until((what) => what === 'telemetry {"n":1}');
  const start = rig.clock.wall();
  rig.modem.tell({ type: 'broker', connected: false });
  await rig.clock.advance(25_000);
  // Samples 2 and 3 were taken meanwhile; now the computer learns that it was an hour behind.
  rig.clock.stepWall(HOUR);
  rig.modem.tell({ type: 'broker', connected: true });
  await rig.until((what) => what === 'telemetry {"n":3}');
  const sent = rig.calls(`mqtt.publish ${EVENTS}`).map(({ what }) => decodeURIComponent(what));
  const times = sent.flatMap((what) => /iothub-creation-time-utc=([^& ]+)/.exec(what)?.[1] ?? []);
  assert.deepEqual(
    times.map((time) => Math.round((Date.parse(time) - start - HOUR) / 100) * 100),
    [10_000, 20_000],
  );
  await rig.stop();
});

test('a sample that waits less than 5 s carries no time, one that waits 5 s does', async () => {
  for (const [wait, carries] of [
    [4_900, false],
    [5_100, true],
  ] as const) {
    const rig = new Rig({ qos: 1 });
    await rig.until((what) => what === 'telemetry {"n":1}');
    rig.modem.tell({ type: 'broker', connected: false });
    await rig.clock.advance(9_990 + wait - 60);
    rig.modem.tell({ type: 'broker', connected: true });
    await rig.until((what) => what === 'telemetry {"n":2}');
    assert.equal(rig.text().includes('iothub-creation-time-utc'), carries, String(wait));
    await rig.stop();
  }
});

test('with QoS 0 what falls due without a connection is lost but for the last, and counted in plain English', async () => {
  for (const [away, says] of [
    [25_000, '1 telemetry sample fell due without a connection and is lost'],
    [45_000, '3 telemetry samples fell due without a connection and are lost'],
  ] as const) {
    const rig = new Rig();
    await rig.until((what) => what === 'telemetry {"n":1}');
    rig.modem.tell({ type: 'broker', connected: false });
    await rig.clock.advance(away);
    rig.modem.tell({ type: 'broker', connected: true });
    await rig.until((what) => what.startsWith('telemetry'), 60_000, rig.log.length);
    assert.ok(rig.text().includes(`warning: ${says}`), rig.text(-10));
    await rig.stop();
  }
});

test('with QoS 0 a message that is not accepted is lost, and said; with QoS 1 it is kept and not sent in a storm', async () => {
  const lossy = new Rig();
  const publish = lossy.modem.script['mqtt.publish'];
  await lossy.until((what) => what === 'telemetry {"n":1}');
  lossy.modem.script['mqtt.publish'] = (topic, payload) =>
    topic.startsWith('devices/') && payload === '{"n":2}' ? false : publish(topic, payload);
  await lossy.until((what) => what === 'telemetry {"n":3}');
  assert.ok(lossy.text().includes('warning: A telemetry message was not accepted and is lost: {"n":2}'));
  assert.equal(lossy.calls(`${TOPIC} {"n":2}`).length, 1);
  await lossy.stop();

  const keeping = new Rig({ qos: 1 });
  await keeping.until((what) => what === 'telemetry {"n":1}');
  let refused = 0;
  const accept = keeping.modem.script['mqtt.publish'];
  keeping.modem.script['mqtt.publish'] = (topic, payload) =>
    topic.startsWith('devices/') && refused++ < 5 ? false : accept(topic, payload);
  await keeping.until((what) => what === 'telemetry {"n":6}', 120_000);
  assert.deepEqual(
    keeping.calls('telemetry').map(({ what }) => what),
    [1, 2, 3, 4, 5, 6].map((n) => `telemetry {"n":${n}}`),
  );
  assert.ok(keeping.calls(`${TOPIC} {"n":2}`).length <= 6);
  await keeping.stop();
});

test('the pauses start small again only after a minute in telemetry', async () => {
  for (const [well, pause] of [
    [50_000, 2_000],
    [70_000, 1_000],
  ] as const) {
    const rig = new Rig();
    await rig.until((what) => what.startsWith('telemetry'));
    rig.modem.tell({ type: 'stuck' });
    await rig.state('telemetry', 2);
    await rig.clock.advance(well);
    rig.modem.tell({ type: 'stuck' });
    const [first] = await rig.visit('sync', 3);
    assert.equal(first, `${pause} sync`);
    await rig.stop();
  }
});

test('one failure is one setback: a stuck client that also fails its command counts once', async () => {
  const rig = new Rig();
  await rig.until((what) => what.startsWith('telemetry'));
  rig.modem.tell({ type: 'stuck' });
  rig.modem.tell({ type: 'stuck' });
  rig.modem.tell({ type: 'broker', connected: false });
  const [first] = await rig.visit('sync', 2);
  assert.equal(first, '1000 sync');
  assert.equal(rig.log.filter(({ what }) => what.includes('Trying again')).length, 1);
  await rig.stop();
});

test('an idle session sleeps: between samples it has no more than a few timers, and fires none of them often', async () => {
  const rig = new Rig();
  await rig.until((what) => what === 'telemetry {"n":3}');
  assert.ok(rig.clock.pendingTimers <= 4, `${rig.clock.pendingTimers} timers`);
  await rig.stop();
});

test('three drops in a row raise the suspicion of a second client, spread over an hour they do not', async () => {
  for (const [between, suspected] of [
    [8_000, true],
    [1_200_000, false],
  ] as const) {
    const rig = new Rig();
    await rig.until((what) => what.startsWith('telemetry'));
    for (let n = 0; n < 3; n++) {
      rig.modem.tell({ type: 'broker', connected: false });
      rig.clock.after(2_000, () => rig.modem.tell({ type: 'broker', connected: true }));
      await rig.clock.advance(between);
    }
    assert.equal(rig.text().includes('another client may be using this device id'), suspected);
    await rig.stop();
  }
});

test('the content is named where topic and command have room for it, and left out before anything else is', async () => {
  for (const [topic, command, hasContent] of [
    [EVENTS.length + CONTENT.length, 510, true],
    [EVENTS.length + CONTENT.length - 1, 510, false],
    [127, 30 + EVENTS.length + CONTENT.length + '{"n":1}'.length, true],
    [127, 30 + EVENTS.length + CONTENT.length + '{"n":1}'.length - 1, false],
  ] as const) {
    const rig = new Rig();
    rig.onState = (state) => {
      if (state === 'telemetry') Object.assign(rig.modem.limits, { topic, command });
    };
    await rig.until((what) => what === 'telemetry {"n":1}');
    const [sent] = rig.calls(`mqtt.publish ${EVENTS}`);
    assert.equal(sent?.what, `mqtt.publish ${EVENTS}${hasContent ? CONTENT : ''} {"n":1} q0`);
    await rig.stop();
  }
});

test('what is handed to the session goes in its turn, and with sampling off nothing else does', async () => {
  const rig = new Rig({ qos: 1, sampling: false });
  const sent = [1, 2, 3].map((line) => rig.session.send({ line }));
  void rig.run();
  await rig.clock.until(Promise.all(sent));
  await rig.clock.advance(30_000);
  assert.deepEqual(
    rig.calls('telemetry').map(({ what }) => what),
    [1, 2, 3].map((line) => `telemetry {"line":${line}}`),
  );
  await rig.stop();
});

test('a person’s press and telemetry out of turn are sent at once, and wait for a connection', async () => {
  const rig = new Rig();
  rig.session.press();
  rig.session.sendTelemetry();
  assert.equal(rig.calls('warning: The device has not started yet').length, 2);
  await rig.state('identity');
  await rig.state('wi-fi');
  rig.session.press();
  assert.match(rig.since(-1).join(), /note: It is sent once the hub is connected/);
  await rig.until((what) => what === 'telemetry {"pressed":true}');
  await rig.until((what) => what === 'telemetry {"n":1}');
  const before = rig.log.length;
  rig.session.sendTelemetry();
  rig.session.press();
  await rig.clock.advance(100);
  assert.deepEqual(
    rig.since(before).filter((what) => /^(telemetry|note|warning)/.test(what)),
    ['telemetry {"n":2}', 'telemetry {"pressed":true}'],
  );
  await rig.stop();
});

test('a device that has no button says so, in the session', async () => {
  const rig = new Rig();
  rig.device.press = () => 'There is none';
  await rig.state('wi-fi');
  rig.session.press();
  assert.match(rig.since(-1).join(), /warning: There is none/);
  await rig.stop();
});
