import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Json, openModem, runSession } from '../../src/index.ts';
import { AzureError, createVirtualModule, type LocalCloud, startLocalCloud } from '../../src/simulator/index.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

describe('a local cloud', () => {
  let cloud: LocalCloud;

  before(async () => {
    cloud = await startLocalCloud({ devices: ['board-1', 'board-2'], plainPort: 0, assigningAnswers: 0 });
  });
  after(() => cloud.close());

  test('has ports of its own, answers there, and tells its CA, addresses and ids', async () => {
    const { mqttPort, plainPort, url, host, idScope } = cloud;
    const ports = new Set([mqttPort, plainPort, Number(new URL(url).port)]);
    assert.equal(ports.size, 3);
    assert.deepEqual([host, new URL(url).hostname, idScope], ['127.0.0.1', '127.0.0.1', '0ne00A1B2C3']);
    assert.equal((await fetch(`${url}/api/devices`)).status, 200);
    assert.deepEqual(
      cloud.identities.map(({ deviceId }) => deviceId),
      ['board-1', 'board-2'],
    );
    const [identity] = cloud.identities;
    const [leaf, signer] = [identity?.certificate, identity?.signer].map((pem) => new X509Certificate(pem ?? ''));
    assert.match(leaf?.subject ?? '', /CN=board-1$/);
    assert.ok(signer && leaf?.verify(signer.publicKey));
    assert.equal(new X509Certificate(cloud.ca).ca, true);
  });

  test('enrolls a device later, and refuses an id that cannot be one', async () => {
    const identity = await cloud.enroll('board-3');
    assert.deepEqual(cloud.identities.at(-1), identity);
    assert.equal(cloud.enrollments.get('board-3').kind, 'individual');
    await assert.rejects(cloud.enroll('board 4'), (error) => error instanceof AzureError && error.code === 400004);
    assert.equal(cloud.identities.length, 3);
  });

  test('lets devices in by symmetric keys, and tells their connection strings', async () => {
    const { deviceId, primaryKey, connectionString } = await cloud.enrollKey('board-6');
    assert.equal(
      connectionString,
      `HostName=127.0.0.1:${cloud.mqttPort};DeviceId=board-6;SharedAccessKey=${primaryKey}`,
    );
    assert.equal(cloud.symmetricKeyIdentities.at(-1)?.deviceId, deviceId);
    assert.equal(cloud.device('board-6').enabled, true);
    await assert.rejects(cloud.enrollKey('board-7', { primaryKey: 'x' }), { code: 400004 });
    await cloud.enrollments.delete('board-6');
  });

  test('a module without an identity is refused, in words', async () => {
    await assert.rejects(createVirtualModule({}), /needs a cloud with a device, or an identity/);
    const wifi = { ssid: 'Workshop', passphrase: '', security: 'none' };
    await assert.rejects(Reflect.apply(createVirtualModule, undefined, [{ cloud, wifi }]), /wifi\.security/);
  });

  test('a module can be any of its devices, and is enrolled where it is not', async (t) => {
    for (const deviceId of ['board-2', 'board-5']) {
      const board = await createVirtualModule({ cloud, deviceId });
      t.after(() => board.close());
      const modem = await openModem(board.connect());
      const certificate = await modem.certificates.device(AbortSignal.timeout(5_000));
      assert.match(certificate?.subject ?? '', new RegExp(`CN=${deviceId}$`));
      modem.close();
    }
    assert.equal(cloud.identities.at(-1)?.deviceId, 'board-5');
  });

  test('waits for the event that is meant, and takes messages as bytes, as a text and as JSON', async (t) => {
    const board = await createVirtualModule({ cloud, deviceId: 'board-1' });
    t.after(() => board.close());
    const second = cloud.nextEvent('telemetry', { match: ({ body }) => Object(body).n === 2 });
    let n = 0;
    await runSession({
      port: () => board.connect(),
      wifi: board.wifi,
      idScope: cloud.idScope,
      interval: 1,
      device: { telemetry: { n: () => ++n } },
      count: 2,
    });
    const { deviceId, body } = await second;
    assert.deepEqual([deviceId, body], ['board-1', { n: 2 }]);

    const table: [Uint8Array | Json, string][] = [
      [Uint8Array.of(0x68, 0x69), 'hi'],
      ['hi', 'hi'],
      [{ hello: ['board'] }, '{"hello":["board"]}'],
    ];
    for (const [body, sent] of table) {
      const message = cloud.nextEvent('message');
      await cloud.sendMessage('board-1', body);
      assert.equal((await message).body, sent);
    }
    await assert.rejects(
      cloud.sendMessage('nobody', 'hi'),
      (error) => error instanceof AzureError && error.code === 404001,
    );
  });
});

test('the certificates of a cloud can be given to the next one', async () => {
  const first = await startLocalCloud();
  await first.close();
  const kept: typeof first.pki = JSON.parse(JSON.stringify(first.pki));
  const next = await startLocalCloud({ pki: kept, devices: [] });
  await next.close();
  assert.equal(next.ca, first.ca);
  assert.deepEqual(next.identities, []);
});

/** Listens on a port; 0 is any free one. */
async function occupy(port: number): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

test('a port that is taken is said with the code of the system, and nothing is left open', async () => {
  const [free, taken] = [await occupy(0), await occupy(0)];
  await free.close();
  const started = startLocalCloud({ devices: [], mqttPort: free.port, httpPort: taken.port });
  await assert.rejects(started, { code: 'EADDRINUSE', port: taken.port });
  await taken.close();
  await (await occupy(free.port)).close();
});

test('options that are wrong are refused', async () => {
  await assert.rejects(Reflect.apply(startLocalCloud, undefined, [{ devices: 'board-1' }]), TypeError);
  await assert.rejects(startLocalCloud({ devices: [], host: '0.0.0.0' }), /key/);
});

test('an event that does not come, a signal and the end of the cloud end the wait for it', async () => {
  const clock = new VirtualClock(Date.now());
  const cloud = await startLocalCloud({ devices: [], clock });
  const late = cloud.nextEvent('telemetry', { timeout: 5 });
  const refused = assert.rejects(late, { code: 'ETIMEDOUT', message: 'No event "telemetry" has come within 5 s' });
  await clock.advance(4_999);
  const stop = new AbortController();
  const given = assert.rejects(cloud.nextEvent('telemetry', { signal: stop.signal }), /enough/);
  stop.abort(new Error('enough'));
  await given;
  await clock.advance(1);
  await refused;
  const last = assert.rejects(cloud.nextEvent('command'), { code: 'ECANCELED' });
  await cloud.close();
  await last;
  await assert.rejects(cloud.nextEvent('command'), /was closed/);
});
