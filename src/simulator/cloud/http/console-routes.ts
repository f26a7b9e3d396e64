import type { Route } from '../../../web/router.ts';

/** What the page asks first: what it stands before. */
export function consoleRoutes(): Route[] {
  return [{ method: 'GET', path: '/api/console', handle: () => ({ status: 200, body: { mode: 'cloud' } }) }];
}
