import { HttpError } from '../../../web/http-error.ts';
import type { Route } from '../../../web/router.ts';
import type { BackEnd, TwinChanges } from '../back-end.ts';
import { object, objectOf, optional } from '../shape.ts';
import { checkCondition, read } from './request.ts';

/** What a back end may change of a twin, as IoT Hub's own API has it. */
const readTwin = objectOf({
  tags: optional(object),
  properties: optional(objectOf({ desired: optional(object) })),
});

export function twinRoutes(cloud: BackEnd): Route[] {
  const change = (method: 'PATCH' | 'PUT'): Route => ({
    method,
    path: '/api/devices/:/twin',
    async handle({ parameters: [id = ''], body, headers }) {
      const { tags, properties } = read(readTwin, body);
      const changes: TwinChanges = {
        ...(tags === undefined ? {} : { tags }),
        ...(properties?.desired === undefined ? {} : { desired: properties.desired }),
      };
      if (Object.keys(changes).length === 0) throw new HttpError(400, "Give 'tags' or 'properties.desired'.");
      await cloud.changeTwin(id, changes, {
        replace: method === 'PUT',
        isAllowed: (etag) => checkCondition(headers['if-match'], etag),
      });
      return { status: 200, body: cloud.twin(id) };
    },
  });
  const properties = (method: 'PATCH' | 'PUT'): Route => ({
    method,
    path: '/api/devices/:/properties',
    async handle({ parameters: [id = ''], body, headers }) {
      const desired = read(object, body);
      await cloud.changeTwin(
        id,
        { desired: cloud.withComponents(id, desired) },
        { replace: method === 'PUT', isAllowed: (etag) => checkCondition(headers['if-match'], etag) },
      );
      return { status: 202, body: cloud.properties(id) };
    },
  });
  return [
    {
      method: 'GET',
      path: '/api/devices/:/properties',
      handle: ({ parameters: [id = ''] }) => ({ status: 200, body: cloud.properties(id) }),
    },
    properties('PATCH'),
    properties('PUT'),
    {
      method: 'GET',
      path: '/api/devices/:/twin',
      handle: ({ parameters: [id = ''] }) => ({ status: 200, body: cloud.twin(id) }),
    },
    change('PATCH'),
    change('PUT'),
  ];
}
