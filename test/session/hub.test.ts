import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isJsonObject } from '../../src/azure/json.ts';
import type { Json, JsonObject } from '../../src/events.ts';
import { NewestMembers } from '../../src/session/hub/newest-members.ts';
import { Rig } from '../helpers/rig.ts';

// The device at its hub: what is asked, answered and reported over a connection, in which order, and when.

const DESIRED = '$iothub/twin/PATCH/properties/desired/?$version=';
const REPORTED = '$iothub/twin/PATCH/properties/reported/?$rid=';
const GET = '$iothub/twin/GET/?$rid=';

interface Request {
  /** Milliseconds since the session was in telemetry. */
  at: number;
  rid: string;
  body: JsonObject;
}

/** A session in telemetry, whose hub answers requests as `answer` says. */
async function inTelemetry(rig = new Rig()) {
  await rig.state('telemetry');
  await rig.clock.advance(100);
  const start = rig.clock.monotonic();
  const requests: Request[] = [];
  const reads: number[] = [];
  const hub = {
    rig,
    requests,
    reads,
    start,
    /** What the hub answers to a report: a status after some milliseconds, or nothing. */
    answer: (_request: Request): { status: number; after: number } | null => ({ status: 204, after: 10 }),
  };
  const publish = rig.modem.script['mqtt.publish'];
  rig.modem.script['mqtt.publish'] = (topic, payload) => {
    if (topic.startsWith(GET)) reads.push(rig.clock.monotonic() - start);
    if (!topic.startsWith(REPORTED)) return publish(topic, payload);
    const body: unknown = JSON.parse(payload);
    assert.ok(typeof body === 'object' && body !== null);
    const request = { at: rig.clock.monotonic() - start, rid: topic.slice(REPORTED.length), body: body as JsonObject };
    requests.push(request);
    const answer = hub.answer(request);
    if (answer) rig.send(`$iothub/twin/res/${answer.status}/?$rid=${request.rid}`, '', rig.modem, answer.after);
    return true;
  };
  return hub;
}

/** Ends the session, and gives what was said with a level. */
async function warnings(rig: Rig): Promise<string[]> {
  await rig.stop();
  return rig.log.flatMap(({ what }) => (what.startsWith('warning: ') ? [what.slice(9)] : []));
}

test('a change is said, answered once, and reported with its version', async () => {
  const { rig, requests } = await inTelemetry();
  const from = rig.log.length;
  rig.send(`${DESIRED}2`, { fan: 1, $version: 2 });
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.since(from), [
    'note: property updated from IoT Central',
    'note: $version = 2',
    'property fan v2 200',
    `mqtt.publish ${REPORTED}2 {"fan":{"ac":200,"av":2,"value":1}} q0`,
  ]);
  assert.equal(requests.length, 1);
  assert.deepEqual(await warnings(rig), []);
});

test('a report that fails for now is repeated after 1, 2 and 4 s and some more, then given up with a warning', async () => {
  for (const status of [429, 500, 503]) {
    const hub = await inTelemetry();
    hub.answer = () => ({ status, after: 10 });
    hub.rig.send(`${DESIRED}2`, { fan: 1, $version: 2 });
    await hub.rig.clock.advance(60_000);
    const gaps = hub.requests.slice(1).map(({ at }, index) => at - (hub.requests[index]?.at ?? 0));
    assert.deepEqual(gaps, [1_520, 3_020, 6_020]);
    assert.equal(new Set(hub.requests.map(({ rid }) => rid)).size, 4);
    assert.deepEqual(await warnings(hub.rig), [`The hub answered ${status} to the reported fan`]);
  }
});

test('a report that nobody answers is repeated every 30 s and some more, and one refused for good is not', async () => {
  const silent = await inTelemetry();
  silent.answer = () => null;
  silent.rig.send(`${DESIRED}2`, { fan: 1, $version: 2 });
  await silent.rig.clock.advance(200_000);
  assert.deepEqual(
    silent.requests.slice(1).map(({ at }, index) => at - (silent.requests[index]?.at ?? 0)),
    [31_510, 33_010, 36_010],
  );
  assert.deepEqual(await warnings(silent.rig), ['The hub answered nothing to the reported fan']);
  const refused = await inTelemetry();
  refused.answer = () => ({ status: 400, after: 10 });
  refused.rig.send(`${DESIRED}2`, { fan: 1, $version: 2 });
  await refused.rig.clock.advance(200_000);
  assert.equal(refused.requests.length, 1);
  assert.deepEqual(await warnings(refused.rig), ['The hub answered 400 to the reported fan']);
});

