// What Microsoft's samples of the device SDK do, by the connection string of a device with a symmetric key.
import device from 'azure-iot-device';
import http from 'azure-iot-device-http';
import mqtt from 'azure-iot-device-mqtt';
import iothub from 'azure-iothub';
import { check, next, run } from './run.mjs';

const { Client, Message, SharedAccessSignature } = device;
const { DEVICE_CONNECTION_STRING, IOTHUB_CONNECTION_STRING } = process.env;
const parts = Object.fromEntries(DEVICE_CONNECTION_STRING.split(';').map((part) => part.split(/=(.*)/s)));
const service = iothub.Client.fromConnectionString(IOTHUB_CONNECTION_STRING);
const registry = iothub.Registry.fromConnectionString(IOTHUB_CONNECTION_STRING);

async function sendWith(client) {
  await client.open();
  const message = new Message(JSON.stringify({ windSpeed: 10.5 }));
  message.properties.add('temperatureAlert', 'false');
  await client.sendEvent(message);
  await client.close();
}

/** A device that reports what is desired of it, and answers a command. */
async function plugAndPlay(modelId, component, command) {
  const client = Client.fromConnectionString(DEVICE_CONNECTION_STRING, mqtt.Mqtt);
  await client.setOptions({ modelId });
  await client.open();
  const name = component === null ? command : `${component}*${command}`;
  client.onDeviceMethod(name, (request, response) => response.send(200, { since: request.payload }));
  const twin = await client.getTwin();
  const message = new Message('{"temperature":38.6}');
  if (component !== null) message.properties.add('$.sub', component);
  await client.sendEvent(message);
  const told = next(twin, 'properties.desired.targetTemperature');
  const digital = new iothub.DigitalTwinClient(new iothub.IoTHubTokenCredentials(IOTHUB_CONNECTION_STRING));
  await digital.updateDigitalTwin(parts.DeviceId, [{ op: 'add', path: '/targetTemperature', value: 42 }]);
  check((await told) === 42, 'the desired value arrives');
  const reported = { targetTemperature: { value: 42, ac: 200, av: twin.properties.desired.$version, ad: 'done' } };
  await new Promise((resolve, reject) =>
    twin.properties.reported.update(reported, (error) => (error ? reject(error) : resolve())),
  );
  const seen = await digital.getDigitalTwin(parts.DeviceId);
  check(seen.$metadata.$model === modelId && seen.targetTemperature === 42, 'the digital twin shows it');
  const answer =
    component === null
      ? await digital.invokeCommand(parts.DeviceId, command, 5)
      : await digital.invokeComponentCommand(parts.DeviceId, component, command, 5);
  check(answer.body.since === 5, 'the command is answered');
  await client.close();
}

await run({
  simple_sample_device: () => sendWith(Client.fromConnectionString(DEVICE_CONNECTION_STRING, mqtt.Mqtt)),
  'simple_sample_device, MQTT over WebSocket': () =>
    sendWith(Client.fromConnectionString(DEVICE_CONNECTION_STRING, mqtt.MqttWs)),
  'simple_sample_device, HTTPS': () => sendWith(Client.fromConnectionString(DEVICE_CONNECTION_STRING, http.Http)),
  async send_batch_http() {
    const client = Client.fromConnectionString(DEVICE_CONNECTION_STRING, http.Http);
    await client.sendEventBatch([new Message('{"a":1}'), new Message('{"a":2}')]);
  },
  simple_sample_device_with_sas() {
    const until = Math.ceil(Date.now() / 1000 + 3600);
    const token = SharedAccessSignature.create(parts.HostName, parts.DeviceId, parts.SharedAccessKey, until).toString();
    return sendWith(Client.fromSharedAccessSignature(token, mqtt.Mqtt));
  },
  async simple_sample_device_twin() {
    const client = Client.fromConnectionString(DEVICE_CONNECTION_STRING, mqtt.Mqtt);
    await client.open();
    const twin = await client.getTwin();
    const changed = next(twin, 'properties.desired.climate');
    await new Promise((resolve, reject) =>
      twin.properties.reported.update({ firmwareVersion: '1.2.1' }, (error) => (error ? reject(error) : resolve())),
    );
    const { responseBody } = await registry.getTwin(parts.DeviceId);
    check(responseBody.properties.reported.firmwareVersion === '1.2.1', 'the report arrives');
    await responseBody.update({ properties: { desired: { climate: { minTemperature: 68 } } } });
    check((await changed).minTemperature === 68, 'the change arrives');
    await client.close();
  },
  async device_methods() {
    const client = Client.fromConnectionString(DEVICE_CONNECTION_STRING, mqtt.Mqtt);
    await client.open();
    client.onDeviceMethod('lockDoor', (request, response) => response.send(200, request.payload));
    const { result } = await service.invokeDeviceMethod(parts.DeviceId, {
      methodName: 'lockDoor',
      payload: { door: 1 },
      connectTimeoutInSeconds: 10,
    });
    check(result.status === 200 && result.payload.door === 1, 'the method is answered');
    await client.close();
  },
  async dmpatterns_reboot_device() {
    const client = Client.fromConnectionString(DEVICE_CONNECTION_STRING, mqtt.Mqtt);
    await client.open();
    const twin = await client.getTwin();
    const report = (patch) =>
      new Promise((resolve, reject) =>
        twin.properties.reported.update(patch, (error) => (error ? reject(error) : resolve())),
      );
    client.onDeviceMethod('reboot', async (_request, response) => {
      await report({ iothubDM: { reboot: { lastReboot: new Date().toISOString() } } });
      await response.send(200, 'Reboot started');
    });
    const { result } = await service.invokeDeviceMethod(parts.DeviceId, {
      methodName: 'reboot',
      connectTimeoutInSeconds: 10,
    });
    check(result.payload === 'Reboot started', 'it reboots');
    const query = registry.createQuery(
      `SELECT * FROM devices WHERE is_defined(properties.reported.iothubDM.reboot.lastReboot)`,
    );
    check((await query.nextAsTwin()).result[0].deviceId === parts.DeviceId, 'the query finds it');
    await client.close();
  },
  pnp_simple_thermostat: () => plugAndPlay('dtmi:com:example:Thermostat;1', null, 'getMaxMinReport'),
  pnp_temperature_controller: () =>
    plugAndPlay('dtmi:com:example:TemperatureController;1', 'thermostat1', 'getMaxMinReport'),
  async 'a message to a device, HTTPS'() {
    const client = Client.fromConnectionString(DEVICE_CONNECTION_STRING, http.Http);
    client.setOptions({ http: { receivePolicy: { manualPolling: true, drain: false } } });
    await fetch(process.env.API_MESSAGES, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"body":"hello"}',
    });
    const received = next(client, 'message');
    client._transport.receive();
    const message = await received;
    check(message.getData().toString() === 'hello', 'the message arrives');
    await client.complete(message);
  },
});
