// A test of a device: relay.mjs, on a virtual module, against a local cloud that plays the back end.
//
//     node --test examples/relay.test.mjs

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runSession } from 'anycloud-iotc';
import { createVirtualModule, startLocalCloud } from 'anycloud-iotc/simulator';
import relay from './relay.mjs';

const ID = 'relay-1';
const stop = new AbortController();
let cloud;
let board;
let session;

before(async () => {
  cloud = await startLocalCloud({ devices: [ID], assigningAnswers: 0 });
  board = await createVirtualModule({ cloud });
  const telemetry = cloud.nextEvent('telemetry');
  session = runSession({
    port: () => board.connect(),
    wifi: board.wifi,
    idScope: cloud.idScope,
    device: relay,
    interval: 1,
    signal: stop.signal,
  });
  // A session that fails must not leave the test waiting.
  await Promise.race([telemetry, session]);
});

after(async () => {
  stop.abort();
  await session;
  board.close();
  await cloud.close();
});

/** The next acknowledgement of a desired property. */
async function acknowledged(name) {
  const { patch } = await cloud.nextEvent('property', {
    match: ({ side, patch }) => side === 'reported' && name in patch,
  });
  return patch[name];
}

test('the cloud turns the relay on', async () => {
  const answer = acknowledged('relay');
  await cloud.patchDesired(ID, { relay: true });
  const { value, ac } = await answer;
  assert.deepEqual({ value, ac }, { value: true, ac: 200 });
});

test('what is no boolean is refused, and the relay stays as it is', async () => {
  const answer = acknowledged('relay');
  await cloud.patchDesired(ID, { relay: 'on' });
  const { value, ac, ad } = await answer;
  assert.deepEqual({ value, ac }, { value: true, ac: 400 });
  assert.match(ad, /relay must be true or false/);
});

test('a test of the relay is answered when it has ended, and reports its time', async () => {
  const reported = acknowledged('lastTest');
  const { status, response } = await cloud.invokeMethod(ID, 'test', { seconds: 1 });
  assert.deepEqual({ status, response }, { status: 200, response: { status: 'passed', seconds: 1 } });
  assert.ok(Date.parse(await reported) <= Date.now());
});

test('the hub ends the connection, and telemetry goes on', async () => {
  const disconnected = cloud.nextEvent('disconnect');
  await cloud.faults.inject({ type: 'kick', deviceId: ID });
  await disconnected;
  const { body } = await cloud.nextEvent('telemetry');
  assert.deepEqual(Object.keys(body), ['switched']);
});
