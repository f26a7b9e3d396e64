import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Fault } from '../../../src/simulator/cloud/faults.ts';
import { identityOfPem } from '../../../src/simulator/cloud/identity.ts';
import { createLocalCloud, type LocalCloudOptions } from '../../../src/simulator/cloud/local-cloud.ts';
import { createPki } from '../../../src/simulator/cloud/pki.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';
import { connectToHub, DeviceClient, DPS_ANSWERS, dpsUser, hubUser, MODEL, provision, SCOPE } from './device-client.ts';

const START = Date.parse('2026-11-23T12:00:00Z');
const ID = 'sn0123FE0CF960432D01';
const pki = await createPki({ hosts: [], now: START });
const board = await pki.device(ID);
const peer = identityOfPem(board.certificate);
const other = identityOfPem((await pki.device(ID)).certificate);
const REGISTER = '$dps/registrations/PUT/iotdps-register/?$rid=';
const POLL = '$dps/registrations/GET/iotdps-get-operationstatus/?$rid=';
const BODY = { registrationId: ID, payload: { modelId: MODEL } };

function start(options: Partial<LocalCloudOptions> = {}) {
  const clock = new VirtualClock(START);
  const enrollments = [{ kind: 'individual', registrationId: ID, certificate: board.certificate } as const];
  const cloud = createLocalCloud({ clock, random: Math.random, pki, idScope: SCOPE, enrollments, ...options });
  return { clock, cloud };
}

async function atDps(cloud: ReturnType<typeof createLocalCloud>, scope = SCOPE, who: typeof peer | 'plain' = peer) {
  const client = DeviceClient.onPair(cloud, who);
  assert.equal((await client.connect({ clientId: ID, username: dpsUser(ID, scope) })).returnCode, 0);
  await client.subscribe(DPS_ANSWERS);
  return client;
}

