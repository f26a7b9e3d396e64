import type { Json, JsonObject } from '../../../json.ts';
import { AzureError } from '../azure-error.ts';
import type { Device } from '../device.ts';
import type { DeviceRegistry } from '../devices.ts';
import { etagOf } from '../twin.ts';
import { changesIn, checkDeviceId, deviceJson } from './device-json.ts';
import { checkIfMatch } from './if-match.ts';
import type { RestReply, RestRoute } from './route.ts';

/** The most devices that one answer lists. */
const MOST_LISTED = 1000;

const withEtag = (device: Device): RestReply => {
  const body = deviceJson(device);
  return { status: 200, body, headers: { ETag: `"${String(body['etag'])}"` } };
};

/** Makes a device, or changes it where the request has an If-Match. @throws AzureError as Azure refuses it */
export function putDevice(
  devices: DeviceRegistry,
  id: string,
  body: Json,
  ifMatch: string | undefined,
): Promise<Device> {
  const changes = changesIn(id, body, devices.find(id)?.record);
  return devices.change(id, changes, (record) => {
    if (ifMatch === undefined) {
      if (record) throw new AzureError(409001, `A device with ID '${id}' is already registered.`);
      return;
    }
    if (!record) throw new AzureError(404001, `There is no device '${id}'.`);
    checkIfMatch(ifMatch, etagOf(record.revision));
  });
}

export const deleteDevice = (devices: DeviceRegistry, id: string, ifMatch: string | undefined): Promise<void> =>
  devices.delete(id, ({ revision }) => checkIfMatch(ifMatch, etagOf(revision)));

/** The hub's identity registry. */
export function registryRoutes(devices: DeviceRegistry): RestRoute[] {
  const reading = { service: 'hub', needs: ['RegistryRead', 'RegistryWrite'] } as const;
  const writing = { service: 'hub', needs: ['RegistryWrite'] } as const;
  const get = (id: string): Device => {
    checkDeviceId(id);
    return devices.get(id);
  };
  return [
    {
      ...reading,
      method: 'GET',
      path: '/devices',
      handle({ query }) {
        const top = query.get('top') ?? String(MOST_LISTED);
        if (!/^\d{1,6}$/.test(top) || Number(top) < 1) throw new AzureError(400004, "'top' must be from 1 to 1000.");
        return {
          status: 200,
          body: devices
            .all()
            .slice(0, Math.min(Number(top), MOST_LISTED))
            .map(deviceJson),
        };
      },
    },
    { ...reading, method: 'GET', path: '/devices/:', handle: ({ parameters: [id = ''] }) => withEtag(get(id)) },
    {
      ...writing,
      method: 'PUT',
      path: '/devices/:',
      handle: async ({ parameters: [id = ''], headers, json }) =>
        withEtag(await putDevice(devices, id, json(), headers['if-match'])),
    },
    {
      ...writing,
      method: 'DELETE',
      path: '/devices/:',
      async handle({ parameters: [id = ''], headers }) {
        get(id);
        await deleteDevice(devices, id, headers['if-match']);
        return { status: 204 };
      },
    },
    // There are no modules here, so a device has none.
    {
      ...reading,
      method: 'GET',
      path: '/devices/:/modules',
      handle({ parameters: [id = ''] }) {
        get(id);
        return { status: 200, body: [] };
      },
    },
    {
      ...reading,
      method: 'GET',
      path: '/statistics/devices',
      handle: () => ({ status: 200, body: deviceStatistics(devices.all()) }),
    },
    {
      service: 'hub',
      needs: ['RegistryRead', 'RegistryWrite', 'ServiceConnect'],
      method: 'GET',
      path: '/statistics/service',
      handle: () => ({ status: 200, body: { connectedDeviceCount: devices.all().filter(({ link }) => link).length } }),
    },
  ];
}

function deviceStatistics(all: Device[]): JsonObject {
  const enabled = all.filter(({ record }) => record.enabled).length;
  return {
    totalDeviceCount: all.length,
    enabledDeviceCount: enabled,
    disabledDeviceCount: all.length - enabled,
  };
}
