import type { Route } from '../../../web/router.ts';

/** What the page asks first: what it stands before, and whether there is a virtual module to make trouble in. */
export function consoleRoutes(hasModule: boolean): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/console',
      handle: () => ({ status: 200, body: { mode: 'cloud', module: hasModule } }),
    },
  ];
}