test('a repeat carries only what is still the newest answer, whenever the newer one was given', async () => {
  // The first answer to version 2 fails in every way there is; version 3 of one member comes at every point.
  const troubles = [{ status: 500, after: 10 }, { status: 429, after: 900 }, null, { status: 204, after: 35_000 }];
  for (const trouble of troubles) {
    for (const delay of [0, 15, 200, 1_200, 3_000, 29_990, 31_000, 34_000, 40_000]) {
      const hub = await inTelemetry();
      let failed = false;
      hub.answer = ({ body }) => {
        if (failed || !Object.hasOwn(body, 'led')) return { status: 204, after: 10 };
        failed = true;
        return trouble;
      };
      hub.rig.send(`${DESIRED}2`, { fan: 1, led: 1, $version: 2 }, hub.rig.modem, 10);
      hub.rig.send(`${DESIRED}3`, { fan: 2, $version: 3 }, hub.rig.modem, 20 + delay);
      await hub.rig.clock.advance(120_000);
      // What the hub holds in the end, whatever it has answered.
      const reported: JsonObject = Object.assign({}, ...hub.requests.map(({ body }) => body));
      assert.deepEqual(reported['fan'], { ac: 200, av: 3, value: 2 }, `${JSON.stringify(trouble)} ${delay}`);
      assert.deepEqual(reported['led'], { ac: 200, av: 2, value: 1 });
      await hub.rig.stop();
    }
  }
});

test('a report of which nothing is left is not repeated, and not complained about', async () => {
  const hub = await inTelemetry();
  hub.answer = ({ body }) => {
    const { fan } = body;
    return isJsonObject(fan) && fan['av'] === 2 ? { status: 500, after: 10 } : { status: 204, after: 10 };
  };
  hub.rig.send(`${DESIRED}2`, { fan: 1, $version: 2 }, hub.rig.modem, 10);
  hub.rig.send(`${DESIRED}3`, { fan: 2, $version: 3 }, hub.rig.modem, 500);
  await hub.rig.clock.advance(60_000);
  assert.deepEqual(
    hub.requests.map(({ body }) => body),
    [{ fan: { ac: 200, av: 2, value: 1 } }, { fan: { ac: 200, av: 3, value: 2 } }],
  );
  assert.deepEqual(await warnings(hub.rig), []);
});

test('of any reports and repeats in any order, each member is claimed by the last report that had it', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const patch = fc.dictionary(name, fc.oneof(fc.integer(), fc.dictionary(name, fc.integer(), { minKeys: 1 })), {
    minKeys: 1,
  });
  const members = (value: Json): JsonObject => (isJsonObject(value) ? { __t: 'c', ...value } : { value });
  fc.assert(
    fc.property(fc.array(patch, { minLength: 1, maxLength: 8 }), (patches) => {
      const newest = new NewestMembers();
      const claims = patches.map((each) =>
        newest.claim(
          Object.fromEntries(
            Object.entries(each).map(([key, value]) => [key, isJsonObject(value) ? members(value) : value]),
          ),
        ),
      );
      const seen = new Set<string>();
      for (const claim of claims.reverse()) {
        for (const [key, value] of Object.entries(claim.remaining() ?? {})) {
          const paths = isJsonObject(value)
            ? Object.keys(value).flatMap((inner) => (inner === '__t' ? [] : [`${key}/${inner}`]))
            : [key];
          for (const path of paths) {
            assert.ok(!seen.has(path), path);
            seen.add(path);
          }
        }
      }
      const all = new Set(
        patches.flatMap((each) =>
          Object.entries(each).flatMap(([key, value]) =>
            isJsonObject(value) ? Object.keys(value).map((inner) => `${key}/${inner}`) : [key],
          ),
        ),
      );
      assert.deepEqual([...seen].sort(), [...all].sort());
    }),
  );
});

