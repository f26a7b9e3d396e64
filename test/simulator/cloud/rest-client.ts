import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { Json } from '../../../src/json.ts';
import { type LocalCloud, startLocalCloud } from '../../../src/simulator/index.ts';

export const API = 'api-version=2021-04-12';

/** A token as Microsoft's documents make it; `skn` is left out where there is no policy. */
export function sas(resource: string, key: string, { policy = '', se = Math.floor(Date.now() / 1000) + 3600 } = {}) {
  const sr = encodeURIComponent(resource);
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64');
  const skn = policy === '' ? '' : `&skn=${policy}`;
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}${skn}`;
}

/** The parts of a connection string. */
export const partsOf = (connectionString: string): Record<string, string> =>
  Object.fromEntries(connectionString.split(';').map((part) => part.split(/=(.*)/s).slice(0, 2)));

export interface RestAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** Undefined where the body is no JSON. */
  json: Record<string, Json>;
  text: string;
}

export interface RestRequest {
  policy?: keyof LocalCloud['connectionStrings'];
  headers?: Record<string, string>;
  body?: Json | string | Buffer;
  /** Taken as it is, in place of a token. */
  authorization?: string;
  /** `api-version` is added unless told. */
  bare?: boolean;
  tls?: { cert: string; key: string };
}

/** Somebody who uses the REST API of a cloud. */
export class RestClient {
  readonly cloud: LocalCloud;
  readonly #agent: Agent;

  constructor(cloud: LocalCloud) {
    this.cloud = cloud;
    this.#agent = new Agent({ ca: cloud.ca, keepAlive: true });
  }

  close(): void {
    this.#agent.destroy();
  }

  token(policy: keyof LocalCloud['connectionStrings']): string {
    const { SharedAccessKey = '', HostName = '' } = partsOf(this.cloud.connectionStrings[policy]);
    return sas(HostName, SharedAccessKey, { policy });
  }

  ask(method: string, path: string, options: RestRequest = {}): Promise<RestAnswer> {
    const {
      policy = 'iothubowner',
      headers = {},
      body,
      authorization = this.token(policy),
      bare = false,
      tls,
    } = options;
    const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const versioned = bare ? path : `${path}${path.includes('?') ? '&' : '?'}${API}`;
    return new Promise((resolve, reject) => {
      const sent = request({
        host: '127.0.0.1',
        port: this.cloud.httpsPort,
        method,
        path: versioned,
        agent: tls ? new Agent({ ca: this.cloud.ca, ...tls }) : this.#agent,
        headers: {
          ...(authorization === '' ? {} : { Authorization: authorization }),
          ...(bytes === undefined ? {} : { 'Content-Length': Buffer.byteLength(bytes) }),
          ...headers,
        },
      });
      sent.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: /json/.test(response.headers['content-type'] ?? '') ? JSON.parse(text) : {},
          }),
        );
      });
      sent.on('error', reject);
      sent.end(bytes);
    });
  }
}

export async function startRest(options: Parameters<typeof startLocalCloud>[0] = {}): Promise<RestClient> {
  return new RestClient(await startLocalCloud({ devices: [], assigningAnswers: 0, ...options }));
}
