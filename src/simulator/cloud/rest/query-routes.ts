import type { JsonObject } from '../../../json.ts';
import type { DeviceRegistry } from '../devices.ts';
import { meets, select } from '../query/evaluate.ts';
import { parseQuery } from '../query/parse.ts';
import { objectOf, text } from '../shape.ts';
import { twinJson } from './device-json.ts';
import { pageOf } from './paging.ts';
import type { RestRoute } from './route.ts';

const readQuery = objectOf({ query: text }, 'ignored');
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
        const items = all.map(([id, twin]) => [id, select(twin, selection)] as const);
        return pageOf(items, headers, selection.kind === 'all' ? 'twin' : 'raw', asked);
      },
    },
  ];
}