test('patches that come before the twin was dealt with are answered after it, in their order', async () => {
  const rig = new Rig();
  rig.twin = { desired: { fan: 1, $version: 4 }, reported: { $version: 1 } };
  rig.onState = (state) => {
    if (state !== 'twin') return;
    rig.send(`${DESIRED}5`, { fan: 2, $version: 5 }, rig.modem, 5);
    rig.send(`${DESIRED}6`, { led: 3, $version: 6 }, rig.modem, 15);
  };
  await rig.state('telemetry');
  await rig.clock.advance(1_000);
  assert.deepEqual(
    rig.calls('property').map(({ what }) => what),
    ['property fan v4 200', 'property fan v5 200', 'property led v6 200'],
  );
  await rig.stop();
});

test('a gap in the versions makes the session read the twin again after 5 s, no gap does not', async () => {
  for (const [version, reads] of [
    [2, 0],
    [3, 1],
    [9, 1],
  ] as const) {
    const hub = await inTelemetry();
    hub.rig.send(`${DESIRED}${version}`, { fan: 1, $version: version });
    await hub.rig.clock.advance(4_900);
    assert.deepEqual(hub.reads, []);
    await hub.rig.clock.advance(1_000);
    assert.equal(hub.reads.length, reads);
    await hub.rig.stop();
  }
});

test('a patch that comes out of order does not set the version back', async () => {
  const hub = await inTelemetry();
  for (const [index, version] of [2, 3, 2, 4].entries()) {
    hub.rig.send(`${DESIRED}${version}`, { fan: version, $version: version }, hub.rig.modem, 10 * index);
  }
  await hub.rig.clock.advance(30_000);
  assert.deepEqual(hub.reads, []);
  await hub.rig.stop();
});

test('a message in pieces makes the session read the twin again, once for many pieces', async () => {
  const hub = await inTelemetry();
  for (let n = 0; n < 5; n++) hub.rig.modem.tell({ type: 'lost-message' });
  await hub.rig.clock.advance(30_000);
  assert.deepEqual(hub.reads, [5_010]);
  await hub.rig.stop();
});

test('a patch that cannot be understood is said and left out; what the device does not have is said, the rest is done', async () => {
  const hub = await inTelemetry();
  const { rig, requests } = hub;
  rig.send(`${DESIRED}2`, [1]);
  rig.send(`${DESIRED}2`, { unknown: 1, fan: 1, $version: 2 }, rig.modem, 20);
  await rig.clock.advance(10_000);
  assert.deepEqual(
    requests.map(({ body }) => body),
    [{ fan: { ac: 200, av: 2, value: 1 } }],
  );
  assert.deepEqual(await warnings(rig), [
    'A property update cannot be understood (it is not a JSON object); it is ignored',
    'This device has no writable property "unknown"; it is ignored',
  ]);
});

test('what a device says about its answer goes into the event and the report, and is said', async () => {
  const hub = await inTelemetry();
  const { rig, requests } = hub;
  const apply = rig.device.apply.bind(rig.device);
  rig.device.apply = async (patch, version) => {
    const answers = await apply(patch, version);
    return {
      ...answers,
      answers: answers.answers.map(({ ack, ...answer }) => ({ ...answer, ack: { ...ack, ad: 'too fast' } })),
    };
  };
  rig.send(`${DESIRED}2`, { fan: 9, $version: 2 });
  await rig.clock.advance(1_000);
  assert.deepEqual(
    rig.events.filter(({ type }) => type === 'property').map(({ deviceId: _, ...event }) => event),
    [{ type: 'property', name: 'fan', value: 9, requested: 9, version: 2, ac: 200, ad: 'too fast' }],
  );
  assert.deepEqual(
    requests.map(({ body }) => body),
    [{ fan: { ac: 200, ad: 'too fast', av: 2, value: 9 } }],
  );
  assert.equal(rig.calls('note: too fast').length, 1);
  await rig.stop();
});

