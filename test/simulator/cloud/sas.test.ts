import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { C2dQueue } from '../../../src/simulator/cloud/c2d.ts';
import type { TimedEvent } from '../../../src/simulator/cloud/events.ts';
import { identityOfPem } from '../../../src/simulator/cloud/identity.ts';
import { createLocalCloud, type Enrollment } from '../../../src/simulator/cloud/local-cloud.ts';
import { createPki } from '../../../src/simulator/cloud/pki.ts';
import { isSignedWith, parseSasToken } from '../../../src/simulator/cloud/sas-token.ts';
import { assertEvent } from '../../helpers/json-schema.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';
import { DeviceClient, DPS_ANSWERS, dpsUser, HUB, hubUser, METHODS, type Peer, SCOPE } from './device-client.ts';

const START = Date.parse('2026-11-23T12:00:00Z');
const NOW = START / 1000;
const ID = 'board-1';
const keyOf = (text: string) => Buffer.from(text.padEnd(32, '.')).toString('base64');
const KEY = { primaryKey: keyOf('primary'), secondaryKey: keyOf('secondary') };
const pki = await createPki({ hosts: [], now: START });
const board = await pki.device(ID);

const sign = (key: string, audience: string, se: number | string) =>
  createHmac('sha256', Buffer.from(key, 'base64')).update(`${audience}\n${se}`).digest('base64');

interface TokenParts {
  resource?: string;
  /** As it is sent and signed. */
  sr?: string;
  key?: string;
  se?: number | string;
  more?: string;
}

