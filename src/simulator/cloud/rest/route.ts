import type { IncomingHttpHeaders } from 'node:http';
import type { Json } from '../../../json.ts';
import { AzureError } from '../azure-error.ts';
import type { PeerIdentity } from '../identity.ts';
import type { Permission } from '../policies.ts';
import type { SasToken } from '../sas-token.ts';

export type RestMethod = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

export interface RestCall {
  /** What stands in the path's places, in their order, decoded. */
  parameters: string[];
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, in the spelling of the client. */
  rawHeaders: string[];
  body: Buffer;
  /** What has proved who asks: a token, which is checked already but for devices at DPS, or a client certificate. */
  token: SasToken | undefined;
  peer(): PeerIdentity | null;
  /** The body as JSON; null when there is none. @throws AzureError 400004 */
  json(): Json;
}

export interface RestReply {
  status: number;
  body?: Json | Buffer;
  headers?: Record<string, string>;
}

export interface RestRoute {
  method: RestMethod;
  /** `:` marks a place for a parameter; what else there is is compared without regard to case. */
  path: string;
  /** Whose errors it gives: they have different shapes. */
  service: 'hub' | 'dps';
  /**
   * What a policy must allow, one of these; 'device': the device itself must ask, whose id is the first parameter;
   * 'registrant': the route sees to it.
   */
  needs: readonly Permission[] | 'device' | 'registrant';
  handle(call: RestCall): RestReply | Promise<RestReply>;
}

/** The segments of a path, decoded; a slash at the end does not count. @throws AzureError 400004 for a broken escape */
export function segmentsOf(path: string): string[] {
  try {
    return path.replace(/\/$/, '').split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw new AzureError(400004, 'The path has an escape that cannot be read.');
  }
}

/** The parameters of a path when it is this route's. */
function match({ path }: RestRoute, segments: readonly string[]): string[] | undefined {
  const places = path.split('/').slice(1);
  if (places.length !== segments.length) return undefined;
  const parameters: string[] = [];
  for (const [index, place] of places.entries()) {
    const segment = segments[index] ?? '';
    if (place === ':') parameters.push(segment);
    else if (place !== segment.toLowerCase()) return undefined;
  }
  return parameters.includes('') ? undefined : parameters;
}

/** The routes of a path, and what stands in its places; those without places go before others. */
export function routesOf(routes: readonly RestRoute[], segments: readonly string[]): [RestRoute, string[]][] {
  const found = routes.flatMap((route): [RestRoute, string[]][] => {
    const parameters = match(route, segments);
    return parameters ? [[route, parameters]] : [];
  });
  const fewest = Math.min(...found.map(([, parameters]) => parameters.length));
  return found.filter(([, parameters]) => parameters.length === fewest);
}
