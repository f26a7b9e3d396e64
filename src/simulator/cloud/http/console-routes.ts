import { modelRoute } from '../../../web/model-route.ts';
import type { Route } from '../../../web/router.ts';
import type { BackEnd } from '../back-end.ts';

/**
 * What the page asks first: what it stands before, and whether there is a virtual module to make trouble in. And a model
 * that a recording names, which is dropped onto the page.
 */
export function consoleRoutes(cloud: BackEnd, hasModule: boolean): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/console',
      handle: () => ({ status: 200, body: { mode: 'cloud', module: hasModule } }),
    },
    modelRoute((id) => cloud.model(id)),
  ];
}