suite('the way of a registration', () => {
  test('two answers say assigning at the pace asked for, the third has the assignment', async () => {
    const { cloud } = start({ retryAfter: 3 });
    const client = await atDps(cloud);
    const first = await client.request(`${REGISTER}1`, BODY);
    assert.equal(first.topic, '$dps/registrations/res/202/?$rid=1&retry-after=3');
    const operationId = String(first.json['operationId']);
    assert.match(operationId, /^4\.[0-9a-f]{16}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.deepEqual(first.json, { operationId, status: 'assigning' });
    const second = await client.request(`${POLL}2&operationId=${operationId}`, ' ');
    assert.equal(second.topic, '$dps/registrations/res/202/?$rid=2&retry-after=3');
    const state = { registrationId: ID, status: 'assigning' };
    assert.deepEqual(second.json, { operationId, status: 'assigning', registrationState: state });
    const last = await client.request(`${POLL}3&operationId=${operationId}`);
    assert.equal(last.topic, '$dps/registrations/res/200/?$rid=3');
    const { etag, ...assignment } = last.json['registrationState'] as Record<string, unknown>;
    assert.match(String(etag), /^[A-Za-z0-9+/=]{20,}$/);
    assert.deepEqual(assignment, {
      x509: {},
      registrationId: ID,
      createdDateTimeUtc: '2026-11-23T12:00:00.0000000Z',
      assignedHub: 'local-hub.azure-devices.net',
      deviceId: ID,
      status: 'assigned',
      substatus: 'initialAssignment',
      lastUpdatedDateTimeUtc: '2026-11-23T12:00:00.0000000Z',
    });
    assert.equal(cloud.device(ID).template, MODEL);
  });

  test('`rid` without its dollar is served, and answered with an empty $rid', async () => {
    const { cloud } = start();
    const client = await atDps(cloud);
    const { topic } = await client.request('$dps/registrations/PUT/iotdps-register/?rid=1', BODY);
    assert.equal(topic, '$dps/registrations/res/202/?$rid=&retry-after=1');
  });

  test('quality of service 1 is acknowledged before the answer, which comes as it was subscribed', async () => {
    const { cloud } = start({ assigningAnswers: 0 });
    const client = DeviceClient.onPair(cloud, peer);
    await client.connect({ clientId: ID, username: `${dpsUser(ID)}&ClientVersion=some%2F1.0` });
    assert.equal(await client.subscribe(DPS_ANSWERS, 2), 1);
    client.publish(`${REGISTER}1`, BODY, { qos: 1 });
    await client.next('puback');
    const answer = await client.message();
    assert.equal(answer.qos, 1);
    assert.equal(answer.json['status'], 'assigned');
  });

  test('nobody hears an answer who has not subscribed', async () => {
    const { cloud } = start();
    const client = DeviceClient.onPair(cloud, peer);
    await client.connect({ clientId: ID, username: dpsUser(ID) });
    client.publish(`${REGISTER}1`, BODY);
    await client.silent();
  });

  test('a group lets in whoever its CA stands behind, and may answer with a payload and a device id of its own', async () => {
    const { cloud } = start({
      enrollments: [
        { kind: 'group', id: 'boards', ca: board.root, payload: { room: 7 }, desired: { led_user: 1 } },
        { kind: 'individual', registrationId: 'second', deviceId: 'kitchen', ca: pki.deviceSigner },
      ],
    });
    const state = await provision(cloud, ID, peer);
    assert.deepEqual(state['x509'], { enrollmentGroupId: 'boards' });
    assert.deepEqual(state['payload'], { room: 7 });
    assert.deepEqual(cloud.properties(ID)['$metadata'], {
      led_user: {
        desiredValue: 1,
        desiredVersion: 1,
        lastUpdateTime: '2026-11-23T12:00:00.0000000Z',
        state: 'pending',
      },
    });
    const second = identityOfPem((await pki.device('second')).certificate);
    assert.equal((await provision(cloud, 'second', second))['deviceId'], 'kitchen');
    await connectToHub(cloud, 'kitchen', second);
  });

  test('without TLS the registration id is enough', async () => {
    const { cloud } = start();
    assert.equal((await provision(cloud, ID, 'plain'))['status'], 'assigned');
  });

  test('a second registration while the first is under way is a conflict, and later takes its place', async () => {
    const { cloud, clock } = start();
    const client = await atDps(cloud);
    const first = await client.request(`${REGISTER}1`, BODY);
    const conflict = await client.request(`${REGISTER}2`, BODY);
    assert.match(conflict.topic, /^\$dps\/registrations\/res\/409\/\?\$rid=2$/);
    await clock.advance(2000);
    const again = await client.request(`${REGISTER}3`, BODY);
    assert.match(again.topic, /res\/202\//);
    const stale = await client.request(`${POLL}4&operationId=${String(first.json['operationId'])}`);
    assert.equal(stale.json['errorCode'], 404203);
  });

  test('an operation is only told to who began it', async () => {
    const { cloud } = start();
    const { json } = await (await atDps(cloud)).request(`${REGISTER}1`, BODY);
    const poll = `${POLL}2&operationId=${String(json['operationId'])}`;
    assert.equal((await (await atDps(cloud, SCOPE, other)).request(poll)).json['errorCode'], 404203);
    assert.match((await (await atDps(cloud)).request(poll)).topic, /res\/202\//);
  });

  for (const [policy, substatus, hub] of [
    ['migrate', 'deviceDataMigrated', 'other-hub'],
    ['reset', 'deviceDataReset', 'other-hub'],
    ['never', 'initialAssignment', 'local-hub.azure-devices.net'],
  ] as const) {
    test(`a device that was moved is refused by its hub, and told where it belongs: policy ${policy}`, async () => {
      const { cloud } = start({
        enrollments: [{ kind: 'group', id: 'g', ca: board.root, reprovision: policy, desired: { led_user: 2 } }],
      });
      await provision(cloud, ID, peer);
      await cloud.patchDesired(ID, { led_user: 1 });
      const connected = await connectToHub(cloud, ID, peer);
      await cloud.faults.inject({ type: 'move', deviceId: ID, hub: 'other-hub' });
      await connected.closed();
      const refused = DeviceClient.onPair(cloud, peer);
      assert.equal((await refused.connect({ clientId: ID, username: hubUser(ID) })).returnCode, 5);
      const state = await provision(cloud, ID, peer);
      assert.equal(state['assignedHub'], hub);
      assert.equal(state['substatus'], substatus);
      const client = await connectToHub(cloud, ID, peer, {}, hub);
      const twin = await client.request('$iothub/twin/GET/?$rid=1');
      assert.deepEqual(
        twin.json['desired'],
        policy === 'reset' ? { led_user: 2, $version: 1 } : { led_user: 1, $version: 2 },
      );
    });
  }
});

suite('what DPS refuses', () => {
  const DAY = 86_400_000;
  const cases: [string, () => Promise<{ topic: string; json: Record<string, unknown> }>, number, number][] = [
    [
      'another ID scope',
      async () => (await atDps(start().cloud, '0ne000FFFFF')).request(`${REGISTER}1`, BODY),
      404,
      404002,
    ],
    [
      'a leaf that is not the enrolled one',
      async () => (await atDps(start().cloud, SCOPE, other)).request(`${REGISTER}1`, BODY),
      401,
      401002,
    ],
    [
      'a common name that is not the registration id',
      async () => (await atDps(start().cloud, SCOPE, { ...peer, commonName: 'someone' })).request(`${REGISTER}1`, BODY),
      401,
      401002,
    ],
    [
      'a certificate that has expired',
      async () => {
        const clock = new VirtualClock(START + 8000 * DAY);
        return (await atDps(start({ clock }).cloud)).request(`${REGISTER}1`, BODY);
      },
      401,
      401002,
    ],
    [
      'a device that is not enrolled',
      async () => (await atDps(start({ enrollments: [] }).cloud)).request(`${REGISTER}1`, BODY),
      404,
      404201,
    ],
    [
      'a chain that no group stands behind',
      async () => {
        const enrollments = [{ kind: 'group', id: 'boards', ca: pki.ca } as const];
        return (await atDps(start({ enrollments }).cloud)).request(`${REGISTER}1`, BODY);
      },
      401,
      401002,
    ],
    [
      'a body that is not JSON',
      async () => (await atDps(start().cloud)).request(`${REGISTER}1`, '{"registrationId":'),
      400,
      400012,
    ],
    [
      'a model id beside the payload instead of inside',
      async () => (await atDps(start().cloud)).request(`${REGISTER}1`, { modelId: MODEL }),
      400,
      400012,
    ],
    [
      'the registration id of somebody else',
      async () => (await atDps(start().cloud)).request(`${REGISTER}1`, { registrationId: 'someone' }),
      400,
      400004,
    ],
    [
      'an operation that nobody began',
      async () => (await atDps(start().cloud)).request(`${POLL}1&operationId=4.0.0`),
      404,
      404203,
    ],
  ];
  for (const [name, request, status, code] of cases) {
    test(name, async () => {
      const { topic, json } = await request();
      assert.equal(topic, `$dps/registrations/res/${status}/?$rid=1`);
      assert.equal(json['errorCode'], code);
      assert.deepEqual(Object.keys(json), ['errorCode', 'trackingId', 'message', 'timestampUtc']);
    });
  }

  for (const [name, connect, who, code] of [
    ['a user name that is none', { clientId: ID, username: 'x/registrations/y' }, peer, 4],
    [
      'a version of the API that is none',
      { clientId: ID, username: `${SCOPE}/registrations/${ID}/api-version=x` },
      peer,
      4,
    ],
    ['a client id that is not the registration id', { clientId: 'x', username: dpsUser(ID) }, peer, 2],
    ['a client without a certificate', { clientId: ID, username: dpsUser(ID) }, null, 5],
  ] as const) {
    test(`${name}, at once`, async () => {
      const client = DeviceClient.onPair(start().cloud, who);
      assert.equal((await client.connect(connect)).returnCode, code);
      await client.closed();
    });
  }

  for (const [name, misbehave] of [
    [
      'another filter',
      (client: DeviceClient) =>
        client.send({
          cmd: 'subscribe',
          messageId: 9,
          subscriptions: [{ topic: '$dps/registrations/res/200/#', qos: 0 }],
        }),
    ],
    ['another topic', (client: DeviceClient) => client.publish('$dps/registrations/PUT/something/?$rid=1', BODY)],
    ['quality of service 2', (client: DeviceClient) => client.publish(`${REGISTER}1`, BODY, { qos: 2, messageId: 9 })],
  ] as const) {
    test(`${name}, by closing the connection`, async () => {
      const client = await atDps(start().cloud);
      misbehave(client);
      await client.closed();
    });
  }

  test('a disabled enrollment is a result, not an error', async () => {
    const { cloud } = start({ enrollments: [{ kind: 'group', id: 'boards', ca: board.root, enabled: false }] });
    const state = await provision(cloud, ID, peer);
    assert.equal(state['status'], 'disabled');
    assert.deepEqual(cloud.devices(), []);
  });
});

suite('faults of DPS', () => {
  const cases: [string, Fault, RegExp, Record<string, unknown>][] = [
    [
      'throttled, with a retry-after',
      { type: 'dps', answer: 'status', status: 429, retryAfter: 7 },
      /^\$dps\/registrations\/res\/429\/\?\$rid=1&retry-after=7$/,
      { errorCode: 429001 },
    ],
    [
      'a server error',
      { type: 'dps', answer: 'status', status: 503, on: 'register' },
      /res\/503\//,
      { errorCode: 503001 },
    ],
    [
      'a number and a message of one’s own',
      { type: 'dps', answer: 'status', errorCode: 400209, message: 'waiting' },
      /res\/400\//,
      { errorCode: 400209, message: 'waiting' },
    ],
    ['a failed registration', { type: 'dps', answer: 'failed' }, /res\/200\//, { status: 'failed' }],
    ['a disabled one', { type: 'dps', answer: 'disabled' }, /res\/200\//, { status: 'disabled' }],
    ['throttling for a time', { type: 'throttle', seconds: 30 }, /res\/429\//, { errorCode: 429001 }],
    ['an empty body', { type: 'dps', answer: 'empty' }, /res\/202\//, {}],
    ['a body that is not JSON', { type: 'dps', answer: 'malformed' }, /res\/202\//, {}],
  ];
  for (const [name, fault, topic, body] of cases) {
    test(`${name}, and the next request is served`, async () => {
      const { cloud, clock } = start();
      await cloud.faults.inject(fault);
      const client = await atDps(cloud);
      const answer = await client.request(`${REGISTER}1`, BODY);
      assert.match(answer.topic, topic);
      assert.deepEqual({ ...answer.json, ...body }, answer.json);
      await clock.advance(30_000);
      assert.match((await client.request(`${REGISTER}2`, BODY)).topic, /res\/202\//);
    });
  }

  test('a hub that speaks only MQTT 5', async () => {
    const { cloud } = start();
    await cloud.faults.inject({ type: 'dps', answer: 'mqttV5' });
    assert.equal((await provision(cloud, ID, peer))['connectionProfile'], 'mqttV5');
  });

  test('none, a delay, and a closed connection; for one device only, so often', async () => {
    const { cloud, clock } = start();
    await cloud.faults.inject({ type: 'dps', answer: 'none', deviceId: 'someone' });
    await cloud.faults.inject({ type: 'dps', answer: 'none', deviceId: ID, count: 2 });
    await cloud.faults.inject({ type: 'dps', answer: 'delay', delay: 5000 });
    await cloud.faults.inject({ type: 'dps', answer: 'drop', on: 'poll' });
    const client = await atDps(cloud);
    client.publish(`${REGISTER}1`, BODY);
    client.publish(`${REGISTER}1`, BODY);
    await client.silent();
    await clock.advance(5000);
    client.publish(`${REGISTER}1`, BODY);
    await clock.advance(4999);
    await client.silent();
    const delayed = client.message();
    await clock.advance(1);
    assert.match((await delayed).topic, /res\/202\//);
    client.publish(`${POLL}2&operationId=${String((await delayed).json['operationId'])}`);
    await client.closed();
    assert.deepEqual(cloud.faults.waiting(), [{ type: 'dps', answer: 'none', deviceId: 'someone', count: 1 }]);
    cloud.faults.clear();
    assert.deepEqual(cloud.faults.waiting(), []);
  });
});
