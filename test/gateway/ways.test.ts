import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { deviceKey } from '../../src/gateway/shared-access.ts';
import { boardClient, cloud, DEVICE, dpsUser, HUB, hubUser, type Rig, startRig } from './rig.ts';

after(() => cloud.close());

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** Registers and sends telemetry, as a board does. */
async function walkThrough(t: TestContext, { gateway }: Rig, id: string): Promise<void> {
  const atDps = boardClient(t, gateway);
  assert.equal((await atDps.connect({ clientId: id, username: dpsUser(id) })).returnCode, 0);
  await atDps.subscribe('$dps/registrations/res/#');
  const { json } = await atDps.request('$dps/registrations/PUT/iotdps-register/?$rid=1', { registrationId: id });
  assert.equal(json['status'], 'assigned', JSON.stringify(json));
  atDps.send({ cmd: 'disconnect' });
  await atDps.closed();
  const atHub = boardClient(t, gateway);
  assert.equal((await atHub.connect({ clientId: id, username: hubUser(id) })).returnCode, 0);
  const arrived = cloud.nextEvent('telemetry', { match: ({ deviceId }) => deviceId === id });
  atHub.publish(`devices/${id}/messages/events/`, { temperature: 21 }, { qos: 1 });
  await atHub.next('puback');
  assert.deepEqual((await arrived).body, { temperature: 21 });
  atHub.send({ cmd: 'disconnect' });
  await atHub.closed();
}

const PRIMARY = Buffer.alloc(32, 1).toString('base64');
const SECONDARY = Buffer.alloc(32, 2).toString('base64');

test('where the port of MQTT is blocked, it goes over WebSocket, and from then on at once', async (t) => {
  const port = await closedPort();
  let asked = 0;
  const rig = await startRig(t, {
    resolve: (name) => {
      if (name.endsWith(':443')) return { host: '127.0.0.1', port: cloud.httpsPort ?? 0 };
      asked++;
      return { host: '127.0.0.1', port };
    },
  });
  await walkThrough(t, rig, DEVICE);
  const connected = rig.events.filter(({ happening }) => happening === 'cloud-connected');
  assert.deepEqual(
    connected.map(({ via }) => via),
    ['websocket', 'websocket'],
  );
  assert.match(connected[0]?.message ?? '', /over WebSocket on port 443, since the port of MQTT is blocked/);
  const before = asked;
  const again = boardClient(t, rig.gateway);
  assert.equal((await again.connect({ clientId: DEVICE, username: hubUser() })).returnCode, 0);
  assert.equal(asked, before);
  // A large packet comes in one piece all the same.
  await again.subscribe('$iothub/twin/res/#');
  await again.request('$iothub/twin/GET/?$rid=1');
});

test('a symmetric key of an individual enrollment, by its token', async (t) => {
  const id = 'by-own-key';
  await cloud.enrollments.put({
    kind: 'individual',
    registrationId: id,
    symmetricKey: { primaryKey: PRIMARY, secondaryKey: SECONDARY },
  });
  for (const key of [PRIMARY, SECONDARY]) {
    await walkThrough(
      t,
      await startRig(t, { boards: [{ deviceId: id, credentials: { kind: 'key', key }, address: null }] }),
      id,
    );
  }
});

test('a symmetric key that is derived from that of a group, over WebSocket as well', async (t) => {
  await cloud.enrollments.put({
    kind: 'group',
    id: 'workshop',
    symmetricKey: { primaryKey: PRIMARY, secondaryKey: SECONDARY },
  });
  const id = 'by-group-key';
  const boards = [{ deviceId: id, credentials: { kind: 'key', key: deviceKey(PRIMARY, id) } as const, address: null }];
  await walkThrough(t, await startRig(t, { boards }), id);
  const port = await closedPort();
  const resolve = (name: string) =>
    name.endsWith(':443') ? { host: '127.0.0.1', port: cloud.httpsPort ?? 0 } : { host: '127.0.0.1', port };
  await walkThrough(t, await startRig(t, { boards, resolve }), id);
});

test('a key that is not that of the enrollment is refused, and Azure says so', async (t) => {
  const wrong = Buffer.alloc(32, 9).toString('base64');
  const rig = await startRig(t, {
    boards: [{ deviceId: DEVICE, credentials: { kind: 'key', key: wrong }, address: null }],
    clock: systemClock,
  });
  const client = boardClient(t, rig.gateway);
  const { returnCode } = await client.connect({ clientId: DEVICE, username: hubUser(DEVICE, HUB) });
  assert.ok(returnCode === 5 || returnCode === 4, String(returnCode));
  assert.equal((await rig.event('cloud-refused')).code, returnCode);
  assert.equal(rig.gateway.boards.failure(DEVICE)?.code, 'E_GATEWAY_REFUSED');
  assert.doesNotMatch(JSON.stringify(rig.events), new RegExp(wrong.slice(0, 12)));
});