test('a twin that nobody answers when it is read again makes the session subscribe again', async () => {
  const hub = await inTelemetry();
  const { rig } = hub;
  const publish = rig.modem.script['mqtt.publish'];
  rig.modem.script['mqtt.publish'] = (topic, payload) => topic.startsWith(GET) || publish(topic, payload);
  const from = rig.log.length;
  rig.modem.tell({ type: 'lost-message' });
  const after = await rig.until((what) => what === 'state hub-subscribe', 200_000, from);
  rig.modem.script['mqtt.publish'] = publish;
  await rig.until((what) => what === 'state telemetry', 60_000, after);
  assert.equal(rig.since(after).filter((what) => what.startsWith('mqtt.subscribe')).length, 4);
  assert.ok(rig.states().every((state) => state !== 'reset'));
  await rig.stop();
});

test('that a twin is too large is known of one hub, not of another', async () => {
  const rig = new Rig();
  const publish = rig.modem.script['mqtt.publish'];
  let host = 'hub-1.azure-devices.net';
  const script = (topic: string, payload: string) => {
    if (topic.startsWith(GET)) {
      rig.clock.after(10, () => rig.modem.tell({ type: 'overflow', bytes: 4_000 }));
      return true;
    }
    if (!topic.startsWith('$dps/registrations/GET')) return publish(topic, payload);
    const registrationState = { assignedHub: host, deviceId: 'board-1', status: 'assigned' };
    const rid = /\$rid=(\d+)/.exec(topic)?.[1] ?? '';
    rig.send(`$dps/registrations/res/200/?$rid=${rid}`, { operationId: 'op.1', status: 'assigned', registrationState });
    return true;
  };
  rig.modem.script['mqtt.publish'] = script;
  await rig.until((what) => what.startsWith('telemetry'));
  host = 'hub-2.azure-devices.net';
  rig.modem.tell({ type: 'stuck' });
  await rig.state('telemetry', 2);
  assert.equal(rig.calls(`mqtt.publish ${GET}`).length, 2);
  await rig.stop();
});

test('while the twin is read again, patches wait and are answered after it', async () => {
  const hub = await inTelemetry();
  hub.rig.twin = { desired: { fan: 1, $version: 2 }, reported: { $version: 1 } };
  hub.rig.modem.tell({ type: 'lost-message' });
  hub.rig.send(`${DESIRED}3`, { fan: 2, $version: 3 }, hub.rig.modem, 5_015);
  await hub.rig.clock.advance(10_000);
  assert.deepEqual(
    hub.rig.calls('property').map(({ what }) => what),
    ['property fan v2 200', 'property fan v3 200'],
  );
  await hub.rig.stop();
});

test('a message that is too large is said with both numbers, and the twin read at once', async () => {
  const hub = await inTelemetry();
  hub.rig.modem.tell({ type: 'overflow', bytes: 2_345 });
  await hub.rig.clock.advance(100);
  assert.deepEqual(hub.reads, [10]);
  // The next one soon after does not fill the wire.
  hub.rig.modem.tell({ type: 'overflow', bytes: null });
  await hub.rig.clock.advance(20_000);
  assert.deepEqual(hub.reads, [10, 5_110]);
  assert.deepEqual(await warnings(hub.rig), [
    'A message of 2345 bytes from the cloud is larger than the 1500 bytes that the module can receive; it is lost',
    'A message from the cloud is larger than the 1500 bytes that the module can receive; it is lost',
  ]);
});

test('a twin that is too large is asked for once, not again after a reconnect, nor after a reset', async () => {
  const rig = new Rig();
  const publish = rig.modem.script['mqtt.publish'];
  rig.modem.script['mqtt.publish'] = (topic, payload) => {
    if (!topic.startsWith(GET)) return publish(topic, payload);
    rig.clock.after(10, () => rig.modem.tell({ type: 'overflow', bytes: 4_000 }));
    return true;
  };
  await rig.state('telemetry');
  rig.modem.tell({ type: 'broker', connected: false });
  rig.clock.after(100, () => rig.modem.tell({ type: 'broker', connected: true }));
  await rig.state('telemetry', 2);
  rig.modem.tell({ type: 'stuck' });
  await rig.state('telemetry', 3);
  assert.equal(rig.calls(`mqtt.publish ${GET}`).length, 1);
  const said = rig.log.filter(({ what }) => what.includes('larger than the 1500 bytes'));
  assert.equal(said.length, 3);
  await rig.stop();
});

