import type { Json, JsonObject } from '../events.ts';
import { asciiJson, isJsonObject, parseJson } from './json.ts';
import { errorCodeOf, messageOf, parseServiceError } from './service-error.ts';

/** What a registration has come to, or what to do next (Azure 1.4). */
export type RegistrationAnswer =
  /** Poll `operationId`, after `retryAfter` seconds where DPS names them. */
  | { kind: 'assigning'; operationId: string; retryAfter: number | null }
  | { kind: 'assigned'; hub: string; deviceId: string; substatus: string | null }
  | { kind: 'failed'; errorCode: number | null; message: string }
  | { kind: 'disabled' }
  /** The hub speaks something else than MQTT 3.1.1, which the module cannot (Azure 5.2). */
  | { kind: 'profile'; profile: string }
  /** Asking again would not help. */
  | { kind: 'refused'; status: number; errorCode: number | null; message: string }
  /** Later it may work: from the registration on when `restart`, else the same request. */
  | { kind: 'again'; status: number; message: string; retryAfter: number | null; restart: boolean }
  | { kind: 'malformed'; reason: string };

/** Payload of the registration. The model must stand inside `payload`; beside it DPS refuses it (Azure 1.2). */
export function registerBody(registrationId: string, modelId: string | null): JsonObject {
  return modelId === null ? { registrationId } : { registrationId, payload: { modelId } };
}

/**
 * Judges an answer of DPS.
 * @param status of the answer's topic; for 200 and 202 the body says what it means, also `failed` and `disabled`
 * @param retryAfter seconds, from the answer's topic
 */
export function registrationAnswer(
  request: 'register' | 'poll',
  status: number,
  retryAfter: number | null,
  payload: Uint8Array,
): RegistrationAnswer {
  if (status === 200 || status === 202) return outcome(retryAfter, payload);
  if (status < 400) return { kind: 'malformed', reason: `the status ${status} is none that DPS documents` };
  const error = parseServiceError(payload);
  const message = error.message ?? 'DPS gave no reason';
  // An operation that is not found has expired; a conflict is about the state that a new registration replaces.
  const restart = status === 409 || status === 412 || (status === 404 && request === 'poll');
  if (restart || status === 429 || status >= 500) return { kind: 'again', status, message, retryAfter, restart };
  return { kind: 'refused', status, errorCode: error.errorCode, message };
}

function outcome(retryAfter: number | null, payload: Uint8Array): RegistrationAnswer {
  const body = parseJson(payload);
  if (!body.ok) return { kind: 'malformed', reason: body.reason };
  if (!isJsonObject(body.value)) return { kind: 'malformed', reason: 'it is not a JSON object' };
  const { operationId, status, registrationState } = body.value;
  const state = isJsonObject(registrationState) ? registrationState : {};
  switch (status ?? state['status']) {
    case 'assigning':
    case 'unassigned':
      return isOperationId(operationId)
        ? { kind: 'assigning', operationId, retryAfter }
        : { kind: 'malformed', reason: 'it has no operationId that can be used' };
    case 'assigned':
      return assignment(state);
    case 'failed': {
      const message = messageOf(state['errorMessage']) ?? 'DPS gave no reason';
      return { kind: 'failed', errorCode: errorCodeOf(state['errorCode']), message };
    }
    case 'disabled':
      return { kind: 'disabled' };
    default:
      return { kind: 'malformed', reason: 'its status is none that DPS documents' };
  }
}

function assignment(state: JsonObject): RegistrationAnswer {
  const { assignedHub: hub, deviceId, substatus, connectionProfile: profile = null } = state;
  if (profile !== null && profile !== 'classic') {
    return { kind: 'profile', profile: messageOf(profile) ?? asciiJson(profile) };
  }
  if (!isHostName(hub)) return { kind: 'malformed', reason: 'its assignedHub is not a host name' };
  if (!isDeviceId(deviceId)) return { kind: 'malformed', reason: 'its deviceId is none that Azure allows' };
  return { kind: 'assigned', hub, deviceId, substatus: messageOf(substatus) };
}

/** What is not ASCII or has blanks is no id, and could not be put into a topic. */
function isOperationId(value: Json | undefined): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value);
}

/** A name as DNS knows it, of 253 characters at most. */
function isHostName(value: Json | undefined): value is string {
  const name = /^(?=.{1,253}$)[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i;
  return typeof value === 'string' && name.test(value);
}

/** Azure's characters for device ids, less `+` and `#`, which a topic cannot hold. */
function isDeviceId(value: Json | undefined): value is string {
  return typeof value === 'string' && /^[\w.:*?!(),=@$'%-]{1,128}$/.test(value);
}
