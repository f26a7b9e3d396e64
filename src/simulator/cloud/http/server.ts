import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../../../clock.ts';
import type { BackEnd } from '../back-end.ts';
import type { EventFeed } from '../events.ts';
import { type Listening, listen } from '../servers.ts';
import { guid } from '../tokens.ts';
import { percentDecode } from '../topics.ts';
import { describeError, HttpError } from './http-error.ts';
import { readJson } from './request.ts';
import { type Reply, ROUTES, type Route } from './routes.ts';
import { EventStreams } from './sse.ts';

export interface HttpApiOptions {
  cloud: BackEnd;
  events: EventFeed;
  clock: Clock;
  random: () => number;
  log: (line: string) => void;
  host: string;
  port: number;
  /** What every request must bring as `Authorization`, where the server can be reached from other machines. */
  key: string | null;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
const EVENTS = '/api/events';
/** What was called otherwise before, and still works. */
const FORMERLY = /^\/api\/enrolments(?=\/|$)/;

/** The parameters of `path` when it is this route's. */
function match(route: Route, path: string): string[] | undefined {
  const places = route.path.split('/');
  const parts = path.split('/');
  if (places.length !== parts.length) return undefined;
  const parameters: string[] = [];
  for (const [index, place] of places.entries()) {
    const part = parts[index] ?? '';
    if (place === ':') parameters.push(percentDecode(part) ?? part);
    else if (place !== part) return undefined;
  }
  return parameters.some((parameter) => parameter === '') ? undefined : parameters;
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A request's host without its port. */
const hostName = (authority: string) => authority.replace(/:\d*$/, '').toLowerCase();

/** The cloud's HTTP API; every answer is JSON, except the stream of events. */
class HttpApi {
  readonly #options: HttpApiOptions;
  readonly #streams: EventStreams;

  constructor(options: HttpApiOptions) {
    this.#options = options;
    this.#streams = new EventStreams(options.clock, options.events);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let reply: Reply;
    try {
      this.#guard(request);
      const [path = '/'] = (request.url ?? '/').split('?');
      const pathname = path.replace(FORMERLY, '/api/enrollments');
      if (pathname === EVENTS && request.method === 'GET') return this.#streams.open(response);
      reply = await this.#route(request, pathname);
    } catch (error) {
      const { clock, random, log } = this.#options;
      reply = describeError(error, guid(random), clock.now());
      if (reply.status === 500) log(`HTTP ${request.method} ${request.url}: ${String(error)}`);
      // What was not read of the body must not be taken for the next request.
      response.setHeader('Connection', 'close');
    }
    response.writeHead(reply.status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
    });
    response.end(reply.body === undefined ? '' : `${JSON.stringify(reply.body)}\n`);
  }

  /** Keeps out web pages of other origins, those that reach us through a name bent to this address, and strangers. */
  #guard({ headers }: IncomingMessage): void {
    const { key } = this.#options;
    const host = headers.host ?? '';
    if (key === null && !LOOPBACK.has(hostName(host))) throw new HttpError(403, 'This is not the name of this server.');
    if (headers.origin !== undefined && headers.origin !== `http://${host}`) {
      throw new HttpError(403, 'Pages of other origins may not use this API.');
    }
    const given = (headers.authorization ?? '').replace(/^Bearer /i, '');
    if (key !== null && !sameText(given, key)) throw new HttpError(401, 'The Authorization header must hold the key.');
  }

  async #route(request: IncomingMessage, pathname: string): Promise<Reply> {
    const matches = ROUTES.flatMap((route) => {
      const parameters = match(route, pathname);
      return parameters ? [{ route, parameters }] : [];
    });
    if (matches.length === 0) throw new HttpError(404, `There is nothing at ${pathname}.`);
    const found = matches.find(({ route }) => route.method === request.method);
    if (!found) throw new HttpError(405, `${request.method} is not offered at ${pathname}.`);
    const hasBody = request.method !== 'GET' && request.method !== 'DELETE';
    const body = hasBody ? await readJson(request) : null;
    return found.route.handle({ cloud: this.#options.cloud, parameters: found.parameters, body });
  }
}

/**
 * Starts the HTTP API.
 * @throws the system's error when the port cannot be had.
 */
export function startHttpApi(options: HttpApiOptions): Promise<Listening> {
  const api = new HttpApi(options);
  const server = createServer((request, response) => {
    api.answer(request, response).catch((error: unknown) => {
      options.log(`HTTP: ${String(error)}`);
      response.destroy();
    });
  });
  return listen(server, options.host, options.port);
}
