import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../json.ts';
import { parseJson } from '../../../json.ts';
import { AzureError } from '../azure-error.ts';
import type { DeviceRegistry } from '../devices.ts';
import { meets, select } from '../query/evaluate.ts';
import { parseQuery } from '../query/parse.ts';
import { objectOf, ShapeError, text } from '../shape.ts';
import { twinJson } from './device-json.ts';
import { pageSize } from './paging.ts';
import type { RestRoute } from './route.ts';

const readQuery = objectOf({ query: text }, 'ignored');
const readPlace = objectOf({ after: text, of: text });

const digest = (query: string) => createHash('sha256').update(query).digest('base64url').slice(0, 16);

/** Where the next page begins: behind a device, for the same query. */
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

/** Queries for devices, page by page. */
export function queryRoutes(devices: DeviceRegistry): RestRoute[] {
  return [
    {
      method: 'POST',
      path: '/devices/query',
      service: 'hub',
      needs: ['ServiceConnect', 'RegistryRead'],
      handle({ json, headers }) {
        const { query: asked } = readQuery(json(), '');
        const { selection, top, where } = parseQuery(asked);
        const size = pageSize(headers);
        const continuation = headers['x-ms-continuation'];
        const after = placeIn(Array.isArray(continuation) ? continuation[0] : continuation, asked);
        const all = devices
          .all()
          .map(twinJson)
          .filter((twin) => where === null || meets(twin, where))
          .map((twin): [string, JsonObject] => [String(twin['deviceId']), twin])
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .slice(0, top ?? undefined);
        if (selection.kind === 'count') {
          const body = [{ [selection.name]: all.length }];
          return { status: 200, body, headers: { 'x-ms-item-type': 'raw' } };
        }
        const left = after === null ? all : all.filter(([id]) => id > after);
        const page = left.slice(0, size);
        const last = page.at(-1);
        return {
          status: 200,
          body: page.map(([, twin]) => select(twin, selection)),
          headers: {
            'x-ms-item-type': selection.kind === 'all' ? 'twin' : 'raw',
            ...(last && left.length > page.length ? { 'x-ms-continuation': continuationOf(asked, last[0]) } : {}),
          },
        };
      },
    },
  ];
}