test('a twin that fails for now is asked for again, one that is refused or cannot be read is done without', async () => {
  for (const [status, body, asked, why] of [
    [429, '', 4, 'cannot be read: 429'],
    [500, '', 4, 'cannot be read: 500'],
    [404, '', 1, 'cannot be read: 404'],
    [200, [1], 1, 'cannot be understood (it is not a JSON object)'],
  ] as const) {
    const rig = new Rig();
    const publish = rig.modem.script['mqtt.publish'];
    rig.modem.script['mqtt.publish'] = (topic, payload) => {
      if (!topic.startsWith(GET)) return publish(topic, payload);
      rig.send(`$iothub/twin/res/${status}/?$rid=${topic.slice(GET.length)}`, body);
      return true;
    };
    await rig.state('telemetry');
    const gets = rig.calls(`mqtt.publish ${GET}`).map(({ at }) => at);
    assert.equal(gets.length, asked);
    const gaps = gets.slice(1).map((at, index) => at - (gets[index] ?? 0));
    assert.deepEqual(gaps, [1_520, 3_020, 6_020].slice(0, asked - 1));
    assert.ok(rig.text().includes(`warning: The device twin ${why}; going on without it`), rig.text(-10));
    await rig.stop();
  }
});

test('request ids have three digits at most, and one that comes round again belongs to the new request', async () => {
  const hub = await inTelemetry();
  for (let version = 2; version < 1_010; version++) {
    hub.rig.modem.tell({
      type: 'message',
      topic: `${DESIRED}${version}`,
      payload: Buffer.from(JSON.stringify({ fan: version, $version: version })),
    });
  }
  await hub.rig.clock.advance(60_000);
  const rids = hub.requests.map(({ rid }) => rid);
  assert.equal(rids.length, 1_008);
  assert.ok(rids.every((rid) => /^[1-9]\d{0,2}$/.test(rid)));
  assert.deepEqual(rids.slice(995, 1_000), ['997', '998', '999', '1', '2']);
  assert.deepEqual(await warnings(hub.rig), []);
});

test('what the device reports by itself is sent on the connection there is', async () => {
  const hub = await inTelemetry();
  hub.rig.device.host?.report({ uptime: 5 });
  await hub.rig.clock.advance(100);
  assert.deepEqual(
    hub.requests.map(({ body }) => body),
    [{ uptime: 5 }],
  );
  await hub.rig.stop();
});

test('a command is answered and said, and a slow one keeps nobody waiting', async () => {
  const hub = await inTelemetry();
  const { rig } = hub;
  let finish: () => void = () => undefined;
  rig.device.onCommand = (name) =>
    name === 'slow'
      ? new Promise((resolve) => {
          finish = () => resolve({ request: 1, status: 201, response: { slow: true } });
        })
      : Promise.resolve({ request: null, status: 200, response: 'ok' });
  const from = rig.log.length;
  rig.send('$iothub/methods/POST/slow/?$rid=a1', 1, rig.modem, 10);
  rig.send('$iothub/methods/POST/fast/?$rid=a2', null, rig.modem, 20);
  rig.send(`${DESIRED}2`, { fan: 1, $version: 2 }, rig.modem, 30);
  await rig.clock.advance(1_000);
  finish();
  await rig.clock.advance(100);
  assert.deepEqual(
    rig.since(from).filter((what) => !what.startsWith('note')),
    [
      'mqtt.publish $iothub/methods/res/200/?$rid=a2 "ok" q0',
      'property fan v2 200',
      `mqtt.publish ${REPORTED}2 {"fan":{"ac":200,"av":2,"value":1}} q0`,
      'command fast 200',
      'mqtt.publish $iothub/methods/res/201/?$rid=a1 {"slow":true} q0',
      'command slow 201',
    ],
  );
  await rig.stop();
});

test('an answer that is too long becomes a 500, and a request id that is too long is said', async () => {
  const { rig } = await inTelemetry();
  rig.device.onCommand = async () => ({ request: null, status: 200, response: 'x'.repeat(500) });
  rig.send('$iothub/methods/POST/talk/?$rid=1', null);
  await rig.clock.advance(100);
  assert.ok(rig.text().includes('mqtt.publish $iothub/methods/res/500/?$rid=1 {"status":"The answer is too long'));
  assert.ok(rig.text().includes('command talk 500'));
  const sent = rig.calls('mqtt.publish $iothub/methods').length;
  rig.send(`$iothub/methods/POST/talk/?$rid=${'9'.repeat(110)}`, null);
  await rig.clock.advance(100);
  assert.equal(rig.calls('mqtt.publish $iothub/methods').length, sent);
  assert.deepEqual(await warnings(rig), [
    'The command "talk" cannot be answered: its request id is too long for the module',
  ]);
});

