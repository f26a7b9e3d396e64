import type { JsonObject } from '../../json.ts';
import { azureTime, guid } from './tokens.ts';

/** A refusal with one of Azure's six-digit numbers, whose first three digits are the HTTP status (Azure 1.4, 2.7). */
export class AzureError extends Error {
  readonly code: number;
  /** Why, for the operator: Azure does not say it to the device, nor do we. */
  readonly reason: string;

  constructor(code: number, message: string, reason = message) {
    super(message);
    this.name = 'AzureError';
    this.code = code;
    this.reason = reason;
  }

  get status(): number {
    return Math.floor(this.code / 1000);
  }
}

/** What the client did makes Azure close the connection without a word: MQTT 3.1.1 has no way to say why (Azure 2.1). */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
}

/** The body of an error answer on a DPS or twin topic. */
export function errorBody(error: AzureError, now: number, random: () => number): JsonObject {
  return {
    errorCode: error.code,
    trackingId: guid(random),
    message: error.message,
    timestampUtc: azureTime(now),
  };
}
