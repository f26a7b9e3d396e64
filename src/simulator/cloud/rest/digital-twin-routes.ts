import { isJsonObject, type Json, type JsonObject, own } from '../../../json.ts';
import { AzureError } from '../azure-error.ts';
import type { CloudContext } from '../context.ts';
import type { Device } from '../device.ts';
import type { DeviceRegistry } from '../devices.ts';
import type { Hub } from '../hub.ts';
import type { ModelCatalog } from '../models.ts';
import { describeProperties, withComponents } from '../plug-and-play.ts';
import { anything, listOf, objectOf, oneOf, optional, text } from '../shape.ts';
import { etagOf } from '../twin.ts';
import { checkDeviceId } from './device-json.ts';
import { checkIfMatch } from './if-match.ts';
import { methodErrorBody } from './rest-error.ts';
import type { RestCall, RestReply, RestRoute } from './route.ts';

const readPatch = listOf(
  objectOf({ op: oneOf('add', 'replace', 'remove'), path: text, value: optional(anything) }, 'ignored'),
);
const MAX_OPERATIONS = 200;

/** What IoT Central's view of a property has and a digital twin has not. */
const EXTRA = ['state', 'unmodelled'];

/** Properties in the shape of a digital twin: every component has its `$metadata`. */
function digital(properties: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]): [string, Json] => {
      if (name === '$metadata' && isJsonObject(value)) return [name, withoutExtras(value)];
      return [name, isJsonObject(value) && Object.hasOwn(value, '$metadata') ? digital(value) : value];
    }),
  );
}

const withoutExtras = (metadata: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(metadata).map(([name, value]): [string, Json] => [
      name,
      isJsonObject(value) ? Object.fromEntries(Object.entries(value).filter(([key]) => !EXTRA.includes(key))) : value,
    ]),
  );

/** The segments of a JSON pointer (RFC 6901). */
function pointer(path: string): string[] {
  const [first, ...segments] = path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (first !== '' || segments.length === 0 || segments.includes(''))
    throw new AzureError(400004, `The path ${JSON.stringify(path.slice(0, 80))} is not that of a property.`);
  return segments;
}

/** The change of desired properties that a JSON patch (RFC 6902) asks for. */
function desiredOf(body: Json): JsonObject {
  const operations = readPatch(body, 'patch');
  if (operations.length > MAX_OPERATIONS) throw new AzureError(400004, 'The patch has too many operations.');
  let desired: JsonObject = {};
  for (const { op, path, value } of operations) {
    if (op !== 'remove' && value === undefined) throw new AzureError(400004, `An operation '${op}' has no value.`);
    const given = op === 'remove' ? null : withoutMetadata(value ?? null);
    desired = put(desired, pointer(path), given);
  }
  return desired;
}

/** A component is written with a `$metadata`, which says nothing. */
const withoutMetadata = (value: Json): Json =>
  isJsonObject(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== '$metadata')) : value;

function put(into: JsonObject, [name = '', ...rest]: string[], value: Json): JsonObject {
  const before = own(into, name);
  const member = rest.length === 0 ? value : put(isJsonObject(before) ? before : {}, rest, value);
  return Object.fromEntries([...Object.entries(into).filter(([other]) => other !== name), [name, member]]);
}

/** A number of seconds in the query. @throws AzureError 400004 */
function secondsIn(query: URLSearchParams, name: string): number | undefined {
  const asked = query.get(name);
  if (asked === null) return undefined;
  if (!/^\d{1,4}$/.test(asked)) throw new AzureError(400004, `'${name}' must be a whole number of seconds.`);
  return Number(asked);
}

/** Digital twins: devices by their models. */
export function digitalTwinRoutes(
  devices: DeviceRegistry,
  hub: Hub,
  catalog: ModelCatalog,
  context: CloudContext,
): RestRoute[] {
  const common = { service: 'hub', needs: ['ServiceConnect'] } as const;
  const modelOf = ({ record }: Device) => catalog.find(record.modelId);
  const get = (id: string): Device => {
    checkDeviceId(id);
    return devices.get(id);
  };
  const command = async (id: string, name: string, { query, json }: RestCall): Promise<RestReply> => {
    get(id);
    const connect = secondsIn(query, 'connectTimeoutInSeconds');
    const response = secondsIn(query, 'responseTimeoutInSeconds');
    try {
      const result = await hub.invokeMethod(id, name, json(), {
        ...(connect === undefined ? {} : { connect }),
        ...(response === undefined ? {} : { response }),
      });
      return { status: 200, body: result.response, headers: { 'x-ms-command-statuscode': String(result.status) } };
    } catch (thrown) {
      if (!(thrown instanceof AzureError) || thrown.status === 400) throw thrown;
      const { clock, random } = context;
      return { status: thrown.status, body: methodErrorBody(thrown, { now: clock.wall(), random }) };
    }
  };
  return [
    {
      ...common,
      method: 'GET',
      path: '/digitaltwins/:',
      handle({ parameters: [id = ''] }) {
        const device = get(id);
        const { record } = device;
        const { $metadata, ...properties } = digital(describeProperties(record, modelOf(device)));
        const metadata = isJsonObject($metadata) ? $metadata : {};
        const body = { $dtId: id, ...properties, $metadata: { $model: record.modelId ?? '', ...metadata } };
        return { status: 200, body, headers: { ETag: `"${etagOf(record.twin.revision)}"` } };
      },
    },
    {
      ...common,
      method: 'PATCH',
      path: '/digitaltwins/:',
      async handle({ parameters: [id = ''], headers, json }) {
        const device = get(id);
        const desired = withComponents(desiredOf(json()), device.record, modelOf(device));
        await hub.changeTwin(
          id,
          { desired },
          { replace: false, isAllowed: (etag) => checkIfMatch(headers['if-match'], etag) },
        );
        const etag = `"${etagOf(devices.get(id).record.twin.revision)}"`;
        return { status: 202, headers: { ETag: etag, Location: `/digitaltwins/${encodeURIComponent(id)}` } };
      },
    },
    {
      ...common,
      method: 'POST',
      path: '/digitaltwins/:/commands/:',
      handle: (call) => command(call.parameters[0] ?? '', call.parameters[1] ?? '', call),
    },
    {
      ...common,
      method: 'POST',
      path: '/digitaltwins/:/components/:/commands/:',
      handle(call) {
        const [id = '', component = '', name = ''] = call.parameters;
        return command(id, `${component}*${name}`, call);
      },
    },
  ];
}
