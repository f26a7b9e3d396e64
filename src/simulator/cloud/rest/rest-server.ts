import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { parseJson } from '../../../json.ts';
import { AzureError, errorBody } from '../azure-error.ts';
import type { CloudContext } from '../context.ts';
import type { Hub } from '../hub.ts';
import { identityOfSocket } from '../identity.ts';
import type { Policies } from '../policies.ts';
import { ShapeError } from '../shape.ts';
import { guid } from '../tokens.ts';
import { authorize, authorizeDevice, tokenIn } from './authorization.ts';
import { hubErrorBody, nameOfCode } from './rest-error.ts';
import { type RestReply, type RestRoute, routesOf, segmentsOf } from './route.ts';

export interface RestOptions {
  context: CloudContext;
  hub: Hub;
  policies: Policies;
  hubName: () => string;
  routes: readonly RestRoute[];
}

const MAX_BODY = 1024 * 1024;
const MAX_READ = 16 * MAX_BODY;
const MAX_SHOWN = 120;
const API_VERSION = /^\d{4}-\d\d-\d\d(?:-preview)?$/;

/** Azure's REST API, of hub and DPS, for back ends and for devices. Who asks is checked before anything is read. */
export class RestServer {
  readonly #options: RestOptions;

  constructor(options: RestOptions) {
    this.#options = options;
  }

  /** Answers a request; never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { context } = this.#options;
    const { clock, random } = context;
    const place: Place = { service: 'hub', deviceId: undefined };
    let reply: RestReply;
    try {
      reply = await this.#perform(request, place);
    } catch (thrown) {
      const error = azureErrorOf(thrown);
      if (error === undefined) context.log(`HTTPS ${request.method} ${shown(request.url)}: ${String(thrown)}`);
      reply = this.#refusal(error ?? new AzureError(500001, 'Internal error; the log has the details.'), place);
    }
    const { status, body, headers = {} } = reply;
    const isJson = body !== undefined && !Buffer.isBuffer(body);
    response.writeHead(status, {
      ...(isJson ? { 'Content-Type': 'application/json; charset=utf-8' } : {}),
      'Cache-Control': 'no-store',
      'x-ms-request-id': guid(random),
      Date: new Date(clock.wall()).toUTCString(),
      ...headers,
    });
    response.end(isJson ? JSON.stringify(body) : body);
  }

  async #perform(request: IncomingMessage, place: Place): Promise<RestReply> {
    const { url = '/', method = 'GET', headers } = request;
    const { policies, hub, hubName, routes, context } = this.#options;
    const mark = url.indexOf('?');
    const segments = segmentsOf(mark < 0 ? url : url.slice(0, mark));
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark));
    const found = routesOf(routes, segments);
    const [route, parameters] = found.find(([candidate]) => candidate.method === method) ?? [];
    if (found[0]) place.service = found[0][0].service;
    if (!route || !parameters) {
      const code = found.length > 0 ? 405000 : 404000;
      throw new AzureError(code, `${method} ${shown(url)} is not offered by the local cloud.`);
    }
    const host = (headers.host ?? hubName()).toLowerCase();
    const token = tokenIn(headers.authorization);
    const now = context.clock.wall();
    if (route.needs === 'device') {
      place.deviceId = parameters[0];
      authorizeDevice(hub, parameters[0] ?? '', host, token ?? peerOf(request));
    } else if (route.needs !== 'registrant') {
      authorize(token, route.needs, { policies, hosts: [host, hubName()], path: segments, now });
    }
    if (!API_VERSION.test(query.get('api-version') ?? ''))
      throw new AzureError(400001, 'The query must have an api-version such as 2021-04-12.');
    const body = await bodyOf(request);
    return route.handle({
      parameters,
      query,
      headers,
      rawHeaders: request.rawHeaders,
      body,
      json: () => jsonOf(body),
      token,
      peer: () => peerOf(request),
    });
  }

  /** Refusals of who asks, and of what is not there, are told to the operator as well. */
  #refusal(error: AzureError, { service, deviceId }: Place): RestReply {
    const { context } = this.#options;
    const { clock, random } = context;
    const { code, reason, status } = error;
    if (status === 401 || code === 404000 || code === 405000) {
      const who = deviceId === undefined ? {} : { deviceId };
      context.events.emit({ type: 'refusal', stage: 'request', service, ...who, code, reason });
    }
    const now = clock.wall();
    return {
      status,
      headers: service === 'hub' ? { 'iothub-errorcode': nameOfCode(code) } : {},
      body: service === 'hub' ? hubErrorBody(error, { now, random }) : errorBody(error, now, random),
    };
  }
}

interface Place {
  service: RestRoute['service'];
  deviceId: string | undefined;
}

const shown = (url = '') => JSON.stringify(url.replace(/\?.*/s, '').slice(0, MAX_SHOWN));

const peerOf = ({ socket }: IncomingMessage) => (socket instanceof TLSSocket ? identityOfSocket(socket) : null);

function azureErrorOf(thrown: unknown): AzureError | undefined {
  if (thrown instanceof ShapeError) return new AzureError(400004, thrown.message);
  return thrown instanceof AzureError ? thrown : undefined;
}

/** What is too large is read to its end, or the client would not get to reading why; not for ever, though. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
    else if (size > MAX_READ) break;
  }
  if (size > MAX_BODY) throw new AzureError(413001, 'The body is larger than 1 MB.');
  return Buffer.concat(chunks);
}

function jsonOf(body: Buffer) {
  if (body.length === 0) return null;
  const json = parseJson(body);
  if (json === undefined) throw new AzureError(400004, 'The body is not JSON, or nests too deep.');
  return json;
}
