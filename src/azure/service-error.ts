import type { Json } from '../events.ts';
import { isJsonObject, parseJson } from './json.ts';

const LONGEST_MESSAGE = 200;

/** What DPS or the hub say in the body of a refusal; null for what the body lacks. */
export interface ServiceError {
  /** Six digits, of which the first three are the status (Azure 1.4). */
  errorCode: number | null;
  message: string | null;
}

/** Reads the body of a refusal, which may be empty or no JSON at all. */
export function parseServiceError(payload: Uint8Array): ServiceError {
  const body = parseJson(payload);
  if (!body.ok || !isJsonObject(body.value)) return { errorCode: null, message: null };
  return { errorCode: errorCodeOf(body.value['errorCode']), message: messageOf(body.value['message']) };
}

export function errorCodeOf(value: Json | undefined): number | null {
  return Number.isSafeInteger(value) ? Number(value) : null;
}

/** A service's sentence, fit to be shown: bounded, and on one line. Null when there is none. */
export function messageOf(value: Json | undefined): string | null {
  if (typeof value !== 'string') return null;
  const line = value.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  if (line === '') return null;
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
}
