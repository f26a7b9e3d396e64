// What Microsoft's samples of the provisioning SDKs do: enroll by the service API, register as a device, go on to the hub.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import device from 'azure-iot-device';
import mqtt from 'azure-iot-device-mqtt';
import provisioning from 'azure-iot-provisioning-device';
import httpTransport from 'azure-iot-provisioning-device-http';
import mqttTransport from 'azure-iot-provisioning-device-mqtt';
import provisioningService from 'azure-iot-provisioning-service';
import symmetricKey from 'azure-iot-security-symmetric-key';
import x509 from 'azure-iot-security-x509';
import { check, run } from './run.mjs';

const { PROVISIONING_CONNECTION_STRING, PROVISIONING_HOST, ID_SCOPE, CERTIFICATE_FILE, KEY_FILE } = process.env;
const dps = provisioningService.ProvisioningServiceClient.fromConnectionString(PROVISIONING_CONNECTION_STRING);
const KEY = Buffer.alloc(64, 5).toString('base64');

async function register(Transport, security) {
  const client = provisioning.ProvisioningDeviceClient.create(PROVISIONING_HOST, ID_SCOPE, new Transport(), security);
  client.setProvisioningPayload({ modelId: 'dtmi:com:example:Thermostat;1' });
  const result = await client.register();
  check(result.status === 'assigned', 'it is assigned');
  return result;
}

async function goOn({ assignedHub, deviceId }, key) {
  const connection = `HostName=${assignedHub};DeviceId=${deviceId};SharedAccessKey=${key}`;
  const client = device.Client.fromConnectionString(connection, mqtt.Mqtt);
  await client.open();
  await client.sendEvent(new device.Message('{"hello":1}'));
  await client.close();
}

const identity = () => ({ cert: readFileSync(CERTIFICATE_FILE, 'utf8'), key: readFileSync(KEY_FILE, 'utf8') });

const individual = (registrationId) => ({
  registrationId,
  attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: KEY, secondaryKey: KEY } },
  provisioningStatus: 'enabled',
});

await run({
  async create_individual_symmetric_enrollment() {
    const { responseBody } = await dps.createOrUpdateIndividualEnrollment(individual('symmetric'));
    check(responseBody.etag !== undefined, 'it is enrolled');
    const { responseBody: how } = await dps.getIndividualEnrollmentAttestationMechanism('symmetric');
    check(how.symmetricKey.primaryKey === KEY, 'its key is shown');
  },
  async register_symkey() {
    const security = new symmetricKey.SymmetricKeySecurityClient('symmetric', KEY);
    await goOn(await register(mqttTransport.Mqtt, security), KEY);
    const { responseBody } = await dps.getDeviceRegistrationState('symmetric');
    check(responseBody.status === 'assigned', 'its state is known');
  },
  async 'register_symkey, MQTT over WebSocket'() {
    await register(mqttTransport.MqttWs, new symmetricKey.SymmetricKeySecurityClient('symmetric', KEY));
  },
  async 'register_symkey, HTTPS'() {
    await register(httpTransport.Http, new symmetricKey.SymmetricKeySecurityClient('symmetric', KEY));
  },
  async create_enrollment_group() {
    const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey: KEY, secondaryKey: KEY } };
    await dps.createOrUpdateEnrollmentGroup({ enrollmentGroupId: 'group', attestation });
    check((await dps.getEnrollmentGroup('group')).responseBody.enrollmentGroupId === 'group', 'it is there');
  },
  async register_symkeygroup() {
    const derived = createHmac('SHA256', Buffer.from(KEY, 'base64')).update('of-group').digest('base64');
    const security = new symmetricKey.SymmetricKeySecurityClient('of-group', derived);
    await goOn(await register(mqttTransport.Mqtt, security), derived);
    const query = dps.createEnrollmentGroupDeviceRegistrationStateQuery({ query: '*' }, 'group', 10);
    const page = await query.next();
    check((page.responseBody ?? page.result ?? page)[0].registrationId === 'of-group', 'its group lists it');
  },
  async create_individual_x509_enrollment() {
    const certificate = readFileSync(CERTIFICATE_FILE, 'utf8');
    const attestation = { type: 'x509', x509: { clientCertificates: { primary: { certificate } } } };
    await dps.createOrUpdateIndividualEnrollment({ registrationId: 'x509-device', attestation });
  },
  async register_x509() {
    await register(mqttTransport.Mqtt, new x509.X509Security('x509-device', identity()));
  },
  async simple_sample_device_x509() {
    const client = device.Client.fromConnectionString(
      `HostName=${PROVISIONING_HOST};DeviceId=x509-device;x509=true`,
      mqtt.Mqtt,
    );
    await client.setOptions(identity());
    await client.open();
    await client.sendEvent(new device.Message('{"hello":1}'));
    await client.close();
  },
  async create_individual_tpm_enrollment() {
    const attestation = { type: 'tpm', tpm: { endorsementKey: 'a' } };
    const { responseBody } = await dps.createOrUpdateIndividualEnrollment({ registrationId: 'tpm', attestation });
    check(responseBody.attestation.tpm.endorsementKey === 'a', 'it is enrolled');
  },
  async query() {
    const query = dps.createIndividualEnrollmentQuery({ query: '*' }, 2);
    const ids = [];
    const nextPage = () =>
      new Promise((resolve, reject) => query.next((error, page) => (error ? reject(error) : resolve(page))));
    while (query.hasMoreResults) ids.push(...(await nextPage()).map(({ registrationId }) => registrationId));
    check(ids.includes('symmetric') && ids.includes('tpm'), 'the pages have all of them');
  },
  async run_bulk_operation() {
    const enrollments = ['bulk-1', 'bulk-2'].map(individual);
    for (const mode of ['create', 'update', 'delete']) {
      // The SDK tells the result to a callback only.
      const result = await new Promise((resolve, reject) =>
        dps.runBulkEnrollmentOperation({ mode, enrollments }, (error, body) => (error ? reject(error) : resolve(body))),
      );
      check(result.isSuccessful, `${mode} is done`);
    }
  },
  async create_delete() {
    const { responseBody } = await dps.createOrUpdateIndividualEnrollment(individual('short-lived'));
    const changed = await dps.createOrUpdateIndividualEnrollment({ ...responseBody, provisioningStatus: 'disabled' });
    check(changed.responseBody.provisioningStatus === 'disabled', 'it is disabled');
    await dps.deleteIndividualEnrollment(changed.responseBody);
    const error = await dps.getIndividualEnrollment('short-lived').catch((thrown) => thrown);
    check(error instanceof Error, 'it is gone');
    await dps.deleteEnrollmentGroup('group');
  },
});
