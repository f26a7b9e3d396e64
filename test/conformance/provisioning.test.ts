import 'reflect-metadata';
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import * as x509 from '@peculiar/x509';
import { systemClock } from '../../src/clock.ts';
import type { DpsFault } from '../../src/simulator/cloud/faults.ts';
import { createPki, type KeyedCertificate } from '../../src/simulator/cloud/pki.ts';
import { MODEL, newDevice, nextEvent, SCOPE, type Simulation, startSimulation, watchPackets } from './cloud.ts';
import { hubClient, provision } from './sdk.ts';

const YEAR = 365 * 86_400_000;
const stranger = await createPki({ hosts: [], now: systemClock.wall() });

let simulation: Simulation;
before(async () => {
  simulation = await startSimulation();
});
after(() => simulation.cloud.close());

/** As openssl makes them for a device: RSA, signed by itself. */
async function selfSigned(commonName: string, validUntil = systemClock.wall() + YEAR): Promise<KeyedCertificate> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048 };
  const publicExponent = new Uint8Array([1, 0, 1]);
  const keys = await crypto.subtle.generateKey({ ...algorithm, publicExponent }, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(validUntil - 2 * YEAR),
    notAfter: new Date(validUntil),
  });
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: certificate.toString('pem'), key };
}

async function thumbprint({ certificate }: KeyedCertificate, algorithm: 'SHA-1' | 'SHA-256'): Promise<string> {
  return Buffer.from(await new x509.X509Certificate(certificate).getThumbprint(algorithm)).toString('hex');
}

/** The leaf without the signer's certificate. */
function leafOnly(identity: KeyedCertificate): KeyedCertificate {
  const [leaf = ''] = identity.certificate.split(/(?<=-----END CERTIFICATE-----\n)/);
  return { ...identity, certificate: leaf };
}

interface Case {
  name: string;
  /** Enrolls, and gives the identity that the device comes with. */
  arrange: (registrationId: string) => Promise<KeyedCertificate>;
}

const admitted: Case[] = [
  {
    name: 'an individual enrollment by SHA-256 thumbprint, self-signed RSA',
    async arrange(registrationId) {
      const leaf = await selfSigned(registrationId);
      const enrollment = { kind: 'individual', registrationId, thumbprint: await thumbprint(leaf, 'SHA-256') } as const;
      await simulation.cloud.enrollments.put(enrollment);
      return leaf;
    },
  },
  {
    name: 'an individual enrollment by SHA-1 thumbprint',
    async arrange(registrationId) {
      const leaf = await selfSigned(registrationId);
      const enrollment = { kind: 'individual', registrationId, thumbprint: await thumbprint(leaf, 'SHA-1') } as const;
      await simulation.cloud.enrollments.put(enrollment);
      return leaf;
    },
  },
  {
    name: 'an individual enrollment by certificate',
    async arrange(registrationId) {
      const leaf = await simulation.pki.device(registrationId);
      await simulation.cloud.enrollments.put({ kind: 'individual', registrationId, certificate: leaf.certificate });
      return leaf;
    },
  },
  {
    name: 'an individual enrollment by the CA that signed the leaf',
    async arrange(registrationId) {
      await simulation.cloud.enrollments.put({ kind: 'individual', registrationId, ca: simulation.pki.deviceSigner });
      return simulation.pki.device(registrationId);
    },
  },
  {
    name: 'a group enrollment of the signer',
    async arrange(registrationId) {
      await simulation.cloud.enrollments.put({ kind: 'group', id: 'signer', ca: simulation.pki.deviceSigner });
      return simulation.pki.device(registrationId);
    },
  },
  {
    name: 'a group enrollment of the signer, by a device that sends its leaf alone',
    async arrange(registrationId) {
      await simulation.cloud.enrollments.put({ kind: 'group', id: 'signer', ca: simulation.pki.deviceSigner });
      return leafOnly(await simulation.pki.device(registrationId));
    },
  },
  {
    name: 'a group enrollment of the root above the signer',
    async arrange(registrationId) {
      const other = await createPki({ hosts: [], now: systemClock.wall() });
      await simulation.cloud.enrollments.put({ kind: 'group', id: 'root', ca: other.state.deviceRoot.certificate });
      return other.device(registrationId);
    },
  },
];

