import type { JsonObject } from '../json.ts';

/** What a server refuses, with the HTTP status that says so. */
export class HttpError extends Error {
  readonly status: number;
  /** Further members of the error in the body. */
  readonly details: JsonObject;

  constructor(status: number, message: string, details: JsonObject = {}) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.details = details;
  }
}

const CODES: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  412: 'PreconditionFailed',
  413: 'PayloadTooLarge',
  415: 'UnsupportedMediaType',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

/** The name of a status, in the words that IoT Central uses. */
export const codeOfStatus = (status: number): string => CODES[status] ?? 'InternalServerError';

/** The body of an error, in the shape of IoT Central's. */
export function errorBody({ status, message, details }: HttpError, requestId: string, now: number): JsonObject {
  return {
    error: { code: codeOfStatus(status), message, requestId, time: new Date(now).toUTCString(), ...details },
  };
}
