import type { Dps } from '../dps.ts';
import type { CloudParts } from '../operations.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { deviceMessageRoutes } from './device-message-routes.ts';
import { digitalTwinRoutes } from './digital-twin-routes.ts';
import { enrollmentRoutes } from './enrollment-routes.ts';
import { queryRoutes } from './query-routes.ts';
import { registrationRoutes } from './registration-routes.ts';
import { registryRoutes } from './registry-routes.ts';
import type { RestRoute } from './route.ts';
import { twinRoutes } from './twin-routes.ts';

/** Everything that Azure's REST API has here. */
export function restRoutes({
  devices,
  enrollments,
  hub,
  dps,
  catalog,
  context,
  hubName,
}: CloudParts & { dps: Dps }): RestRoute[] {
  return [
    ...registryRoutes(devices),
    ...bulkRoutes(devices),
    ...queryRoutes(devices),
    ...twinRoutes(devices, hub, context),
    ...digitalTwinRoutes(devices, hub, catalog, context),
    ...deviceMessageRoutes(devices, hub, context),
    ...enrollmentRoutes(enrollments, 'individual'),
    ...enrollmentRoutes(enrollments, 'group'),
    ...registrationRoutes({ devices, dps, context, hubName }),
  ];
}