/** A token as Microsoft's documents make it. */
function token({
  resource = `${HUB}/devices/${ID}`,
  key = KEY.primaryKey,
  se = NOW + 3600,
  ...parts
}: TokenParts = {}) {
  const { sr = encodeURIComponent(resource), more = '' } = parts;
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sign(key, sr, se))}&se=${se}${more}`;
}

async function start(enrollments: Enrollment[] = []) {
  const clock = new VirtualClock(START);
  const cloud = createLocalCloud({
    clock,
    random: Math.random,
    pki,
    idScope: SCOPE,
    enrollments,
    assigningAnswers: 0,
  });
  const events: TimedEvent[] = [];
  cloud.onEvent((event) => {
    const json = JSON.stringify(event);
    assertEvent('cloudEvent', JSON.parse(json));
    assert.doesNotMatch(json, /sig=[^…]/, 'a token is in an event');
    if (event.type === 'refusal' || event.type === 'disconnect') events.push(event);
  });
  const reasons = () => events.map((event) => ('reason' in event ? event.reason : null));
  return { clock, cloud, reasons };
}

async function startWithDevice() {
  const started = await start();
  await started.cloud.enrollKey(ID, KEY);
  return started;
}

type Cloud = Awaited<ReturnType<typeof start>>['cloud'];

async function connect(
  cloud: Cloud,
  password: string,
  { id = ID, peer = null, username = hubUser(id) }: { id?: string; peer?: Peer; username?: string } = {},
) {
  const client = DeviceClient.onPair(cloud, peer);
  const { returnCode } = await client.connect({ clientId: id, username, password: Buffer.from(password) });
  return { client, returnCode };
}

suite('a device with a symmetric key at the hub', () => {
  const lower = encodeURIComponent(`${HUB}/devices/${ID}`).replaceAll('%2F', '%2f');
  const taken: [name: string, password: string][] = [
    ['a token of the primary key', token()],
    ['a token of the secondary key', token({ key: KEY.secondaryKey })],
    ['escapes in lower case, signed so', token({ sr: lower })],
    ['a resource that is not encoded at all', token({ sr: `${HUB}/devices/${ID}` })],
    ['a host in upper case, and a slash at the end', token({ resource: `${HUB.toUpperCase()}/devices/${ID}/` })],
    ['a host with its port', token({ resource: `${HUB}:8883/devices/${ID}` })],
    ['a token for the whole hub', token({ resource: HUB })],
    ['fields in another order and case', token().replace(/ sr=([^&]+)&(sig=[^&]+)&se=(\d+)/, ' SE=$3&$2&SR=$1')],
    ['a policy that has no name', token({ more: '&skn=' })],
    ['a clock that is almost five minutes behind', token({ se: NOW - 299 })],
    ['seconds with a fraction', token({ se: `${NOW + 60}.25` })],
    ['a token that never expires', token({ se: 999999999999999 })],
  ];
  for (const [name, password] of taken) {
    test(`${name} is taken`, async () => {
      const { cloud } = await startWithDevice();
      assert.equal((await connect(cloud, password)).returnCode, 0);
    });
  }

  const good = token();
  const refused: [name: string, password: string, reason: RegExp][] = [
    ['a key of somebody else', token({ key: keyOf('other') }), /signed with neither key of the device/],
    ['another expiry than was signed', good.replace(/se=\d+/, `se=${NOW + 7200}`), /signed with neither key/],
    [
      'another spelling of the resource than was signed',
      good.replaceAll('%2F', '%2f'),
      /signed with neither key of the device/,
    ],
    ['an expired token', token({ se: NOW - 301 }), /the token has expired on 2026-11-23T11:54:59/],
    ['a token of the year 0', token({ se: 0 }), /has expired on 1970/],
    ['another device', token({ resource: `${HUB}/devices/board-10` }), /the token is for ".*board-10", not for/],
    ['a device whose name begins alike', token({ resource: `${HUB}/devices/board-` }), /the token is for/],
    ['another hub', token({ resource: `other.azure-devices.net/devices/${ID}` }), /the token is for "other\./],
    ['a module', token({ resource: `${HUB}/devices/${ID}/modules/m` }), /the token is for/],
    ['DPS', token({ resource: `${SCOPE}/registrations/${ID}` }), /the token is for/],
    ['a policy that does not exist', token({ more: '&skn=root' }), /"root", and there is no such policy/],
    ['a policy from the prototype', token({ more: '&skn=__proto__' }), /there is no such policy/],
    ['a policy that lets no devices in', token({ more: '&skn=service' }), /the policy service lets no devices in/],
    ['the device key for a policy', token({ more: '&skn=iothubowner' }), /neither key of the policy iothubowner/],
    ['a field twice', `${good}&sr=x`, /the token has "sr" twice/],
    ['no signature', good.replace(/&sig=[^&]+/, ''), /the token has no sig/],
    ['no expiry', good.replace(/&se=\d+/, ''), /the token has no se/],
    ['no resource', good.replace(/sr=[^&]+&/, ''), /the token has no sr/],
    ['an expiry that is no number', token({ se: '1e12' }), /se of the token is not a number/],
    ['a negative expiry', token({ se: -1 }), /se of the token is not a number/],
    ['a signature that is not URL-encoded', decodeURIComponent(good), /sig of the token is not the URL-encoded/],
    ['an escape that is broken', good.replace('sr=', 'sr=%zz'), /sr of the token is not URL-encoded/],
    ['another scheme', good.replace('SharedAccessSignature', 'Bearer'), /it is not a token/],
    ['a plain password', 'hunter2', /it is not a token/],
    ['a very long one', `${good}&x=${'y'.repeat(60_000)}`, /it is not a token/],
    ['binary', '\u0000\uffff', /it is not a token/],
  ];
  for (const [name, password, reason] of refused) {
    test(`${name} is refused, with the reason`, async () => {
      const { cloud, reasons } = await startWithDevice();
      const { returnCode, client } = await connect(cloud, password);
      assert.equal(returnCode, 5);
      await client.closed();
      assert.match(String(reasons().at(-1)), reason);
      assert.equal(/sig=[^…]/.test(String(reasons().at(-1))), false);
    });
  }

  test('an id with characters that have a meaning in a resource', async () => {
    const id = "a+b%2F(c)=d'e;f";
    const { cloud } = await start();
    await cloud.enrollKey('plain', KEY);
    await cloud.createDevice(id, { symmetricKey: KEY });
    const username = `${HUB}/${encodeURIComponent(id)}/?api-version=2021-04-12`;
    for (const path of [id, encodeURIComponent(id)]) {
      const resource = `${HUB}/devices/${path}`;
      assert.equal((await connect(cloud, token({ resource }), { id, username })).returnCode, 0);
    }
  });

  test('a certificate does not do, and a token does not do for a device with a certificate', async () => {
    const { cloud, reasons } = await startWithDevice();
    const peer = identityOfPem(board.certificate);
    assert.equal((await connect(cloud, '', { peer })).returnCode, 5);
    assert.match(String(reasons().at(-1)), /known by a symmetric key, and came with a certificate/);
    assert.equal((await connect(cloud, token(), { peer })).returnCode, 0);
    await cloud.createDevice('certified', { certificate: board.certificate });
    const resource = `${HUB}/devices/certified`;
    assert.equal((await connect(cloud, token({ resource }), { id: 'certified' })).returnCode, 5);
    assert.match(String(reasons().at(-1)), /knows no symmetric key of this device/);
  });

  test('a policy that may connect devices lets in any of them', async () => {
    const { cloud } = await startWithDevice();
    for (const name of ['device', 'iothubowner'] as const) {
      const key = cloud.policies.get(name).secondaryKey;
      const password = token({ resource: HUB, key, more: `&skn=${name}` });
      assert.equal((await connect(cloud, password)).returnCode, 0);
    }
  });

  test('the connection ends with the token, and not before', async () => {
    const { cloud, clock, reasons } = await startWithDevice();
    const { client } = await connect(cloud, token({ se: NOW + 50 }));
    await clock.advance(49_999);
    await client.subscribe(METHODS);
    await clock.advance(1);
    await client.closed();
    assert.deepEqual(reasons(), ['the token has expired']);
    assert.equal(cloud.device(ID).connected, false);
  });

  test('a token that was taken for a clock that is behind is good for what is left of five minutes', async () => {
    const { cloud, clock } = await startWithDevice();
    const { client } = await connect(cloud, token({ se: NOW - 270 }));
    await clock.advance(29_999);
    await client.subscribe(METHODS);
    await clock.advance(1);
    await client.closed();
  });

  test('a clock that is set counts, and a token for months does not end at once', async () => {
    const { cloud, clock } = await startWithDevice();
    const { client } = await connect(cloud, token({ se: NOW + 90 * 86_400 }), { username: hubUser(ID) });
    await clock.advance(80_000);
    await client.subscribe(METHODS);
    clock.stepWall(90 * 86_400_000);
    await clock.advance(60_000);
    await client.closed();
  });

  test('three tokens one after the other lose no message, and leave no timer', async () => {
    const { cloud, clock } = await startWithDevice();
    const messages = `devices/${ID}/messages/devicebound/#`;
    const received: string[] = [];
    for (let round = 0; round < 3; round++) {
      const password = token({ se: Math.floor(clock.wall() / 1000) + 60 });
      const client = DeviceClient.onPair(cloud, null);
      await client.connect({ clientId: ID, username: hubUser(ID), password: Buffer.from(password), clean: false });
      // The session keeps the subscription, and what was sent while the device was away.
      if (round === 0) await client.subscribe(messages, 1);
      else {
        const { text, messageId } = await client.message();
        received.push(text);
        client.send({ cmd: 'puback', messageId: messageId ?? 0 });
      }
      client.publish(`devices/${ID}/messages/events/`, { round }, { qos: 1 });
      await client.next('puback');
      await clock.advance(60_000);
      await client.closed();
      await cloud.sendC2d(ID, Buffer.from(`after ${round}`));
    }
    assert.deepEqual(received, ['after 0', 'after 1']);
    assert.deepEqual(
      cloud.telemetryHistory(ID, 'round').map(({ value }) => value),
      [0, 1, 2],
    );
    await cloud.close();
    await clock.advance(2000);
    assert.equal(clock.pendingTimers, 0);
  });
});

