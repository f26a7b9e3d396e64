import { type Json, own } from '../../../json.ts';
import { AzureError } from '../azure-error.ts';
import type { TwinChanges } from '../back-end.ts';
import type { CloudContext } from '../context.ts';
import type { DeviceRegistry } from '../devices.ts';
import type { Hub } from '../hub.ts';
import { anything, nullOr, number, object, objectOf, optional, text } from '../shape.ts';
import { withoutMetadata } from '../twin.ts';
import { checkDeviceId, twinJson } from './device-json.ts';
import { checkIfMatch } from './if-match.ts';
import { methodErrorBody } from './rest-error.ts';
import type { RestReply, RestRoute } from './route.ts';

const readTwin = objectOf(
  {
    tags: optional(nullOr(object)),
    properties: optional(nullOr(objectOf({ desired: optional(nullOr(object)) }, 'ignored'))),
  },
  'ignored',
);

const readMethod = objectOf(
  {
    methodName: text,
    payload: optional(anything),
    responseTimeoutInSeconds: optional(nullOr(number)),
    connectTimeoutInSeconds: optional(nullOr(number)),
  },
  'ignored',
);

/** What a body asks for; what is not in a replacement goes. */
function changesIn(body: Json, replace: boolean): TwinChanges {
  const { tags, properties } = readTwin(body, '');
  const desired = properties?.desired;
  return {
    ...(tags ? { tags } : replace ? { tags: {} } : {}),
    ...(desired ? { desired: withoutMetadata(desired) } : replace ? { desired: {} } : {}),
  };
}

/** Device twins and direct methods, of the hub's service API. */
export function twinRoutes(devices: DeviceRegistry, hub: Hub, context: CloudContext): RestRoute[] {
  const common = { service: 'hub', needs: ['ServiceConnect'] } as const;
  const show = (id: string): RestReply => {
    checkDeviceId(id);
    const body = twinJson(devices.get(id));
    return { status: 200, body, headers: { ETag: `"${String(own(body, 'etag'))}"` } };
  };
  const change = (method: 'PATCH' | 'PUT'): RestRoute => ({
    ...common,
    method,
    path: '/twins/:',
    async handle({ parameters: [id = ''], headers, json }) {
      checkDeviceId(id);
      await hub.changeTwin(id, changesIn(json(), method === 'PUT'), {
        replace: method === 'PUT',
        isAllowed: (etag) => checkIfMatch(headers['if-match'], etag),
      });
      return show(id);
    },
  });
  return [
    {
      ...common,
      needs: ['ServiceConnect', 'RegistryRead'],
      method: 'GET',
      path: '/twins/:',
      handle: ({ parameters: [id = ''] }) => show(id),
    },
    change('PATCH'),
    change('PUT'),
    {
      ...common,
      method: 'POST',
      path: '/twins/:/methods',
      async handle({ parameters: [id = ''], json }) {
        checkDeviceId(id);
        devices.get(id);
        const {
          methodName,
          payload = null,
          responseTimeoutInSeconds,
          connectTimeoutInSeconds,
        } = readMethod(json(), '');
        try {
          const { status, response } = await hub.invokeMethod(id, methodName, payload, {
            ...(responseTimeoutInSeconds == null ? {} : { response: responseTimeoutInSeconds }),
            ...(connectTimeoutInSeconds == null ? {} : { connect: connectTimeoutInSeconds }),
          });
          return { status: 200, body: { status, payload: response } };
        } catch (thrown) {
          if (!(thrown instanceof AzureError) || thrown.status === 400) throw thrown;
          const { clock, random } = context;
          return { status: thrown.status, body: methodErrorBody(thrown, { now: clock.wall(), random }) };
        }
      },
    },
    {
      ...common,
      method: 'DELETE',
      path: '/devices/:/commands',
      async handle({ parameters: [id = ''] }) {
        checkDeviceId(id);
        const { messages } = devices.get(id);
        const totalMessagesPurged = messages.length;
        await messages.purge();
        return { status: 200, body: { deviceId: id, totalMessagesPurged, moduleId: null } };
      },
    },
  ];
}
