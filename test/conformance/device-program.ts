// A device as anyone would write it for Azure: nothing in it knows that the cloud is on this computer, except that
// NODE_EXTRA_CA_CERTS is set. Arguments: DPS host, ID scope, registration id, certificate file, key file, hub port.
import { readFileSync } from 'node:fs';
import device, { type DeviceMethodRequest, type DeviceMethodResponse } from 'azure-iot-device';
import { Mqtt as HubTransport } from 'azure-iot-device-mqtt';
import provisioning from 'azure-iot-provisioning-device';
import { Mqtt as DpsTransport } from 'azure-iot-provisioning-device-mqtt';
import { X509Security } from 'azure-iot-security-x509';
import { MODEL } from './cloud.ts';
import { report } from './sdk.ts';

const [dpsHost = '', scope = '', registrationId = '', certificateFile = '', keyFile = '', hubPort] =
  process.argv.slice(2);
const identity = { cert: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };

const security = new X509Security(registrationId, identity);
const registrar = provisioning.ProvisioningDeviceClient.create(dpsHost, scope, new DpsTransport(), security);
registrar.setProvisioningPayload({ modelId: MODEL });
const assignment = await registrar.register();
if (!assignment) throw new Error('no assignment');

const connection = `HostName=${assignment.assignedHub}:${hubPort};DeviceId=${assignment.deviceId};x509=true`;
const client = device.Client.fromConnectionString(connection, HubTransport);
await client.setOptions({ ...identity, modelId: MODEL });
await client.open();
await client.sendEvent(new device.Message('{"temperature":21.5}'));
const twin = await client.getTwin();
twin.on('properties.desired.telemetryInterval', (value: number) => {
  const acknowledged = { value, ac: 200, av: twin.properties.desired['$version'], ad: 'done' };
  report(twin, { telemetryInterval: acknowledged }).catch((error: unknown) => client.emit('error', error));
});
client.onDeviceMethod('sendMsg', (request: DeviceMethodRequest, response: DeviceMethodResponse) =>
  response.send(200, { status: request.payload.sendMsgString }),
);
client.onDeviceMethod('reboot', async (request: DeviceMethodRequest, response: DeviceMethodResponse) => {
  await response.send(200, { status: 'Success', delay: request.payload.delay });
  await client.close();
  process.exit(0);
});
