import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../src/errors.ts';
import { DEVICE, HUB, Rig, ROOT_CERTIFICATE } from '../helpers/rig.ts';

// What each state does by itself: what it asks of the modem, in which order, when, and which state follows.

const SUBSCRIPTIONS = [
  'mqtt.subscribe $iothub/methods/POST/# q1',
  'mqtt.subscribe $iothub/twin/res/# q1',
  'mqtt.subscribe $iothub/twin/PATCH/properties/desired/# q1',
  `mqtt.subscribe devices/${DEVICE}/messages/devicebound/# q1`,
];

/** What the session has thrown at its end. */
async function failure(rig: Rig): Promise<AppError> {
  const error = await rig.clock.until(rig.run(), 3_600_000);
  assert.ok(error instanceof AppError, `${error}\n${rig.text(-20)}`);
  return error;
}

test('open-port × opened: the modem is brought to order, nothing else', async () => {
  const rig = new Rig();
  assert.deepEqual(await rig.visit('open-port'), ['0 state sync']);
  assert.deepEqual(await rig.visit('sync'), ['0 sync', '10 state root-cert']);
  await rig.stop();
});

test('a port that is lost again and again is waited for ever longer, and before telemetry given up', async () => {
  const rig = new Rig();
  rig.onState = (state) => {
    if (state === 'sync') rig.clock.after(0, () => rig.modem.unplug());
  };
  const error = await failure(rig);
  assert.deepEqual([error.code, error.exitCode], ['E_PORT_LOST', 4]);
  const opened = rig.calls('state open-port').map(({ at }) => at);
  const pauses = rig.calls('state sync').map(({ at }, index) => at - (opened[index] ?? 0));
  assert.deepEqual(pauses, [0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
});

test('root-cert × trusted: a root certificate is loaded where one is set, and said when it was needed', async () => {
  const rig = new Rig({ rootCert: ROOT_CERTIFICATE });
  assert.deepEqual(await rig.visit('root-cert'), [
    '0 certificates.trust',
    '10 event: Root certificate loaded: O=anycloud-iotc local cloud, CN=Local cloud CA',
    '10 state identity',
  ]);
  await rig.stop();
  const known = new Rig({ rootCert: ROOT_CERTIFICATE });
  known.modem.script['certificates.trust'] = () => false;
  assert.deepEqual(await known.visit('root-cert'), ['0 certificates.trust', '10 state identity']);
  await known.stop();
});

test('identity × known: the name comes from the certificate, or from the settings where both agree', async () => {
  const rig = new Rig({ deviceId: DEVICE });
  assert.deepEqual(await rig.visit('identity'), ['0 certificates.device', '10 state wi-fi']);
  assert.equal(rig.device.host?.deviceId, DEVICE);
  await rig.stop();
});

test('identity: a certificate of another name, none at all, and a name that is too long end the session', async () => {
  const other = new Rig({ deviceId: 'board-2' });
  assert.deepEqual((await failure(other)).code, 'E_IDENTITY_MISMATCH');
  assert.deepEqual(other.states(), ['open-port', 'sync', 'root-cert', 'identity']);
  const none = new Rig();
  none.modem.script['certificates.device'] = () => null;
  assert.deepEqual((await failure(none)).code, 'E_IDENTITY_UNKNOWN');
  assert.equal(none.calls('identify').length, 1);
  const long = new Rig({ deviceId: 'x'.repeat(24) });
  long.modem.script['certificates.device'] = () => null;
  const { code, message } = await failure(long);
  assert.equal(code, 'E_IDENTITY_LIMIT');
  assert.match(message, /24 bytes.*23/);
  const longest = new Rig({ deviceId: 'x'.repeat(23) });
  longest.modem.script['certificates.device'] = () => null;
  assert.deepEqual(await longest.visit('identity'), ['0 certificates.device', '10 identify', '20 state wi-fi']);
  await longest.stop();
});

test('identity: what gives no certificate and is no module is called what it is', async () => {
  const rig = new Rig({ deviceId: DEVICE });
  rig.modem.script['certificates.device'] = () => null;
  rig.modem.script.identify = () => Promise.reject(new AppError('E_MODULE_UNKNOWN', 'It is a GSM modem', ''));
  assert.equal((await failure(rig)).message, 'It is a GSM modem');
});

test('wi-fi × joined: a modem in the right network is taken as it is', async () => {
  const rig = new Rig();
  rig.modem.script['wifi.state'] = () => ({ active: true, own: true });
  assert.deepEqual(await rig.visit('wi-fi'), [
    '0 wifi.state Workshop',
    '10 wifi.address',
    '20 event: WiFi already connected',
    '20 state clock',
  ]);
  assert.deepEqual(await rig.visit('clock'), ['0 readTime', '10 state dps-connect']);
  await rig.stop();
});

test('wi-fi × joined: one in another network, or without an address, leaves it first', async () => {
  for (const [own, address] of [
    [false, '10.0.0.9'],
    [true, null],
  ] as const) {
    const rig = new Rig();
    rig.modem.script['wifi.state'] = () => ({ active: true, own });
    rig.modem.script['wifi.address'] = () => address;
    assert.deepEqual(await rig.visit('wi-fi'), [
      '0 wifi.state Workshop',
      '10 wifi.address',
      '20 wifi.leave',
      '30 event: WiFi not connected, initializing',
      '30 wifi.configure Workshop pool.ntp.org',
      '40 wifi.join',
      '50 event: WiFi connected',
      '50 state clock',
    ]);
    await rig.stop();
  }
});

test('wi-fi × stuck: one that does not leave is reset', async () => {
  const rig = new Rig();
  rig.modem.script['wifi.state'] = () => ({ active: true, own: false });
  rig.modem.script['wifi.leave'] = () => false;
  assert.deepEqual(await rig.visit('wi-fi'), [
    '0 wifi.state Workshop',
    '10 wifi.address',
    '20 wifi.leave',
    '30 warning: The module is stuck between two networks, and is reset. Trying again in 1 s.',
    '30 state reset',
  ]);
  await rig.stop();
});

test('wi-fi × not-joined: tried once more after a second, then the program ends with 6', async () => {
  const rig = new Rig();
  rig.modem.script['wifi.join'] = () => ({ joined: false, reason: 'no' });
  assert.deepEqual(await rig.visit('wi-fi'), [
    '0 wifi.state Workshop',
    '10 event: WiFi not connected, initializing',
    '10 wifi.configure Workshop pool.ntp.org',
    '20 wifi.join',
    '30 warning: The module could not join the network "Workshop": no. Trying again in 1 s.',
    '30 state wi-fi',
  ]);
  const error = await failure(rig);
  assert.deepEqual([error.code, error.exitCode], ['E_WIFI_JOIN', 6]);
  assert.equal(rig.calls('wifi.join').length, 2);
  assert.equal(rig.calls('wifi.state')[1]?.at, 1_050);
});

test('clock × set: what the modem tells by itself counts, what it told before too', async () => {
  const rig = new Rig();
  assert.deepEqual(await rig.visit('clock'), ['50 state dps-connect']);
  await rig.stop();
  const told = new Rig();
  told.modem.lastTime = 1_800_000_000;
  assert.deepEqual(await told.visit('clock'), ['0 state dps-connect']);
  await told.stop();
});

test('clock × missing: after 30 s the clock is asked once more, since the event may be lost; then reset', async () => {
  const rig = new Rig();
  rig.modem.script['wifi.join'] = () => ({ joined: true, ip: '10.0.0.7' });
  assert.deepEqual(await rig.visit('clock'), ['30000 readTime', '30010 state dps-connect']);
  await rig.stop();
  const lost = new Rig();
  lost.modem.script['wifi.join'] = () => ({ joined: true, ip: '10.0.0.7' });
  lost.modem.script.readTime = () => null;
  assert.deepEqual(await lost.visit('clock'), [
    '30000 readTime',
    '30010 warning: No time came from the time server "pool.ntp.org"; the module cannot use TLS without it. Trying again in 1 s.',
    '30010 state reset',
  ]);
  await lost.stop();
});

test('dps-connect × connected: a connection that an earlier run left is closed first', async () => {
  const rig = new Rig();
  rig.modem.script['mqtt.isConnected'] = () => true;
  assert.deepEqual(await rig.visit('dps-connect'), [
    '0 mqtt.isConnected',
    '10 note: Broker still connected from an earlier run, disconnect first',
    '10 mqtt.close',
    `20 mqtt.configure dps.example ${DEVICE} 0ne1/registrations/${DEVICE}/api-version=2019-03-31`,
    '30 mqtt.connect',
    '40 event: MQTT broker connected',
    '40 state dps-register',
  ]);
  await rig.stop();
});

test('dps-connect × failed: a connection that does not close, and every way of not connecting, lead to a reset', async () => {
  const open = new Rig();
  open.modem.script['mqtt.isConnected'] = () => true;
  open.modem.script['mqtt.close'] = () => false;
  assert.deepEqual((await open.visit('dps-connect')).slice(-2), [
    '20 warning: The module does not close its MQTT connection, and is reset. Trying again in 1 s.',
    '20 state reset',
  ]);
  await open.stop();
  for (const [result, code] of [
    ['refused', 'E_DPS_CONNECT'],
    ['timed-out', 'E_DPS_CONNECT'],
    ['stuck', 'E_MODULE_STUCK'],
  ] as const) {
    const rig = new Rig();
    rig.modem.script['mqtt.connect'] = () => result;
    assert.equal((await rig.visit('dps-connect')).at(-1), '30 state reset');
    assert.equal((await failure(rig)).code, code);
    // Three attempts, the pauses between them doubled.
    const connects = rig.calls('mqtt.connect').map(({ at }) => at);
    assert.equal(connects.length, 3);
    assert.equal((connects[2] ?? 0) - (connects[1] ?? 0) - ((connects[1] ?? 0) - (connects[0] ?? 0)), 1_000);
  }
});

test('a certificate problem at the first connection ends the session at once', async () => {
  const dps = new Rig();
  dps.modem.script['mqtt.connect'] = () => 'tls-failed';
  assert.equal((await failure(dps)).code, 'E_DPS_TLS');
  assert.equal(dps.calls('mqtt.connect').length, 1);
  const hub = new Rig();
  hub.onState = (state) => {
    if (state === 'hub-connect') hub.modem.script['mqtt.connect'] = () => 'tls-failed';
  };
  assert.equal((await failure(hub)).code, 'E_HUB_TLS');
});

test('dps-disconnect × closed, and × stuck when the modem does not close', async () => {
  const rig = new Rig();
  assert.deepEqual(await rig.visit('dps-disconnect'), [
    '0 note: Registration complete, connect to Azure IoT Central',
    '0 mqtt.close',
    '10 state hub-connect',
  ]);
  await rig.stop();
  const stuck = new Rig();
  stuck.modem.script['mqtt.close'] = () => false;
  assert.deepEqual((await stuck.visit('dps-disconnect')).slice(-2), [
    '10 warning: The module does not close its connection to DPS. Trying again in 1 s.',
    '10 state reset',
  ]);
  await stuck.stop();
});

test('hub-connect × connected: host, identity and model are those that belong together', async () => {
  const rig = new Rig();
  assert.deepEqual(await rig.visit('hub-connect'), [
    `0 mqtt.configure ${HUB} ${DEVICE} ${HUB}/${DEVICE}/?api-version=2021-04-12&model-id=dtmi:test:Board;1`,
    '10 mqtt.connect',
    '20 event: MQTT broker connected',
    '20 state hub-subscribe',
  ]);
  await rig.stop();
});

test('hub-connect: a user name of the limit passes with the model, one byte more goes without it', async () => {
  for (const [longer, hasModel] of [
    [0, true],
    [1, false],
  ] as const) {
    const rig = new Rig();
    const full = `${HUB}/${DEVICE}/?api-version=2021-04-12&model-id=dtmi:test:Board;1`;
    Object.assign(rig.modem.limits, { userName: full.length - longer });
    const [configure] = await rig.visit('hub-connect');
    assert.equal(configure?.includes('model-id'), hasModel);
    await rig.stop();
  }
});

test('hub-connect × failed: a hub that refuses leads to a reset, and the third time to 8', async () => {
  const rig = new Rig();
  rig.onState = (state) => {
    rig.modem.script['mqtt.connect'] = () => {
      if (state === 'hub-connect') return 'refused';
      rig.modem.tell({ type: 'broker', connected: true });
      return 'connected';
    };
  };
  const error = await failure(rig);
  assert.deepEqual([error.code, error.exitCode], ['E_HUB_CONNECT', 8]);
  assert.equal(rig.states().filter((state) => state === 'reset').length, 2);
});

test('hub-subscribe × subscribed: four filters, one after another', async () => {
  const rig = new Rig();
  assert.deepEqual(await rig.visit('hub-subscribe'), [
    `0 ${SUBSCRIPTIONS[0]}`,
    `10 ${SUBSCRIPTIONS[1]}`,
    `20 ${SUBSCRIPTIONS[2]}`,
    `30 ${SUBSCRIPTIONS[3]}`,
    '40 state twin',
  ]);
  await rig.stop();
});

test('hub-subscribe × failed: one that is not confirmed leads to a reset after a second', async () => {
  const rig = new Rig();
  rig.modem.script['mqtt.subscribe'] = (filter) => !filter.includes('/twin/res/');
  assert.deepEqual(await rig.visit('hub-subscribe'), [
    `0 ${SUBSCRIPTIONS[0]}`,
    `10 ${SUBSCRIPTIONS[1]}`,
    '1020 warning: The subscription to $iothub/twin/res/# was not confirmed. Trying again in 1 s.',
    '1020 state reset',
  ]);
  await rig.stop();
});

test('after a drop all subscriptions are made again, on the connection that survived only those that lack', async () => {
  const dropped = new Rig();
  await dropped.state('telemetry');
  dropped.modem.tell({ type: 'broker', connected: false });
  dropped.clock.after(500, () => dropped.modem.tell({ type: 'broker', connected: true }));
  assert.deepEqual(
    (await dropped.visit('hub-subscribe', 2)).map((line) => line.replace(/^\d+ /, '')),
    [...SUBSCRIPTIONS, 'state twin'],
  );
  await dropped.stop();

  // The network goes after the second subscription, and the connection survives.
  const survived = new Rig();
  survived.onState = (state, times) => {
    if (state === 'hub-subscribe' && times === 1) {
      survived.clock.after(25, () => survived.modem.tell({ type: 'link-down' }));
    }
  };
  assert.deepEqual(await survived.visit('hub-subscribe', 2), [
    `0 ${SUBSCRIPTIONS[2]}`,
    `10 ${SUBSCRIPTIONS[3]}`,
    '20 state twin',
  ]);
  await survived.stop();
});

test('a connection that is made while the session looks elsewhere is a new one: nothing is subscribed there', async () => {
  // The broker drops, then the network, and the modem is connected again before the session asks.
  const rig = new Rig();
  await rig.state('telemetry');
  rig.modem.tell({ type: 'broker', connected: false });
  await rig.state('await-reconnect');
  rig.modem.tell({ type: 'link-down' });
  rig.clock.after(500, () => rig.modem.tell({ type: 'broker', connected: true }));
  const rejoined = (await rig.visit('rejoin')).at(-1);
  assert.match(rejoined ?? '', /state (?:hub-subscribe|await-reconnect)$/);
  const again = (await rig.visit('hub-subscribe', 2)).map((line) => line.replace(/^\d+ /, ''));
  assert.deepEqual(again, [...SUBSCRIPTIONS, 'state twin']);
  await rig.stop();
});

test('a new connection in the middle of subscribing begins with the first filter again', async () => {
  const rig = new Rig();
  rig.onState = (state, times) => {
    if (state === 'hub-subscribe' && times === 1) {
      rig.clock.after(25, () => rig.modem.tell({ type: 'broker', connected: true }));
    }
  };
  const again = (await rig.visit('hub-subscribe', 2)).map((line) => line.replace(/^\d+ /, ''));
  assert.deepEqual(again, [...SUBSCRIPTIONS, 'state twin']);
  await rig.stop();
});

test('twin × read, then report-properties × reported: answers and what lacks go in one message', async () => {
  const rig = new Rig();
  rig.twin = { desired: { fan: 3, unknown: 1, $version: 7 }, reported: { $version: 2 } };
  rig.device.lacking = { address: '10.0.0.7' };
  assert.deepEqual(await rig.visit('twin'), [
    '0 note: Read current device twin settings from IOTC',
    '0 mqtt.publish $iothub/twin/GET/?$rid=1 q0',
    '20 twin',
    '20 state report-properties',
  ]);
  assert.deepEqual(await rig.visit('report-properties'), [
    '0 warning: The twin holds "unknown", which this device does not have; it is ignored',
    '0 property fan v7 200',
    '0 mqtt.publish $iothub/twin/PATCH/properties/reported/?$rid=2 {"fan":{"ac":200,"av":7,"value":3},"address":"10.0.0.7"} q0',
    '10 state telemetry',
  ]);
  await rig.stop();
});

test('twin × unanswered: subscribed again, and only when it stays unanswered gone on without', async () => {
  const rig = new Rig();
  const publish = rig.modem.script['mqtt.publish'];
  rig.modem.script['mqtt.publish'] = (topic, payload) =>
    topic.startsWith('$iothub/twin/GET') ? true : publish(topic, payload);
  const first = await rig.visit('twin');
  assert.equal(first.at(-1), '61520 state hub-subscribe');
  assert.equal(first.filter((line) => line.includes('GET')).length, 2);
  const subscribed = (await rig.visit('hub-subscribe', 2)).map((line) => line.replace(/^\d+ /, ''));
  assert.deepEqual(subscribed, [...SUBSCRIPTIONS, 'state twin']);
  assert.deepEqual((await rig.visit('twin', 2)).slice(-2), [
    '61520 warning: The device twin did not come; going on without it',
    '61520 state report-properties',
  ]);
  assert.deepEqual(await rig.visit('report-properties'), ['0 state telemetry']);
  await rig.stop();
});

test('telemetry × finished: the session ends after the number of messages that was asked for', async () => {
  const rig = new Rig({ count: 3 });
  assert.equal(await rig.clock.until(rig.run()), null);
  assert.deepEqual(
    rig.calls('telemetry').map(({ at, what }) => [at - (rig.calls('telemetry')[0]?.at ?? 0), what]),
    [
      [0, 'telemetry {"n":1}'],
      [10_000, 'telemetry {"n":2}'],
      [20_000, 'telemetry {"n":3}'],
    ],
  );
  assert.deepEqual(rig.since(-2), ['mqtt.close', 'close']);
});

test('telemetry: several messages at once are all sent with QoS 0, also those that come while the module is busy', async () => {
  const rig = new Rig();
  await rig.state('telemetry');
  const { host } = rig.device;
  assert.ok(host);
  const read = (...names: string[]) => {
    for (const name of names) host.sample({ body: { name }, component: name, takenAt: host.clock.wall() });
  };
  await rig.clock.advance(1_000);
  read('a', 'b');
  await rig.clock.advance(5);
  read('c', 'd');
  await rig.clock.advance(1_000);
  assert.deepEqual(
    rig.calls('telemetry').map(({ what }) => what),
    ['{"n":1}', '{"name":"a"}', '{"name":"b"}', '{"name":"c"}', '{"name":"d"}'].map((body) => `telemetry ${body}`),
  );
  await rig.stop();
});

test('await-reconnect × reconnected: nothing is sent but the question whether it is there already', async () => {
  const rig = new Rig();
  await rig.state('telemetry');
  rig.modem.tell({ type: 'broker', connected: false });
  rig.clock.after(3_000, () => rig.modem.tell({ type: 'broker', connected: true }));
  assert.deepEqual(await rig.visit('await-reconnect'), [
    '0 event: MQTT broker disconnected, waiting for the module to reconnect',
    '0 mqtt.isConnected',
    '3000 event: MQTT broker connected',
    '3000 state hub-subscribe',
  ]);
  await rig.stop();
});

test('await-reconnect × reconnected: a connection that nothing has told of is asked for after 15 s of silence', async () => {
  const rig = new Rig();
  await rig.state('telemetry');
  await rig.clock.advance(100);
  rig.modem.tell({ type: 'broker', connected: false });
  let asked = 0;
  rig.modem.script['mqtt.isConnected'] = () => ++asked > 2;
  rig.clock.after(10_000, () => rig.modem.tell({ type: 'time', unixSeconds: 1_800_000_000 }));
  const lines = await rig.visit('await-reconnect');
  assert.deepEqual(
    lines.filter((line) => line.endsWith('mqtt.isConnected')),
    ['0 mqtt.isConnected', '30010 mqtt.isConnected', '45020 mqtt.isConnected'],
  );
  assert.equal(lines.at(-1), '45030 state hub-subscribe');
  await rig.stop();
});

test('await-reconnect × failed: after 120 s, or ten refusals over 15 s', async () => {
  const silent = new Rig();
  await silent.state('telemetry');
  await silent.clock.advance(100);
  silent.modem.tell({ type: 'broker', connected: false });
  assert.deepEqual((await silent.visit('await-reconnect')).slice(-2), [
    '120010 warning: Reconnecting to the hub took longer than 120 s. Trying again in 1 s.',
    '120010 state reset',
  ]);
  await silent.stop();

  for (const [every, leaves] of [
    [250, 15_250],
    [3_000, 30_000],
  ] as const) {
    const rig = new Rig();
    await rig.state('telemetry');
    await rig.clock.advance(100);
    const refuse = () => {
      rig.modem.tell({ type: 'broker', connected: false });
      rig.clock.after(every, refuse);
    };
    refuse();
    const lines = await rig.visit('await-reconnect');
    assert.equal(lines.at(-1), `${leaves} state reset`);
    assert.match(lines.at(-2) ?? '', /was refused \d+ times\. Trying again in 1 s\.$/);
    await rig.stop();
  }
});

test('await-reconnect × reconnected: an outage of nine seconds with many refusals costs no reset', async () => {
  const rig = new Rig();
  await rig.state('telemetry');
  const end = rig.clock.monotonic() + 9_000;
  const refuse = () => {
    const isOver = rig.clock.monotonic() >= end;
    rig.modem.tell({ type: 'broker', connected: isOver });
    if (!isOver) rig.clock.after(250, refuse);
  };
  refuse();
  await rig.state('telemetry', 2, 12_000);
  assert.ok(!rig.states().includes('reset'));
  await rig.stop();
});

test('await-reconnect × reconnect: where the host reconnects, the session does', async () => {
  const rig = new Rig();
  rig.modem.reconnects = 'host';
  await rig.state('telemetry');
  rig.modem.tell({ type: 'broker', connected: false });
  assert.deepEqual(await rig.visit('await-reconnect'), [
    '0 event: MQTT broker disconnected, connecting again',
    '0 state hub-connect',
  ]);
  await rig.state('telemetry', 2);
  await rig.stop();
});

test('rejoin × still-connected: the network is left and joined, and the connection kept', async () => {
  const rig = new Rig();
  await rig.state('telemetry');
  await rig.clock.advance(100);
  rig.modem.script['wifi.state'] = () => ({ active: true, own: true });
  rig.modem.tell({ type: 'link-down' });
  assert.deepEqual(await rig.visit('rejoin'), [
    '0 event: WiFi lost, joining again',
    '1000 wifi.state Workshop',
    '1010 wifi.leave',
    '1020 wifi.join',
    '1030 event: WiFi connected',
    '1030 mqtt.isConnected',
    '1040 state hub-subscribe',
  ]);
  assert.deepEqual(await rig.visit('hub-subscribe', 2), ['0 state twin']);
  await rig.stop();
});

test('rejoin × joined: a connection that was dropped meanwhile is waited for, without asking', async () => {
  const rig = new Rig();
  await rig.state('telemetry');
  await rig.clock.advance(100);
  rig.modem.tell({ type: 'link-down' });
  rig.clock.after(500, () => rig.modem.tell({ type: 'broker', connected: false }));
  assert.deepEqual(await rig.visit('rejoin'), [
    '0 event: WiFi lost, joining again',
    '1000 wifi.state Workshop',
    '1010 wifi.join',
    '1020 event: WiFi connected',
    '1020 state await-reconnect',
  ]);
  await rig.stop();
});

test('rejoin × not-joined: tried for ever once telemetry was there, ever more slowly', async () => {
  const rig = new Rig();
  await rig.until((what) => what.startsWith('telemetry'));
  rig.modem.script['wifi.join'] = () => ({ joined: false, reason: 'no' });
  rig.modem.tell({ type: 'link-down' });
  await rig.clock.advance(600_000);
  const joins = rig
    .calls('wifi.join')
    .slice(1)
    .map(({ at }) => at);
  const gaps = joins.slice(1).map((at, index) => at - (joins[index] ?? 0));
  assert.deepEqual(gaps.slice(0, 7), [2_020, 3_020, 5_020, 9_020, 17_020, 33_020, 61_020]);
  assert.ok(gaps.slice(7).every((gap) => gap === 61_020));
  await rig.stop();
});

test('rejoin × stuck: one that does not leave is reset', async () => {
  const rig = new Rig();
  await rig.state('telemetry');
  rig.modem.script['wifi.state'] = () => ({ active: true, own: true });
  rig.modem.script['wifi.leave'] = () => false;
  rig.modem.tell({ type: 'link-down' });
  assert.equal((await rig.visit('rejoin')).at(-1), '1020 state reset');
  await rig.stop();
});

test('reset × restarted: then a pause, then order; and said when the modem has not told that it restarted', async () => {
  const rig = new Rig();
  await rig.state('telemetry');
  rig.modem.tell({ type: 'stuck' });
  assert.deepEqual(await rig.visit('reset'), ['0 event: Restarting the module', '0 reset', '10 state sync']);
  assert.deepEqual(await rig.visit('sync', 2), ['1000 sync', '1010 state root-cert']);
  await rig.stop();
  const mute = new Rig();
  await mute.state('telemetry');
  mute.modem.script.reset = () => false;
  mute.modem.tell({ type: 'stuck' });
  assert.ok((await mute.visit('reset')).includes('10 warning: The module has not said that it has restarted'));
  await mute.stop();
});