test('a lock of a message ends after a minute, and with the cloud', async () => {
  const clock = new VirtualClock(START);
  const kept: unknown[] = [];
  const queue = new C2dQueue(ID, clock, [], async (messages) => void kept.push(messages));
  await queue.add(Buffer.from('one'), new Map());
  assert.equal((await queue.receive('lock-1'))?.body.toString(), 'one');
  assert.equal(await queue.receive('lock-2'), undefined);
  await clock.advance(60_000);
  assert.equal((await queue.receive('lock-3'))?.body.toString(), 'one');
  await assert.rejects(queue.settle('lock-1', 'complete'), { code: 412002 });
  queue.close();
  assert.equal(clock.pendingTimers, 0);
  // Tried so often, it is given up.
  for (let tried = 2; tried < 10; tried++) {
    assert.ok(await queue.receive('lock'));
    await queue.settle('lock', 'abandon');
  }
  assert.equal(await queue.receive('lock'), undefined);
});

suite('a symmetric key at DPS', () => {
  const individual: Enrollment = { kind: 'individual', registrationId: ID, symmetricKey: KEY };
  const group: Enrollment = { kind: 'group', id: 'boards', symmetricKey: KEY };
  const resource = `${SCOPE}/registrations/${ID}`;
  const derive = (key: string, id = ID) => createHmac('sha256', Buffer.from(key, 'base64')).update(id).digest('base64');

  async function register(cloud: Cloud, password: string, id = ID) {
    const { client, returnCode } = await connect(cloud, password, { id, username: dpsUser(id) });
    assert.equal(returnCode, 0);
    await client.subscribe(DPS_ANSWERS);
    return client.request('$dps/registrations/PUT/iotdps-register/?$rid=1', { registrationId: id });
  }

  test('an individual enrollment leads to the hub with the same key', async () => {
    const { cloud } = await start([individual]);
    for (const key of [KEY.primaryKey, KEY.secondaryKey]) {
      const { json } = await register(cloud, token({ resource, key, more: '&skn=registration' }));
      const state = json['registrationState'] as Record<string, unknown>;
      assert.deepEqual([state['status'], state['symmetricKey'], state['x509']], ['assigned', {}, undefined]);
      assert.equal((await connect(cloud, token({ key }))).returnCode, 0);
    }
  });

  test('a group enrollment leads to the hub with the derived key, and only with that', async () => {
    const { cloud } = await start([group]);
    for (const [index, key] of [KEY.primaryKey, KEY.secondaryKey].entries()) {
      const id = `Board-${index}`;
      const own = derive(key, id);
      const { json } = await register(cloud, token({ resource: `${SCOPE}/registrations/${id}`, key: own }), id);
      const state = json['registrationState'] as Record<string, unknown>;
      assert.deepEqual(state['symmetricKey'], { enrollmentGroupId: 'boards' });
      const at = (with_: string) => connect(cloud, token({ resource: `${HUB}/devices/${id}`, key: with_ }), { id });
      assert.equal((await at(own)).returnCode, 0);
      assert.equal((await at(key)).returnCode, 5);
    }
  });

  const refused: [name: string, enrolled: Enrollment[], password: string, code: number, reason: RegExp][] = [
    [
      'another key',
      [individual],
      token({ resource, key: keyOf('x') }),
      401002,
      /neither the primary nor the secondary/,
    ],
    ['the key of a group itself', [group], token({ resource }), 401002, /derived from the key of a group/],
    [
      'a key that was derived for another device',
      [group],
      token({ resource, key: derive(KEY.primaryKey, 'board-2') }),
      401002,
      /derived from the key of a group/,
    ],
    [
      'a group key for a device with an enrollment of its own',
      [individual, group],
      token({ resource, key: derive(KEY.primaryKey) }),
      401002,
      /neither/,
    ],
    ['a device that nobody knows', [], token({ resource }), 404201, /not enrolled/],
    [
      'a token where a certificate is enrolled',
      [{ kind: 'individual', registrationId: ID, certificate: board.certificate }],
      token({ resource }),
      401002,
      /asks for a certificate, and a token came/,
    ],
  ];
  for (const [name, enrolled, password, code, reason] of refused) {
    test(`${name} is refused when it registers`, async () => {
      const { cloud, reasons } = await start(enrolled);
      const { topic, json } = await register(cloud, password);
      assert.match(topic, new RegExp(`/res/${Math.floor(code / 1000)}/`));
      assert.equal(json['errorCode'], code);
      assert.match(String(reasons().at(-1)), reason);
    });
  }

  test('a certificate is refused where a key is enrolled', async () => {
    const { cloud, reasons } = await start([individual]);
    const client = DeviceClient.onPair(cloud, identityOfPem(board.certificate));
    await client.connect({ clientId: ID, username: dpsUser(ID) });
    await client.subscribe(DPS_ANSWERS);
    const { json } = await client.request('$dps/registrations/PUT/iotdps-register/?$rid=1', {});
    assert.equal(json['errorCode'], 401002);
    assert.match(String(reasons().at(-1)), /asks for a token, and a certificate came/);
  });

  const early: [name: string, password: string, reason: RegExp][] = [
    ['an expired token', token({ resource, se: NOW - 400 }), /has expired/],
    ['a token for another scope', token({ resource: `0ne00X/registrations/${ID}` }), /the token is for "0ne00X/],
    ['a token for another device', token({ resource: `${resource}0` }), /the token is for/],
    ['a token for the hub', token(), /the token is for/],
    ['no token at all', '', /no certificate was sent, and no token/],
  ];
  for (const [name, password, reason] of early) {
    test(`${name} is refused when it connects`, async () => {
      const { cloud, reasons } = await start([individual]);
      const { returnCode } = await connect(cloud, password, { username: dpsUser(ID) });
      assert.equal(returnCode, 5);
      assert.match(String(reasons().at(-1)), reason);
    });
  }

  test('a poll needs a token of the same enrollment', async () => {
    const { cloud } = await start([individual]);
    const { json } = await register(cloud, token({ resource }));
    const { client } = await connect(cloud, token({ resource, key: keyOf('x') }), { username: dpsUser(ID) });
    await client.subscribe(DPS_ANSWERS);
    const answer = await client.request(
      `$dps/registrations/GET/iotdps-get-operationstatus/?$rid=1&operationId=${String(json['operationId'])}`,
    );
    assert.equal(answer.json['errorCode'], 404203);
  });

  const unusable: [string, object][] = [
    ['a short key', { primaryKey: 'c2hvcnQ=', secondaryKey: KEY.secondaryKey }],
    ['text', { primaryKey: 'no base64!', secondaryKey: KEY.secondaryKey }],
    ['one key', { primaryKey: KEY.primaryKey }],
    ['a very long key', { primaryKey: 'A'.repeat(400), secondaryKey: KEY.secondaryKey }],
  ];
  for (const [name, symmetricKey] of unusable) {
    test(`${name} cannot be enrolled, and is not repeated`, async () => {
      const { cloud } = await start();
      const enrollment = { kind: 'individual', registrationId: ID, symmetricKey } as Enrollment;
      await assert.rejects(cloud.enrollments.put(enrollment), (error: Error) => {
        assert.doesNotMatch(error.message, /c2hvcnQ|no base64!|AAAA/);
        return /symmetricKey/.test(error.message);
      });
    });
  }
});

test('whatever is said to be a token, reading it ends, and proves nothing', () => {
  const part = fc.oneof(
    fc.string(),
    fc.constantFrom('sr=', 'sig=', 'se=', 'skn=', '&', '%', 'SharedAccessSignature ', '=', '%00', token()),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const text = parts.join('');
      const parsed = parseSasToken(text);
      if ('problem' in parsed || text.includes(token())) return;
      assert.equal(isSignedWith(parsed, KEY), false);
    }),
  );
});
