import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { readJson } from './body.ts';
import type { EventLog } from './event-log.ts';
import { EventStreams } from './event-stream.ts';
import { guard, guardName } from './guard.ts';
import { codeOfStatus, errorBody, HttpError } from './http-error.ts';
import { type Listening, listen } from './listen.ts';
import type { PageFiles } from './page-files.ts';
import { findRoute, type Reply, type Route } from './router.ts';

export interface WebServerOptions {
  routes: readonly Route[];
  /** Where the events are streamed. */
  events: { path: string; log: EventLog; types: readonly string[] };
  /** The page; its files hold no data and are given to anyone who asks for them by the right name. */
  page?: PageFiles;
  /** What every request must bring as `Authorization`, where the server can be reached from other machines. */
  key: string | null;
  host: string;
  /** 0 takes any free one. */
  port: number;
  clock: Clock;
  log: (line: string) => void;
  /** What a route has thrown, as the error that the client gets; undefined for a fault of ours. */
  explain?: (thrown: unknown) => HttpError | undefined;
  /** Called before a request is routed. @throws HttpError */
  check?: (query: URLSearchParams) => void;
  /** Gives the path that a former one stands for. */
  rename?: (path: string) => string;
}

/** A list that may be spread over several parameters, and over commas in them; null when there is none. */
function listIn(query: URLSearchParams, name: string): string[] | null {
  const all = query.getAll(name).flatMap((text) => text.split(','));
  return all.length === 0 ? null : all;
}

/** Answers with JSON, except on the stream of events and for the files of the page. */
class WebServer {
  readonly #options: WebServerOptions;
  readonly #streams: EventStreams;

  constructor(options: WebServerOptions) {
    this.#options = options;
    this.#streams = new EventStreams(options.clock, options.events.log);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let reply: Reply;
    try {
      if (this.#givePage(request, response)) return;
      guard(request.headers, this.#options.key);
      const { pathname, searchParams } = this.#target(request);
      this.#options.check?.(searchParams);
      if (pathname === this.#options.events.path && request.method === 'GET')
        return this.#stream(request, response, searchParams);
      reply = await this.#route(request, pathname, searchParams);
    } catch (error) {
      reply = this.#refusal(error, request);
      // What was not read of the body must not be taken for the next request.
      response.setHeader('Connection', 'close');
    }
    response.writeHead(reply.status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
      ...reply.headers,
    });
    response.end(reply.body === undefined ? '' : `${JSON.stringify(reply.body)}\n`);
  }

  /** False when it is no file of the page that is asked for. */
  #givePage(request: IncomingMessage, response: ServerResponse): boolean {
    const { method, headers } = request;
    if (method !== 'GET' && method !== 'HEAD') return false;
    const file = this.#options.page?.find(this.#target(request).pathname);
    if (!file) return false;
    guardName(headers, this.#options.key);
    const isKnown = headers['if-none-match'] === file.headers['ETag'];
    response.writeHead(isKnown ? 304 : 200, file.headers);
    response.end(isKnown || method === 'HEAD' ? undefined : file.body);
    return true;
  }

  #target({ url = '/' }: IncomingMessage): { pathname: string; searchParams: URLSearchParams } {
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    return {
      pathname: this.#options.rename?.(path) ?? path,
      searchParams: new URLSearchParams(mark < 0 ? '' : url.slice(mark)),
    };
  }

  #stream(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const types = listIn(query, 'type');
    const known = [...this.#options.events.types, 'gap'];
    const unknown = types?.find((type) => !known.includes(type));
    if (unknown !== undefined) {
      throw new HttpError(400, `There are no events of type '${unknown}', only ${known.join(', ')}.`);
    }
    const devices = listIn(query, 'deviceId');
    const header = request.headers['last-event-id'];
    this.#streams.open(response, {
      devices: devices && new Set(devices),
      types: types && new Set(types),
      lastEventId: header === undefined ? query.get('lastEventId') : String(header),
    });
  }

  async #route(request: IncomingMessage, pathname: string, query: URLSearchParams): Promise<Reply> {
    const { route, parameters } = findRoute(this.#options.routes, request.method ?? 'GET', pathname);
    const hasBody = request.method !== 'GET' && request.method !== 'DELETE';
    const body = hasBody ? await readJson(request) : null;
    return route.handle({ parameters, query, headers: request.headers, body });
  }

  #refusal(thrown: unknown, { method, url }: IncomingMessage): Reply {
    const known = thrown instanceof HttpError ? thrown : this.#options.explain?.(thrown);
    if (!known) this.#options.log(`HTTP ${method} ${url}: ${String(thrown)}`);
    const error = known ?? new HttpError(500, 'Internal error; the log has the details.');
    return {
      status: error.status,
      headers: { 'x-ms-error-code': codeOfStatus(error.status) },
      body: errorBody(error, randomUUID(), this.#options.clock.wall()),
    };
  }
}

/**
 * Starts an HTTP server.
 * @throws the system's error when the port cannot be had
 */
export async function startWebServer(options: WebServerOptions): Promise<Listening> {
  const web = new WebServer(options);
  const server = createServer((request, response) => {
    listening?.settled(request.socket);
    web.answer(request, response).catch((error: unknown) => {
      options.log(`HTTP: ${String(error)}`);
      response.destroy();
    });
  });
  let listening: Listening | undefined;
  listening = await listen(server, options.host, options.port);
  return listening;
}
