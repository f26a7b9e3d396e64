import type { Clock } from '../../../clock.ts';
import type { EventLog } from '../../../web/event-log.ts';
import type { Listening } from '../../../web/listen.ts';
import { PageFiles } from '../../../web/page-files.ts';
import type { Route } from '../../../web/router.ts';
import { startWebServer } from '../../../web/server.ts';
import { SESSION_TYPES } from '../../../web/session-feed.ts';
import type { BackEnd } from '../back-end.ts';
import { EVENT_TYPES } from '../events.ts';
import { consoleRoutes } from './console-routes.ts';
import { deviceRoutes } from './device-routes.ts';
import { enrollmentRoutes } from './enrollment-routes.ts';
import { faultRoutes } from './fault-routes.ts';
import { messageRoutes } from './message-routes.ts';
import { checkApiVersion, explain } from './request.ts';
import { templateRoutes } from './template-routes.ts';
import { twinRoutes } from './twin-routes.ts';

export interface HttpApiOptions {
  cloud: BackEnd;
  events: EventLog;
  clock: Clock;
  log: (line: string) => void;
  host: string;
  port: number;
  /** Those of what stands beside the cloud: the virtual module. */
  routes: readonly Route[];
  /** What every request must bring as `Authorization`, where the server can be reached from other machines. */
  key: string | null;
}

/** What was called otherwise before, and still works. */
const FORMERLY = /^\/api\/enrolments(?=\/|$)/;

/**
 * Starts the HTTP API, in the shape of IoT Central's where Central has the same thing.
 * @throws the system's error when the port cannot be had
 */
export function startHttpApi({ cloud, events, clock, routes, ...options }: HttpApiOptions): Promise<Listening> {
  return startWebServer({
    ...options,
    clock,
    page: new PageFiles(),
    routes: [
      ...routes,
      ...consoleRoutes(cloud, routes.length > 0),
      ...deviceRoutes(cloud),
      ...twinRoutes(cloud),
      ...templateRoutes(cloud),
      ...messageRoutes(cloud),
      ...enrollmentRoutes(cloud, () => clock.wall()),
      ...faultRoutes(cloud),
    ],
    events: { path: '/api/events', log: events, types: [...EVENT_TYPES, ...SESSION_TYPES] },
    explain,
    check: checkApiVersion,
    rename: (path) => path.replace(FORMERLY, '/api/enrollments'),
  });
}
