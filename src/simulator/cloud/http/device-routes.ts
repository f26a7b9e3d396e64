import type { Json } from '../../../json.ts';
import { HttpError } from '../../../web/http-error.ts';
import type { Route } from '../../../web/router.ts';
import type { BackEnd, DeviceSummary } from '../back-end.ts';
import type { DeviceChanges } from '../devices.ts';
import { fingerprintOf } from '../identity.ts';
import { flag, listOf, nullOr, objectOf, optional, text } from '../shape.ts';
import { checkCondition, read } from './request.ts';

/** IoT Central's device, and what this cloud adds: how the device is known. */
const readBody = objectOf({
  id: optional(text),
  etag: optional(text),
  displayName: optional(text),
  enabled: optional(flag),
  simulated: optional(flag),
  template: optional(nullOr(text)),
  organizations: optional(listOf(text)),
  provisioned: optional(flag),
  connected: optional(flag),
  lastActivityTime: optional(nullOr(text)),
  certificate: optional(text),
  thumbprint: optional(text),
});

/** A device is known in one way: what it was known by before counts no more. */
const knownBy = (thumbprint: string): DeviceChanges => ({
  thumbprint,
  secondaryThumbprint: null,
  byAuthority: false,
  symmetricKey: null,
});

/** What may be sent back as it was, and cannot be changed. */
const READ_ONLY = ['id', 'provisioned', 'connected', 'lastActivityTime'] as const;

/**
 * The changes that a body asks for.
 * @param current what is there; undefined for a new device
 * @throws HttpError 400 for what cannot be changed, AzureError 400004 for a certificate that cannot be read
 */
function changesIn(
  {
    certificate,
    thumbprint,
    template,
    displayName,
    enabled,
    simulated,
    organizations,
    ...others
  }: ReturnType<typeof readBody>,
  id: string,
  current: DeviceSummary | undefined,
): DeviceChanges {
  const fixed = current ?? { id, provisioned: false, connected: false, lastActivityTime: null };
  const changed = READ_ONLY.find((name) => others[name] !== undefined && others[name] !== fixed[name]);
  if (changed !== undefined) throw new HttpError(400, `'${changed}' cannot be changed.`);
  if (certificate !== undefined && thumbprint !== undefined) {
    throw new HttpError(400, "Give either 'certificate' or 'thumbprint'.");
  }
  const print = fingerprintOf({ certificate, thumbprint });
  return {
    ...(displayName === undefined ? {} : { displayName }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(simulated === undefined ? {} : { simulated }),
    ...(organizations === undefined ? {} : { organizations }),
    ...(template === undefined ? {} : { modelId: template }),
    ...(print === undefined ? {} : knownBy(print)),
  };
}

export function deviceRoutes(cloud: BackEnd): Route[] {
  const change = async (id: string, body: Json, ifMatch: string | undefined, mustExist: boolean) => {
    const members = read(readBody, body);
    const current = cloud.findDevice(id);
    if (mustExist) cloud.device(id);
    const changes = changesIn(members, id, current);
    const device = await cloud.changeDevice(id, changes, (etag) => {
      checkCondition(ifMatch ?? members.etag, etag);
      if (mustExist) cloud.device(id);
    });
    return { status: 200, body: device, headers: { ETag: device.etag } };
  };
  return [
    {
      method: 'GET',
      path: '/api/devices',
      handle: () => ({ status: 200, body: { value: cloud.devices() } }),
    },
    {
      method: 'GET',
      path: '/api/devices/:',
      handle({ parameters: [id = ''] }) {
        const device = cloud.device(id);
        return { status: 200, body: device, headers: { ETag: device.etag } };
      },
    },
    {
      method: 'PUT',
      path: '/api/devices/:',
      handle: ({ parameters: [id = ''], body, headers }) => change(id, body, headers['if-match'], false),
    },
    {
      method: 'PATCH',
      path: '/api/devices/:',
      handle: ({ parameters: [id = ''], body, headers }) => change(id, body, headers['if-match'], true),
    },
    {
      method: 'DELETE',
      path: '/api/devices/:',
      async handle({ parameters: [id = ''] }) {
        await cloud.faults.inject({ type: 'delete', deviceId: id });
        return { status: 204 };
      },
    },
    {
      method: 'GET',
      path: '/api/devices/:/state',
      handle: ({ parameters: [id = ''] }) => ({ status: 200, body: cloud.state(id) }),
    },
    {
      method: 'GET',
      path: '/api/devices/:/identity',
      handle: ({ parameters: [id = ''] }) => ({ status: 200, body: cloud.identity(id) }),
    },
  ];
}
