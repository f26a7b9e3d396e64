import { POLICY_NAMES, type Policies, type PolicyName } from './policies.ts';

/** The ports that clients of Azure know without being told. */
const MQTT_PORT = 8883;
export const HTTPS_PORT = 443;

/** A host with its port, where that is not the usual one: few clients can be told of another. */
const at = (host: string, port: number, usual: number) => (port === usual ? host : `${host}:${port}`);

/** What a device's client is made from. @param mqttPort of MQTT over TLS */
export const deviceConnectionString = (
  { host, mqttPort }: { host: string; mqttPort: number },
  deviceId: string,
  key: string,
): string => `HostName=${at(host, mqttPort, MQTT_PORT)};DeviceId=${deviceId};SharedAccessKey=${key}`;

/** What a client of the hub's or of DPS's service API is made from. */
export const policyConnectionString = (
  { host, httpsPort }: { host: string; httpsPort: number },
  policy: PolicyName,
  key: string,
): string => `HostName=${at(host, httpsPort, HTTPS_PORT)};SharedAccessKeyName=${policy};SharedAccessKey=${key}`;

/** Those of all policies. */
export const connectionStringsOf = (
  policies: Policies,
  place: { host: string; httpsPort: number },
): Record<PolicyName, string> => {
  const entries = POLICY_NAMES.map((name) => [
    name,
    policyConnectionString(place, name, policies.get(name).primaryKey),
  ]);
  return Object.fromEntries(entries) as Record<PolicyName, string>;
};
