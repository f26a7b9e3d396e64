/** The version that the service documents; later ones are previews (Azure 1.1). */
export const DPS_API_VERSION = '2019-03-31';
/** Without it the hub offers no twins; a model id needs 2020-09-30 or later (Azure 2.1). */
export const HUB_API_VERSION = '2021-04-12';

/** MQTT user name at DPS (Azure 1.1). The identity itself is the client certificate, so there is no password. */
export function dpsUserName(idScope: string, registrationId: string): string {
  return `${idScope}/registrations/${registrationId}/api-version=${DPS_API_VERSION}`;
}

/** MQTT user name at the hub (Azure 2.1), with the Plug and Play model where one is given. */
export function hubUserName(host: string, deviceId: string, modelId?: string): string {
  const model = modelId === undefined ? '' : `&model-id=${modelId}`;
  return `${host}/${deviceId}/?api-version=${HUB_API_VERSION}${model}`;
}
