import type { Json, JsonObject } from '../../../json.ts';
import { AzureError } from '../azure-error.ts';
import type { Device } from '../device.ts';
import { isDeviceId } from '../device-id.ts';
import type { DeviceRecord } from '../device-record.ts';
import type { DeviceChanges } from '../devices.ts';
import { fingerprintOf } from '../identity.ts';
import { flag, nullOr, objectOf, oneOf, optional, text } from '../shape.ts';
import { isKey, newSymmetricKey } from '../symmetric-key.ts';
import { azureTime } from '../tokens.ts';
import { etagOf, sectionForService } from '../twin.ts';

/** What Azure writes for a time that has not come. */
const NEVER = '0001-01-01T00:00:00Z';

export type AuthenticationType = 'sas' | 'selfSigned' | 'certificateAuthority';

const typeOf = ({ symmetricKey, byAuthority }: DeviceRecord): AuthenticationType =>
  symmetricKey ? 'sas' : byAuthority ? 'certificateAuthority' : 'selfSigned';

/** What the identity registry and the twin say alike of how a device is. */
function stateOf({ record, link, lastActivity, messages }: Device) {
  return {
    status: record.enabled ? 'enabled' : 'disabled',
    connectionState: link ? 'Connected' : 'Disconnected',
    lastActivityTime: lastActivity === null ? NEVER : azureTime(lastActivity),
    cloudToDeviceMessageCount: messages.length,
  };
}

const thumbprintsOf = ({ thumbprint, secondaryThumbprint }: DeviceRecord) => ({
  primaryThumbprint: thumbprint,
  secondaryThumbprint,
});

/** A device as the identity registry shows it, with its keys. */
export function deviceJson(device: Device): JsonObject {
  const { record } = device;
  const { status, connectionState, ...state } = stateOf(device);
  return {
    deviceId: record.id,
    generationId: record.generationId,
    etag: etagOf(record.revision),
    connectionState,
    status,
    statusReason: record.statusReason,
    connectionStateUpdatedTime: state.lastActivityTime,
    statusUpdatedTime: record.statusUpdatedAt ?? NEVER,
    ...state,
    capabilities: { iotEdge: record.iotEdge },
    authentication: {
      symmetricKey: { ...(record.symmetricKey ?? { primaryKey: null, secondaryKey: null }) },
      x509Thumbprint: thumbprintsOf(record),
      type: typeOf(record),
    },
  };
}

/** A twin as the hub's service API shows it. */
export function twinJson(device: Device): JsonObject {
  const { record } = device;
  const { twin } = record;
  const { status, ...state } = stateOf(device);
  return {
    deviceId: record.id,
    etag: etagOf(twin.revision),
    deviceEtag: etagOf(record.revision),
    status,
    statusReason: record.statusReason,
    statusUpdateTime: record.statusUpdatedAt ?? NEVER,
    ...state,
    authenticationType: typeOf(record),
    x509Thumbprint: thumbprintsOf(record),
    modelId: record.modelId ?? '',
    version: twin.version,
    tags: twin.tags,
    properties: {
      desired: sectionForService(twin.desired, 'desired'),
      reported: sectionForService(twin.reported, 'reported'),
    },
    capabilities: { iotEdge: record.iotEdge },
  };
}

const readAuthentication = objectOf(
  {
    type: optional(nullOr(oneOf('sas', 'selfSigned', 'certificateAuthority', 'none'))),
    symmetricKey: optional(
      nullOr(objectOf({ primaryKey: optional(nullOr(text)), secondaryKey: optional(nullOr(text)) }, 'ignored')),
    ),
    x509Thumbprint: optional(
      nullOr(
        objectOf({ primaryThumbprint: optional(nullOr(text)), secondaryThumbprint: optional(nullOr(text)) }, 'ignored'),
      ),
    ),
  },
  'ignored',
);

const readDeviceBody = objectOf(
  {
    deviceId: optional(nullOr(text)),
    status: optional(nullOr(oneOf('enabled', 'disabled'))),
    statusReason: optional(nullOr(text)),
    etag: optional(nullOr(text)),
    capabilities: optional(nullOr(objectOf({ iotEdge: optional(nullOr(flag)) }, 'ignored'))),
    authentication: optional(nullOr(readAuthentication)),
  },
  'ignored',
);

const MAX_REASON = 128;
const invalid = (message: string) => new AzureError(400004, message);

/** @throws AzureError 400004 for what cannot be a device id */
export function checkDeviceId(id: string): void {
  if (!isDeviceId(id)) throw invalid("The device id is not valid: 1 to 128 letters, digits and -:.+%_#*?!(),;=@$'.");
}

/** How a device is to be known; keys that are not given, or are empty, are those that it has, or new ones. */
function credentialsIn(
  { type, symmetricKey, x509Thumbprint }: ReturnType<typeof readAuthentication>,
  known: DeviceRecord | undefined,
): DeviceChanges {
  const primary = x509Thumbprint?.primaryThumbprint || undefined;
  const secondary = x509Thumbprint?.secondaryThumbprint || undefined;
  const thumbprints = {
    thumbprint: fingerprintOf({ thumbprint: primary }) ?? null,
    secondaryThumbprint: fingerprintOf({ thumbprint: secondary }) ?? null,
  };
  const kind = type ?? (primary !== undefined || secondary !== undefined ? 'selfSigned' : 'sas');
  const nothing = { symmetricKey: null, thumbprint: null, secondaryThumbprint: null, byAuthority: false };
  if (kind === 'certificateAuthority') return { ...nothing, byAuthority: true };
  if (kind === 'selfSigned') return { ...nothing, ...thumbprints };
  if (kind === 'none') throw invalid("authentication.type 'none' is for modules only.");
  const keys = [symmetricKey?.primaryKey, symmetricKey?.secondaryKey].map((key) => key || undefined);
  if (keys.some((key) => key !== undefined && !isKey(key))) {
    throw invalid('A symmetric key must be base64 of 16 to 64 bytes.');
  }
  const [primaryKey = known?.symmetricKey?.primaryKey, secondaryKey = known?.symmetricKey?.secondaryKey] = keys;
  return { ...nothing, symmetricKey: newSymmetricKey({ primaryKey, secondaryKey }) };
}

/**
 * What a body of the identity registry asks for.
 * @param known what is there; undefined for a new device
 * @throws ShapeError or AzureError 400004 for what Azure would refuse
 */
export function changesIn(id: string, body: Json, known: DeviceRecord | undefined): DeviceChanges {
  checkDeviceId(id);
  const { deviceId, status, statusReason, capabilities, authentication } = readDeviceBody(body, '');
  if (typeof deviceId === 'string' && deviceId !== id)
    throw invalid('The deviceId of the body is not that of the path.');
  if ((statusReason?.length ?? 0) > MAX_REASON) throw invalid(`statusReason is longer than ${MAX_REASON} characters.`);
  return {
    ...(status ? { enabled: status === 'enabled' } : {}),
    ...(statusReason === undefined ? {} : { statusReason }),
    ...(typeof capabilities?.iotEdge === 'boolean' ? { iotEdge: capabilities.iotEdge } : {}),
    ...(known && !authentication ? {} : credentialsIn(authentication ?? {}, known)),
  };
}
