import type { JsonObject } from '../../../json.ts';
import { type AzureError, errorBody } from '../azure-error.ts';
import { guid } from '../tokens.ts';

/** Azure's names of its numbers (Azure 2.7), as they stand in the messages of the hub's service API. */
const NAMES: Record<number, string> = {
  400001: 'InvalidProtocolVersion',
  400003: 'InvalidOperation',
  400004: 'ArgumentInvalid',
  401002: 'IotHubUnauthorizedAccess',
  401003: 'IotHubUnauthorized',
  403004: 'DeviceMaximumQueueDepthExceeded',
  403800: 'TooManyPendingMethodInvocations',
  404000: 'NotFound',
  404001: 'DeviceNotFound',
  404103: 'DeviceNotOnline',
  404104: 'DeviceConnectionClosedRemotely',
  405000: 'MethodNotAllowed',
  409001: 'DeviceAlreadyExists',
  412001: 'PreconditionFailed',
  412002: 'DeviceMessageLockLost',
  413001: 'MessageTooLarge',
  429001: 'ThrottlingException',
  500001: 'ServerError',
  503001: 'ServiceUnavailable',
  504101: 'GatewayTimeout',
};

export const nameOfCode = (code: number): string => NAMES[code] ?? `Error${code}`;

interface Circumstances {
  now: number;
  random: () => number;
}

function trackingOf({ now, random }: Circumstances): string {
  const time = new Date(now).toISOString().replace('T', ' ').slice(0, 19);
  return `Tracking ID:${guid(random)}-TimeStamp:${time}`;
}

/** An error of the hub's service API: clients take its number from the words. */
export function hubErrorBody({ code, message }: AzureError, circumstances: Circumstances): JsonObject {
  const text = message.replace(/^ErrorCode:\w+;/, '');
  return { Message: `ErrorCode:${nameOfCode(code)};${text}`, ExceptionMessage: trackingOf(circumstances) };
}

/** An error of a direct method: within the message stands the JSON that the device's gateway has given. */
export function methodErrorBody(error: AzureError, circumstances: Circumstances): JsonObject {
  const { now, random } = circumstances;
  return { Message: JSON.stringify(errorBody(error, now, random)), ExceptionMessage: trackingOf(circumstances) };
}