suite('who is let in, and goes on to the hub', { concurrency: true, timeout: 30_000 }, () => {
  for (const [index, { name, arrange }] of admitted.entries()) {
    test(name, async () => {
      const registrationId = `admitted-${index}`;
      const identity = await arrange(registrationId);
      const result = await provision(simulation, { registrationId, ...identity }, { payload: { modelId: MODEL } });
      assert.equal(result.status, 'assigned');
      assert.equal(result.substatus, 'initialAssignment');
      assert.equal(result.assignedHub, simulation.host);
      assert.equal(result.deviceId, registrationId);
      assert.equal(simulation.cloud.device(registrationId).template, MODEL);
      const client = await hubClient(simulation, { id: result.deviceId, ...identity }, { host: result.assignedHub });
      await client.open();
      assert.equal(simulation.cloud.device(registrationId).connected, true);
      await client.close();
    });
  }

  test('under the device id of the enrollment, with what a custom allocation returns', async () => {
    const registrationId = 'allocated';
    const identity = await simulation.pki.device(registrationId);
    const payload = { shelf: 7, labels: ['a', 'b'] };
    const { certificate } = identity;
    await simulation.cloud.enrollments.put({
      kind: 'individual',
      registrationId,
      deviceId: 'renamed',
      certificate,
      payload,
    });
    const result = await provision(simulation, { registrationId, ...identity });
    assert.equal(result.deviceId, 'renamed');
    assert.deepEqual(result.payload, payload);
    const client = await hubClient(simulation, { id: 'renamed', ...identity });
    await client.open();
    await client.close();
  });

  test('after a move to another hub, with the substatus that tells of it', async () => {
    const registrationId = 'moved';
    const identity = await simulation.pki.device(registrationId);
    const { certificate } = identity;
    await simulation.cloud.enrollments.put({ kind: 'individual', registrationId, certificate, reprovision: 'reset' });
    const device = { registrationId, ...identity };
    await provision(simulation, device);
    await simulation.cloud.faults.inject({
      type: 'move',
      deviceId: registrationId,
      hub: `127.0.0.1:${simulation.mqttPort}`,
    });
    const atOldHub = await hubClient(simulation, { id: registrationId, ...identity });
    await assert.rejects(atOldHub.open(), { name: 'UnauthorizedError' });
    const result = await provision(simulation, device);
    assert.equal(result.substatus, 'deviceDataReset');
    assert.equal(result.assignedHub, `127.0.0.1:${simulation.mqttPort}`);
    const client = await hubClient(simulation, { id: registrationId, ...identity }, { host: result.assignedHub });
    await client.open();
    await client.close();
  });
});

interface Refusal extends Case {
  scope?: string;
  error: string;
  code: number;
}

const refused: Refusal[] = [
  {
    name: 'another ID scope',
    scope: '0ne00FFFFFF',
    error: 'DeviceNotFoundError',
    code: 404002,
    arrange: async (registrationId) => {
      const identity = await simulation.pki.device(registrationId);
      const { certificate } = identity;
      await simulation.cloud.enrollments.put({ kind: 'individual', registrationId, certificate });
      return identity;
    },
  },
  {
    name: 'a registration id that is not the common name',
    error: 'UnauthorizedError',
    code: 401002,
    async arrange(registrationId) {
      await simulation.cloud.enrollments.put({ kind: 'individual', registrationId, ca: simulation.pki.deviceSigner });
      return simulation.pki.device(`not-${registrationId}`);
    },
  },
  {
    name: 'a leaf that is not the enrolled one',
    error: 'UnauthorizedError',
    code: 401002,
    async arrange(registrationId) {
      const { certificate } = await selfSigned(registrationId);
      await simulation.cloud.enrollments.put({ kind: 'individual', registrationId, certificate });
      return selfSigned(registrationId);
    },
  },
  {
    name: 'a leaf that has expired',
    error: 'UnauthorizedError',
    code: 401002,
    async arrange(registrationId) {
      const leaf = await selfSigned(registrationId, systemClock.wall() - 60_000);
      await simulation.cloud.enrollments.put({ kind: 'individual', registrationId, certificate: leaf.certificate });
      return leaf;
    },
  },
  {
    name: 'a leaf of a CA that is not enrolled',
    error: 'UnauthorizedError',
    code: 401002,
    async arrange(registrationId) {
      await simulation.cloud.enrollments.put({ kind: 'group', id: 'signer', ca: simulation.pki.deviceSigner });
      return stranger.device(registrationId);
    },
  },
];

interface ProvisioningError extends Error {
  result: { errorCode?: number; trackingId?: string; registrationState?: { errorCode?: number } };
}

