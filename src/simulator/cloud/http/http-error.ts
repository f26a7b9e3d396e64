import { AzureError } from '../azure-error.ts';
import type { JsonObject } from '../json.ts';

/** What the HTTP API refuses, with the HTTP status that says so. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
  }
}

const CODES: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  413: 'PayloadTooLarge',
  415: 'UnsupportedMediaType',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

/** Whatever was thrown, as an HTTP status and a body in the shape of IoT Central's errors. */
export function describeError(thrown: unknown, requestId: string, now: number): { status: number; body: JsonObject } {
  const known = thrown instanceof HttpError || thrown instanceof AzureError;
  const status = known ? thrown.status : 500;
  return {
    status,
    body: {
      error: {
        code: CODES[status] ?? 'InternalServerError',
        message: known ? thrown.message : 'Internal error; the log of the cloud has the details.',
        requestId,
        time: new Date(now).toUTCString(),
        ...(thrown instanceof AzureError ? { azureCode: thrown.code } : {}),
      },
    },
  };
}
