import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HttpError } from './http-error.ts';
import { isLoopback } from './loopback.ts';

/** A request's host without its port and brackets. */
function hostName(authority: string): string {
  return authority.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What a browser says of requests that no page of another site has caused. */
const OWN_SITE = ['same-origin', 'none'];

/**
 * Keeps out pages that reach this computer through a name bent to its address.
 * @param key null where only this computer can reach the server
 * @throws HttpError 403
 */
export function guardName(headers: IncomingHttpHeaders, key: string | null): void {
  if (key === null && !isLoopback(hostName(headers.host ?? ''))) {
    throw new HttpError(403, 'This is not the name of this server.');
  }
}

/**
 * Keeps out web pages of other origins, those that reach this computer through a name bent to its address, and strangers.
 * @param key what every request must bring as `Authorization`, where other machines can reach the server; null where only
 *   this computer can
 * @throws HttpError 401, 403
 */
export function guard(headers: IncomingHttpHeaders, key: string | null): void {
  guardName(headers, key);
  const host = headers.host ?? '';
  if (headers.origin !== undefined && headers.origin !== `http://${host}`) {
    throw new HttpError(403, 'Pages of other origins may not use this API.');
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && !OWN_SITE.includes(String(site))) {
    throw new HttpError(403, 'Pages of other sites may not use this API.');
  }
  const given = (headers.authorization ?? '').replace(/^Bearer /i, '');
  if (key !== null && !sameText(given, key)) throw new HttpError(401, 'The Authorization header must hold the key.');
}
