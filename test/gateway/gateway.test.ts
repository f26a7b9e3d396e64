import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { boardClient, cloud, connectBytes, DEVICE, DPS_HOST, dpsUser, HUB, hubUser, startRig } from './rig.ts';

after(() => cloud.close());

test('a board without TLS registers at DPS and sends telemetry to its hub', async (t) => {
  const { gateway, event } = await startRig(t);
  const atDps = boardClient(t, gateway);
  // The module's own bytes, with its empty password (AT protocol 8.1).
  atDps.sendBytes(connectBytes({ userName: Buffer.from(dpsUser()) }));
  assert.equal((await atDps.next('connack')).returnCode, 0);
  await atDps.subscribe('$dps/registrations/res/#');
  const { json } = await atDps.request('$dps/registrations/PUT/iotdps-register/?$rid=1', { registrationId: DEVICE });
  assert.equal(json['status'], 'assigned');
  atDps.send({ cmd: 'disconnect' });
  await atDps.closed();
  assert.equal((await event('cloud-connected')).host, DPS_HOST);

  const atHub = boardClient(t, gateway);
  assert.equal((await atHub.connect({ clientId: DEVICE, username: hubUser() })).returnCode, 0);
  const arrived = cloud.nextEvent('telemetry');
  atHub.publish(`devices/${DEVICE}/messages/events/`, { temperature: 21 }, { qos: 1 });
  await atHub.next('puback');
  assert.deepEqual((await arrived).body, { temperature: 21 });
  await atHub.subscribe('$iothub/methods/POST/#');
  const answer = cloud.invokeMethod(DEVICE, 'reboot', { delay: 'PT1S' });
  const { topic } = await atHub.message();
  atHub.publish(`$iothub/methods/res/200/${topic.slice(topic.indexOf('?'))}`, { status: 'ok' });
  assert.deepEqual((await answer).response, { status: 'ok' });
  await event('cloud-connected', ({ host }) => host === HUB);
});