suite('who is refused', { concurrency: true, timeout: 30_000 }, () => {
  for (const [index, { name, arrange, scope = SCOPE, error, code }] of refused.entries()) {
    test(`${name}: ${error} ${code}`, async () => {
      const registrationId = `refused-${index}`;
      const identity = await arrange(registrationId);
      await assert.rejects(
        provision(simulation, { registrationId, ...identity }, { scope }),
        (raised: ProvisioningError) => {
          assert.equal(raised.name, error);
          assert.equal(raised.result.errorCode, code);
          assert.ok(raised.result.trackingId);
          return true;
        },
      );
    });
  }

  test('an unknown registration id, where there are no groups: DeviceNotFoundError 404201', async () => {
    const empty = await startSimulation();
    const registrationId = 'unknown';
    const identity = await empty.pki.device(registrationId);
    await assert.rejects(provision(empty, { registrationId, ...identity }), (raised: ProvisioningError) => {
      assert.equal(raised.name, 'DeviceNotFoundError');
      assert.equal(raised.result.errorCode, 404201);
      return true;
    });
    await empty.cloud.close();
  });

  test('a disabled enrollment, with the result disabled', async () => {
    const registrationId = 'disabled';
    const identity = await simulation.pki.device(registrationId);
    const { certificate } = identity;
    await simulation.cloud.enrollments.put({ kind: 'individual', registrationId, certificate, enabled: false });
    await assert.rejects(provision(simulation, { registrationId, ...identity }), /^SyntaxError: status is disabled$/);
  });

  test('by a client that does not trust the CA: no CONNECT is ever sent', async () => {
    const connects = watchPackets(simulation.cloud, 'in', (packet) => packet['clientId'] === 'distrustful');
    const identity = await simulation.pki.device('distrustful');
    const registration = provision(simulation, { registrationId: 'distrustful', ...identity }, { ca: stranger.ca });
    await assert.rejects(registration, { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    assert.deepEqual(connects, []);
  });
});

type Trouble = Omit<DpsFault, 'type' | 'deviceId'>;

/** A device that is enrolled, and finds DPS in trouble. */
async function registerInTrouble(registrationId: string, trouble: Trouble) {
  const identity = await simulation.pki.device(registrationId);
  const { certificate } = identity;
  await simulation.cloud.enrollments.put({ kind: 'individual', registrationId, certificate });
  await simulation.cloud.faults.inject({ type: 'dps', deviceId: registrationId, ...trouble });
  return provision(simulation, { registrationId, ...identity });
}

const passing: [name: string, trouble: Trouble][] = [
  ['429 with retry-after, twice', { answer: 'status', status: 429, retryAfter: 1, on: 'register', count: 2 }],
  ['429 to a poll', { answer: 'status', status: 429, retryAfter: 1, on: 'poll' }],
  ['500 without retry-after', { answer: 'status', status: 500, on: 'register' }],
  ['503 to a poll', { answer: 'status', status: 503, retryAfter: 1, on: 'poll' }],
  ['a late answer', { answer: 'delay', delay: 300, on: 'register' }],
];

const final: [name: string, trouble: Trouble, error: object][] = [
  ['failed', { answer: 'failed', on: 'poll' }, { name: 'ProvisioningRegistrationFailedError' }],
  ['disabled while assigning', { answer: 'disabled', on: 'poll' }, { message: 'status is disabled' }],
  ['unassigned', { answer: 'unassigned' }, { message: 'status is unassigned' }],
  ['400', { answer: 'status', errorCode: 400209, on: 'register' }, { name: 'ArgumentError' }],
  ['401', { answer: 'status', status: 401 }, { name: 'UnauthorizedError' }],
  ['404 to a poll', { answer: 'status', errorCode: 404203, on: 'poll' }, { name: 'DeviceNotFoundError' }],
  ['409', { answer: 'status', status: 409 }, { name: 'Error', message: 'incoming message failure' }],
  ['412', { answer: 'status', status: 412 }, { name: 'Error', message: 'incoming message failure' }],
];

suite('when DPS is in trouble', { concurrency: true, timeout: 30_000 }, () => {
  for (const [index, [name, trouble]] of passing.entries()) {
    test(`the SDK gets over ${name}`, async () => {
      assert.equal((await registerInTrouble(`passing-${index}`, trouble)).status, 'assigned');
    });
  }

  for (const [index, [name, trouble, error]] of final.entries()) {
    test(`the SDK gives up at ${name}`, async () => {
      await assert.rejects(registerInTrouble(`final-${index}`, trouble), error);
    });
  }

  test('the SDK shows the numbers of a failed allocation', async () => {
    const trouble: Trouble = { answer: 'failed', errorCode: 400207, message: 'No hub has room.' };
    await assert.rejects(registerInTrouble('unallocated', trouble), (raised: ProvisioningError) => {
      const { registrationState } = raised.result;
      assert.equal(registrationState?.errorCode, 400207);
      return true;
    });
  });

  test('a throttled answer carries retry-after, and a whole registration follows it', async () => {
    const throttled = watchPackets(simulation.cloud, 'out', ({ topic }) => String(topic).includes('/res/429/'));
    const assigned = nextEvent(simulation.cloud, 'provisioning', ({ deviceId }) => deviceId === 'throttled');
    await registerInTrouble('throttled', { answer: 'status', status: 429, retryAfter: 2, on: 'register' });
    assert.equal((await assigned).status, 'assigned');
    assert.ok(
      throttled.some(({ topic }) =>
        /^\$dps\/registrations\/res\/429\/\?\$rid=[^&]+&retry-after=2$/.test(String(topic)),
      ),
    );
  });

  const connackErrors: [code: 1 | 2 | 3 | 4 | 5, message: RegExp][] = [
    [1, /Unacceptable protocol version/],
    [2, /Identifier rejected/],
    [3, /Server unavailable/],
    [4, /Bad username or password/],
    [5, /Not authorized/],
  ];
  for (const [code, message] of connackErrors) {
    test(`CONNACK ${code}`, async () => {
      const deviceId = `connack-${code}`;
      const identity = await newDevice(simulation, deviceId);
      await simulation.cloud.faults.inject({ type: 'connect', deviceId, answer: 'code', code });
      await assert.rejects(provision(simulation, { registrationId: deviceId, ...identity }), message);
    });
  }
});
