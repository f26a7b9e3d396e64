import type { Json } from '../../../json.ts';
import { HttpError } from '../../../web/http-error.ts';
import { AzureError } from '../azure-error.ts';
import { type Reader, ShapeError } from '../shape.ts';

/** Reads the body of a request. @throws HttpError 400 that says what is wrong with it */
export function read<T>(reader: Reader<T>, body: Json): T {
  try {
    return reader(body, '');
  } catch (error) {
    if (error instanceof ShapeError) throw new HttpError(400, error.message);
    throw error;
  }
}

/** What a route has thrown, where it is a refusal. */
export function explain(thrown: unknown): HttpError | undefined {
  return thrown instanceof AzureError
    ? new HttpError(thrown.status, thrown.message, { azureCode: thrown.code })
    : undefined;
}

/** Versions of IoT Central's API with the paths and bodies that are found here. */
const API_VERSIONS = ['2022-05-31', '2022-06-30-preview', '2022-07-31', '2022-10-31-preview'];

/** A client that names the version it was made for is told when this is not it. @throws HttpError 400 */
export function checkApiVersion(query: URLSearchParams): void {
  const version = query.get('api-version');
  if (version === null || API_VERSIONS.includes(version)) return;
  throw new HttpError(400, `The api-version '${version}' is not one of ${API_VERSIONS.join(', ')}.`);
}

const TAG = /^\s*(?:W\/)?"?([^"]*)"?\s*$/;

/**
 * Compares the If-Match header with what is there.
 * @param current the etag; undefined when there is nothing
 * @throws HttpError 412
 */
export function checkCondition(header: string | undefined, current: string | undefined): void {
  if (header === undefined) return;
  const wanted = header.split(',').map((tag) => TAG.exec(tag)?.[1] ?? '');
  if (current !== undefined && (wanted.includes('*') || wanted.includes(bare(current)))) return;
  throw new HttpError(412, 'The etag is not that of If-Match: it has been changed by someone else.');
}

/** An etag without the quotation marks that it has on the wire. */
const bare = (etag: string) => TAG.exec(etag)?.[1] ?? '';

/** A moment in a query. @throws HttpError 400 */
export function timeIn(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new HttpError(400, `'${name}' must be a time such as 2026-11-28T12:00:00Z.`);
  return time;
}

/** A whole number in a query. @throws HttpError 400 */
export function countIn(query: URLSearchParams, name: string, most: number): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= most) return count;
  throw new HttpError(400, `'${name}' must be a whole number from 1 to ${most}.`);
}
