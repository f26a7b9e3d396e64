import type { Json } from '../json.ts';
import { HttpError } from './http-error.ts';
import type { Route } from './router.ts';

/**
 * The model of an id, with everything that it refers to resolved.
 * @param find gives undefined for a model that is not known
 */
export function modelRoute(find: (id: string) => Json | undefined): Route {
  return {
    method: 'GET',
    path: '/api/models/:',
    handle({ parameters: [id = ''] }) {
      const body = find(id);
      if (body === undefined) throw new HttpError(404, `The model ${id} is not known here.`);
      return { status: 200, body };
    },
  };
}