test('a session that ends while a command is being answered has answered and said it, or done neither', async () => {
  for (const after of [0, 5, 10, 12, 15, 20, 25]) {
    const { rig } = await inTelemetry();
    rig.device.onCommand = async () => {
      await new Promise<void>((resolve) => rig.clock.after(5, resolve));
      return { request: null, status: 200, response: 'ok' };
    };
    rig.send('$iothub/methods/POST/x/?$rid=1', null, rig.modem, 0);
    await rig.clock.advance(after);
    await rig.stop();
    const published = rig.calls('mqtt.publish $iothub/methods/res').length;
    assert.equal(rig.calls('command x').length, published, `${after} ms`);
    const close = rig.log.findLastIndex(({ what }) => what === 'mqtt.close');
    assert.ok(rig.log.findIndex(({ what }) => what.startsWith('command')) < close, rig.text(-8));
  }
});

test('a restart that a command asks for comes after its answer, where the settings allow it', async () => {
  const rig = new Rig({ onReboot: 'restart' });
  await inTelemetry(rig);
  rig.device.onCommand = async () => {
    rig.device.host?.restart(5);
    return { request: null, status: 200, response: 'ok' };
  };
  rig.send('$iothub/methods/POST/reboot/?$rid=1', null, rig.modem, 0);
  await rig.state('reset');
  const answered = rig.log.find(({ what }) => what === 'command reboot 200');
  const reset = rig.log.find(({ what }) => what === 'state reset');
  assert.equal((reset?.at ?? 0) - (answered?.at ?? 0), 5_000);
  assert.ok(!rig.text().includes('Trying again'));
  await rig.stop();
  const logging = await inTelemetry();
  logging.rig.device.host?.restart(0);
  await logging.rig.clock.advance(60_000);
  assert.ok(!logging.rig.states().includes('reset'));
  await logging.rig.stop();
});

test('a message that leads to no answer leads to the smallest one, when nothing was sent for a third of the keep-alive', async () => {
  const rig = new Rig();
  const hub = await inTelemetry(rig);
  rig.modem.lastSent = rig.clock.monotonic() - 20_000;
  rig.modem.tell({ type: 'message', topic: 'anything', payload: Buffer.from('') });
  await rig.clock.advance(50);
  assert.equal(hub.requests.length, 0);
  rig.modem.lastSent = rig.clock.monotonic() - 20_001;
  rig.modem.tell({ type: 'message', topic: 'anything', payload: Buffer.from('') });
  await rig.clock.advance(50);
  assert.deepEqual(
    hub.requests.map(({ body }) => body),
    [{}],
  );
  await rig.stop();
});

test('a failure of the work beside a state ends the state as its own would', async () => {
  const { rig } = await inTelemetry();
  const publish = rig.modem.script['mqtt.publish'];
  rig.modem.script['mqtt.publish'] = (topic, payload) =>
    topic.startsWith(REPORTED) ? Promise.reject(new Error('a bug')) : publish(topic, payload);
  rig.send(`${DESIRED}2`, { fan: 1, $version: 2 });
  const error = await rig.clock.until(rig.run());
  assert.equal(error instanceof Error && error.message, 'a bug');
});

test('a cloud-to-device message is shown and given to the device, with its properties', async () => {
  const { rig } = await inTelemetry();
  const from = rig.log.length;
  rig.send('devices/board-1/messages/devicebound/%24.mid=7&color=dark%20red', { text: 'hello' });
  await rig.clock.advance(100);
  assert.deepEqual(rig.since(from), ['note: received message from the cloud']);
  assert.deepEqual(rig.device.messages, [
    { body: '{"text":"hello"}', properties: { '$.mid': '7', color: 'dark red' } },
  ]);
  await rig.stop();
});
