import type { Dps } from '../dps.ts';
import type { CloudParts } from '../operations.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { registryRoutes } from './registry-routes.ts';
import type { RestRoute } from './route.ts';
import { twinRoutes } from './twin-routes.ts';

/** Everything that Azure's REST API has here. */
export function restRoutes({ devices, hub, context }: CloudParts & { dps: Dps }): RestRoute[] {
  return [...registryRoutes(devices), ...bulkRoutes(devices), ...twinRoutes(devices, hub, context)];
}
