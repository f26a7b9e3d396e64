import { createRequire } from 'node:module';
import common, { type RetryPolicy } from 'azure-iot-common';
import { Client, type DeviceClientOptions, type Twin } from 'azure-iot-device';
import { Mqtt as HubTransport } from 'azure-iot-device-mqtt';
import provisioning from 'azure-iot-provisioning-device';
import { Mqtt as DpsTransport } from 'azure-iot-provisioning-device-mqtt';
import { X509Security } from 'azure-iot-security-x509';
import type { KeyedCertificate } from '../../src/simulator/cloud/pki.ts';
import { SCOPE, type Simulation, type SimulationDevice } from './cloud.ts';

// CommonJS whose names Node cannot find from outside.
const { NoRetry } = common;
const { ProvisioningDeviceClient } = provisioning;

type MqttBase = NonNullable<ConstructorParameters<typeof DpsTransport>[0]>;
// The DPS transport has no option for a CA. Its base has one, and is a copy of its own within the package.
const ownRequire = createRequire(createRequire(import.meta.url).resolve('azure-iot-provisioning-device-mqtt'));
const { MqttBase } = ownRequire('azure-iot-mqtt-base') as { MqttBase: new () => MqttBase };

export interface Assignment {
  assignedHub: string;
  deviceId: string;
  status: string;
  substatus: string;
  payload?: unknown;
}

export interface Registrant extends KeyedCertificate {
  registrationId: string;
}

/** Registers through Microsoft's provisioning client, and gives what it gives. */
export async function provision(
  { host, pki }: Simulation,
  { registrationId, certificate, key }: Registrant,
  { scope = SCOPE, payload, ca = pki.ca }: { scope?: string; payload?: object; ca?: string } = {},
): Promise<Assignment> {
  const base = new MqttBase();
  base.setOptions({ ca });
  const security = new X509Security(registrationId, { cert: certificate, key });
  const client = ProvisioningDeviceClient.create(host, scope, new DpsTransport(base), security);
  if (payload) client.setProvisioningPayload(payload);
  return (await client.register()) as unknown as Assignment;
}

export interface HubClientOptions extends DeviceClientOptions {
  host?: string;
  /** None unless told: what goes wrong shows. */
  retry?: RetryPolicy;
}

/** Microsoft's device client, not yet connected. */
export async function hubClient(
  { host: simulationHost, pki }: Simulation,
  { id, certificate, key }: SimulationDevice,
  { host = simulationHost, retry = new NoRetry(), ...options }: HubClientOptions = {},
): Promise<Client> {
  const client = Client.fromConnectionString(`HostName=${host};DeviceId=${id};x509=true`, HubTransport);
  client.setRetryPolicy(retry);
  await client.setOptions({ ca: pki.ca, cert: certificate, key, ...options });
  return client;
}

/** Resolves when the SDK has sent a report and its answer has come. */
export function report(twin: Twin, patch: object): Promise<void> {
  const { update } = twin.properties.reported as {
    update: (patch: object, done: (error?: Error | null) => void) => void;
  };
  return new Promise((resolve, reject) => update(patch, (error) => (error ? reject(error) : resolve())));
}

/** Resolves when the hub has confirmed the subscription to desired properties. */
export function listenToDesired(twin: Twin): Promise<void> {
  return new Promise((resolve, reject) =>
    twin.enableTwinDesiredPropertiesUpdates((error) => (error ? reject(error) : resolve())),
  );
}
