import type { IncomingMessage } from 'node:http';
import { type Json, parseJson } from '../json.ts';
import { HttpError } from './http-error.ts';

const MAX_BODY = 256 * 1024;
const JSON_TYPE = /^application\/(?:merge-patch\+)?json\s*(?:;|$)/i;

/**
 * The JSON body of a request.
 * @throws HttpError 415 for anything that is not declared as JSON (which also keeps other web pages' forms out),
 *   413 over 256 KB, 400 for what is not JSON.
 */
export async function readJson(request: IncomingMessage): Promise<Json> {
  if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) {
    throw new HttpError(415, 'The body must be JSON, with the header "Content-Type: application/json".');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new HttpError(413, 'The body is larger than 256 KB.');
    chunks.push(chunk);
  }
  const json = parseJson(Buffer.concat(chunks));
  if (json === undefined) throw new HttpError(400, 'The body is not valid JSON.');
  return json;
}
