import { wellFormed } from './json.js';
import { key } from './key.js';

/** What the server has refused, or why it was not reached. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Seconds that any answer may take; a command has its own time at the server. */
const LONGEST = 60;

export function headers() {
  return key() === '' ? {} : { Authorization: key() };
}

/**
 * One request of the API.
 * @throws ApiError with status 0 when the server was not reached
 */
export async function request(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { ...headers(), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(LONGEST * 1000),
    });
  } catch {
    throw new ApiError(0, 'The program was not reached. Does it still run?');
  }
  const text = await response.text();
  let json = null;
  try {
    json = text === '' ? null : JSON.parse(text);
  } catch {
    throw new ApiError(response.status, 'The answer is not JSON.');
  }
  if (!response.ok) throw new ApiError(response.status, json?.error?.message ?? response.statusText);
  return json;
}

const encoded = (name) => encodeURIComponent(wellFormed(name));
const at = (id) => `/api/devices/${encoded(id)}`;

export const api = {
  recording: (from) => request('GET', `/api/recording?from=${from}`),
  model: (id) => request('GET', `/api/models/${encoded(id)}`),
  about: () => request('GET', '/api/console'),
  devices: () => request('GET', '/api/devices'),
  state: (id) => request('GET', `${at(id)}/state`),
  writeProperties: (id, body) => request('PATCH', `${at(id)}/properties`, body),
  command: (id, name, body) => request('POST', `${at(id)}/commands/${encoded(name)}`, { request: body }),
  history: (id, name) => request('GET', `${at(id)}/telemetry/${encoded(name)}/history`),
  identity: (id) => request('GET', `${at(id)}/identity`),
  module: (line, deviceId) => request('POST', '/api/module', { line, deviceId }),
  faults: () => request('GET', '/api/faults'),
  inject: (fault) => request('POST', '/api/faults', fault),
  clearFaults: () => request('DELETE', '/api/faults'),
};
