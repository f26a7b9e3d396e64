import type { Json, JsonObject } from '../../../json.ts';
import { AzureError } from '../azure-error.ts';
import type { DeviceRegistry } from '../devices.ts';
import { nullOr, object, objectOf, optional, ShapeError, text } from '../shape.ts';
import { deleteDevice, putDevice } from './registry-routes.ts';
import { nameOfCode } from './rest-error.ts';
import type { RestRoute } from './route.ts';

const MOST = 100;
const readItem = objectOf({ id: text, importMode: optional(nullOr(text)), eTag: optional(nullOr(text)) }, 'ignored');

/** Carries one item out. @throws AzureError, ShapeError */
async function perform(devices: DeviceRegistry, item: Json): Promise<void> {
  const { id, importMode, eTag } = readItem(item, '');
  const { id: _id, etag, ...body } = object(item, '');
  const condition = eTag || (typeof etag === 'string' && etag !== '' ? etag : undefined);
  switch (importMode?.toLowerCase() ?? 'create') {
    case 'create':
      await putDevice(devices, id, body, undefined);
      return;
    case 'createorupdate':
      await putDevice(devices, id, body, devices.find(id) ? '*' : undefined);
      return;
    case 'update':
      await putDevice(devices, id, body, '*');
      return;
    case 'updateifmatchetag':
      await putDevice(devices, id, body, condition ?? '""');
      return;
    case 'delete':
      return deleteDevice(devices, id, '*');
    case 'deleteifmatchetag':
      return deleteDevice(devices, id, condition ?? '""');
    default:
      throw new AzureError(400004, 'The importMode is not one of the identity registry.');
  }
}

async function errorOf(devices: DeviceRegistry, item: Json): Promise<JsonObject | undefined> {
  try {
    await perform(devices, item);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof AzureError) && !(thrown instanceof ShapeError)) throw thrown;
    const id = object(item, 'device')['id'];
    return {
      deviceId: typeof id === 'string' ? id : '',
      errorCode: nameOfCode(thrown instanceof AzureError ? thrown.code : 400004),
      errorStatus: thrown.message,
    };
  }
}

/** Many changes of the identity registry in one request; what can be carried out is. */
export function bulkRoutes(devices: DeviceRegistry): RestRoute[] {
  return [
    {
      method: 'POST',
      path: '/devices',
      service: 'hub',
      needs: ['RegistryWrite'],
      async handle({ json }) {
        const items = json();
        if (!Array.isArray(items) || items.length === 0 || items.length > MOST)
          throw new AzureError(400004, `The body must be a list of 1 to ${MOST} devices.`);
        for (const item of items) object(item, 'device');
        const errors: JsonObject[] = [];
        for (const item of items) errors.push(...[(await errorOf(devices, item)) ?? []].flat());
        const isSuccessful = errors.length === 0;
        return { status: isSuccessful ? 200 : 400, body: { isSuccessful, errors, warnings: [] } };
      },
    },
  ];
}
