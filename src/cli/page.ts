import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { isDtmi } from '../dtdl/dtmi.ts';
import type { Model } from '../dtdl/model.ts';
import { ModelError } from '../dtdl/model-error.ts';
import type { ModelRepository } from '../dtdl/repository.ts';
import { loadModel } from '../dtdl/resolve.ts';
import type { Json, Report } from '../events.ts';
import { parseJson } from '../json.ts';
import { EventLog } from '../web/event-log.ts';
import type { Listening } from '../web/listen.ts';
import { LOOPBACK } from '../web/loopback.ts';
import { modelRoute } from '../web/model-route.ts';
import { PageFiles } from '../web/page-files.ts';
import type { Route } from '../web/router.ts';
import { startWebServer } from '../web/server.ts';
import { BOTH_ENDS, SESSION_TYPES, sessionFeed } from '../web/session-feed.ts';
import { portError } from './listening.ts';

/** A model as the page gets it. */
export const modelAsJson = (model: Model): Json => parseJson(JSON.stringify(model)) ?? null;

/** A model with all that it refers to, as JSON; undefined where it is not found or is wrong. */
export function findModel(id: string, repository: ModelRepository): Json | undefined {
  if (!isDtmi(id)) return undefined;
  try {
    return modelAsJson(loadModel(id, repository));
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

/** A page of this program's own, without a cloud: what happens can be seen there, and nothing be done. */
export interface Page {
  /** The address that opens it. */
  url: string;
  /** Takes what a session reports, secrets masked. */
  take: Report;
  close(): Promise<void>;
}

export interface PageOptions {
  /** 0 takes any free one. */
  port: number;
  /** What the page stands before: the answer to its first question. */
  about: Json;
  /** Of the device of a session; undefined while it is not known. */
  deviceId?: string | undefined;
  /** Where the model is found that a recording names. */
  models: ModelRepository;
  routes?: readonly Route[];
  clock: Clock;
  warn: (message: string) => void;
}

/**
 * Serves the page on this computer.
 * @throws AppError E_CONFIG when the port cannot be had
 */
export async function startPage({
  port,
  about,
  deviceId,
  models,
  routes = [],
  clock,
  warn,
}: PageOptions): Promise<Page> {
  const log = new EventLog(randomBytes(6).toString('hex'));
  const types = [...SESSION_TYPES, ...BOTH_ENDS];
  const server: Listening = await startWebServer({
    page: new PageFiles(),
    routes: [
      { method: 'GET', path: '/api/console', handle: () => ({ status: 200, body: about }) },
      modelRoute((id) => findModel(id, models)),
      ...routes,
    ],
    events: { path: '/api/events', log, types },
    key: null,
    host: LOOPBACK,
    port,
    clock,
    log: warn,
  }).catch((error: unknown) => {
    throw portError(error, LOOPBACK);
  });
  return {
    url: `http://${LOOPBACK}:${server.port}`,
    take: sessionFeed(
      log,
      () => clock.wall(),
      () => deviceId,
      types,
    ),
    close: () => server.close(),
  };
}
