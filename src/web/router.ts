import type { IncomingHttpHeaders } from 'node:http';
import type { Json } from '../json.ts';
import { HttpError } from './http-error.ts';

export interface Reply {
  status: number;
  /** Left out for 204. */
  body?: Json;
  headers?: Record<string, string>;
}

export interface Call {
  /** What stands in the path's places, in their order, decoded. */
  parameters: string[];
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** Null where the method has no body. */
  body: Json;
}

export interface Route {
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** `:` marks a place for a parameter. */
  path: string;
  handle(call: Call): Reply | Promise<Reply>;
}

/** The text of a path segment; what is no valid escape stays as it is. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The parameters of `path` when it is this route's. */
function match(route: Route, path: string): string[] | undefined {
  const places = route.path.split('/');
  const parts = path.split('/');
  if (places.length !== parts.length) return undefined;
  const parameters: string[] = [];
  for (const [index, place] of places.entries()) {
    const part = parts[index] ?? '';
    if (place === ':') parameters.push(decoded(part));
    else if (place !== part) return undefined;
  }
  return parameters.some((parameter) => parameter === '') ? undefined : parameters;
}

/**
 * The route for a request, and what stands in its places.
 * @throws HttpError 404 when nothing is there, 405 when it is there for other methods
 */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; parameters: string[] } {
  const matches = routes.flatMap((route) => {
    const parameters = match(route, path);
    return parameters ? [{ route, parameters }] : [];
  });
  if (matches.length === 0) throw new HttpError(404, `There is nothing at ${path}.`);
  const found = matches.find(({ route }) => route.method === method);
  if (!found) throw new HttpError(405, `${method} is not offered at ${path}.`);
  return found;
}
