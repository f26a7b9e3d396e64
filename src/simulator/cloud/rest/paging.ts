import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type JsonObject, parseJson } from '../../../json.ts';
import { AzureError } from '../azure-error.ts';
import { objectOf, ShapeError, text } from '../shape.ts';
import type { RestReply } from './route.ts';

const MOST = 1000;
const USUAL = 100;

/** How many items a page may have, as the client asks for them. @throws AzureError 400004 */
function pageSize(headers: IncomingHttpHeaders): number {
  const asked = headers['x-ms-max-item-count'];
  if (asked === undefined || asked === '') return USUAL;
  const size = Number(asked);
  // SDKs send -1 where they have no wish.
  if (size === -1) return USUAL;
  if (Number.isInteger(size) && size >= 1) return Math.min(size, MOST);
  throw new AzureError(400004, `The header x-ms-max-item-count must be a whole number from 1 to ${MOST}.`);
}

const readPlace = objectOf({ after: text, of: text });
const digest = (query: string) => createHash('sha256').update(query).digest('base64url').slice(0, 16);

/** Where the next page begins: behind an item, for the same query. */
function continuationOf(query: string, after: string): string {
  return Buffer.from(JSON.stringify({ after, of: digest(query) })).toString('base64');
}

/** @throws AzureError 400004 for what is not the continuation of this query */
function placeIn(continuation: string | undefined, query: string): string | null {
  if (!continuation) return null;
  try {
    const { after, of } = readPlace(parseJson(Buffer.from(continuation, 'base64')) ?? null, 'continuation');
    if (of === digest(query)) return after;
  } catch (thrown) {
    if (!(thrown instanceof ShapeError)) throw thrown;
  }
  throw new AzureError(400004, 'The header x-ms-continuation is not that of an earlier page of this query.');
}

/**
 * One page of items, with where the next one begins.
 * @param items with their ids, by which they are put in order
 * @throws AzureError 400004 for headers that cannot be
 */
export function pageOf(
  items: readonly (readonly [id: string, body: JsonObject])[],
  headers: IncomingHttpHeaders,
  itemType: string,
  query: string,
): RestReply {
  const size = pageSize(headers);
  const continuation = headers['x-ms-continuation'];
  const after = placeIn(Array.isArray(continuation) ? continuation[0] : continuation, query);
  const left = [...items]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .filter(([id]) => after === null || id > after);
  const page = left.slice(0, size);
  const last = page.at(-1);
  return {
    status: 200,
    body: page.map(([, body]) => body),
    headers: {
      'x-ms-item-type': itemType,
      ...(last && left.length > page.length ? { 'x-ms-continuation': continuationOf(query, last[0]) } : {}),
    },
  };
}
