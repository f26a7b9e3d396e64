import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { connect } from 'node:tls';
import { createWebSocketStream, WebSocket } from 'ws';
import { type LocalCloud, startLocalCloud } from '../../../src/simulator/index.ts';
import { DeviceClient, DPS_ANSWERS, dpsUser, hubUser } from './device-client.ts';
import { partsOf, sas } from './rest-client.ts';

const ID = 'board-1';
let cloud: LocalCloud;
before(async () => {
  cloud = await startLocalCloud({ devices: ['certified'], symmetricKeyDevices: [ID], assigningAnswers: 0 });
});
after(() => cloud.close());

const urlOf = (path: string) => `wss://127.0.0.1:${cloud.httpsPort}${path}`;
const tokenFor = (resource: string) =>
  sas(resource, partsOf(cloud.symmetricKeyIdentities[0]?.connectionString ?? '')['SharedAccessKey'] ?? '');

function open(path = '/$iothub/websocket', protocols: string[] = ['mqtt'], tls: { cert?: string; key?: string } = {}) {
  return new WebSocket(urlOf(path), protocols, { ca: cloud.ca, ...tls });
}

suite('MQTT over WebSocket', () => {
  for (const path of ['/$iothub/websocket', '/%24iothub/websocket?iothub-no-client-cert=true']) {
    test(`a device with a token sends telemetry at ${path}`, async () => {
      const client = new DeviceClient(createWebSocketStream(open(path)));
      const password = Buffer.from(tokenFor(`127.0.0.1/devices/${ID}`));
      const { returnCode } = await client.connect({ clientId: ID, username: hubUser(ID, '127.0.0.1'), password });
      assert.equal(returnCode, 0);
      const arrived = cloud.nextEvent('telemetry');
      client.publish(`devices/${ID}/messages/events/`, { a: 1 }, { qos: 1 });
      await client.next('puback');
      assert.deepEqual((await arrived).body, { a: 1 });
      client.send({ cmd: 'disconnect' });
      await client.closed();
    });
  }

  test('a device with a certificate registers at DPS', async () => {
    const [identity] = cloud.identities;
    const tls = { cert: identity?.certificate ?? '', key: identity?.key ?? '' };
    const client = new DeviceClient(createWebSocketStream(open(undefined, ['mqtt'], tls)));
    const username = dpsUser('certified', cloud.idScope);
    assert.equal((await client.connect({ clientId: 'certified', username })).returnCode, 0);
    await client.subscribe(DPS_ANSWERS);
    const { json } = await client.request('$dps/registrations/PUT/iotdps-register/?$rid=1', {});
    assert.equal(json['status'], 'assigned');
  });

  test('bytes that come as text end it', async () => {
    const socket = open();
    await once(socket, 'open');
    socket.send('\u0010\u0000');
    const [code] = await once(socket, 'close');
    assert.equal(code, 1003);
  });

  const refused: [name: string, path: string, protocols: string[], status: number, reason: RegExp][] = [
    ['another path', '/mqtt', ['mqtt'], 404, /there is no WebSocket at "\/mqtt"/],
    ['no subprotocol', '/$iothub/websocket', [], 400, /does not ask for the subprotocol mqtt/],
    ['AMQP', '/$iothub/websocket', ['AMQPWSB10'], 400, /speaks AMQP, which is not offered here/],
  ];
  for (const [name, path, protocols, status, reason] of refused) {
    test(`${name} is refused, and told`, async () => {
      const refusal = cloud.nextEvent('refusal');
      const [, response] = await once(open(path, protocols), 'unexpected-response');
      assert.equal(response.statusCode, status);
      response.destroy();
      assert.match((await refusal).reason, reason);
    });
  }
});

test('AMQP on a port of TLS is told of, on that of MQTT and on that of HTTPS', async () => {
  for (const port of [cloud.mqttPort, cloud.httpsPort ?? 0]) {
    const refusal = cloud.nextEvent('refusal');
    const socket = connect({ host: '127.0.0.1', port, ca: cloud.ca });
    socket.on('error', () => undefined).resume();
    await once(socket, 'secureConnect');
    socket.write(Buffer.from('AMQP\u0003\u0001\u0000\u0000'));
    assert.match((await refusal).reason, /speaks AMQP, which is not offered here: let it use MQTT/);
    await once(socket, 'close');
  }
});
