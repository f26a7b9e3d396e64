import { createReadStream, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { resolveValues } from '../config/resolve.ts';
import { isDtmi } from '../dtdl/dtmi.ts';
import type { ModelRepository } from '../dtdl/repository.ts';
import { AppError } from '../errors.ts';
import type { Json } from '../events.ts';
import { parseJson } from '../json.ts';
import { HttpError } from '../web/http-error.ts';
import type { Route } from '../web/router.ts';
import { type CommandAction, settingsInput } from './command.ts';
import { openModels } from './models/places.ts';
import { openBrowser } from './open-browser.ts';
import { findModel, startPage } from './page.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { runService } from './runner.ts';

/** A recording is read whole; the page has a bound of its own for what it shows. */
const MAX_FILE = 256 * 1024 * 1024;
const MAX_LINE = 4 * 1024 * 1024;
/** Events a request: a page asks until it has them all. */
const PAGE = 2000;

/** Shows a session that `--json` has recorded, as the page showed it while it ran. */
export const consoleCommand: CommandAction = (given, environment) =>
  runService(given, environment, () => {
    const names = ['console', 'open', 'models', 'json'] as const;
    const { console: port, open, models, json } = resolveValues(settingsInput(given, environment), names);
    const [file = ''] = given.args;
    return {
      output: { json, logFile: null },
      secrets: [],
      async work({ report, signal }) {
        const { clock } = environment;
        const events = await readRecording(file, environment);
        const warn = (message: string) => report({ type: 'event', level: 'warning', message });
        const routes = [recordingRoute(events), modelRoute(openModels(models, environment.cwd))];
        const about = { mode: 'recording', name: basename(file) };
        const page = await startPage({ port: port ?? 0, about, routes, clock, warn });
        report({ type: 'console', url: page.url, link: page.url });
        if (open) openBrowser(page.url, () => warn('No browser could be started: open the address yourself'));
        await new Promise<void>((done) => {
          if (signal.aborted) done();
          signal.addEventListener('abort', () => done(), { once: true });
        });
        await page.close();
      },
    };
  });

/**
 * The events in a file of NDJSON. Lines that are none are left out, as long as there is one.
 * @throws AppError E_CONFIG for what is no recording
 */
async function readRecording(name: string, { cwd }: Pick<ProcessEnvironment, 'cwd'>): Promise<Json[]> {
  const fail = (problem: string, cause?: unknown) =>
    new AppError('E_CONFIG', `${name} ${problem}`, 'Name a file that a session has written with --json.', cause);
  const path = resolve(cwd, name);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw fail('does not exist');
  if (!found.isFile()) throw fail('is no file');
  if (found.size > MAX_FILE) throw fail('is larger than 256 MB');
  const events: Json[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: 1000 })) {
      const event = line.length > MAX_LINE ? undefined : parseJson(Buffer.from(line));
      if (typeof event === 'object' && event !== null && 'type' in event && 'ts' in event) events.push(event);
    }
  } catch (error) {
    throw fail(`cannot be read: ${error instanceof Error ? error.message : error}`, error);
  }
  if (events.length === 0) throw fail('holds no event');
  return events;
}

/** A part of the recording, from `?from=`. */
function recordingRoute(events: Json[]): Route {
  return {
    method: 'GET',
    path: '/api/recording',
    handle({ query }) {
      const from = Number(query.get('from') ?? 0);
      if (!Number.isInteger(from) || from < 0) throw new HttpError(400, "'from' must be a whole number.");
      const value = events.slice(from, from + PAGE);
      return { status: 200, body: { value, total: events.length } };
    },
  };
}

/** The model of an id, with everything that it refers to resolved. */
function modelRoute(repository: ModelRepository): Route {
  return {
    method: 'GET',
    path: '/api/models/:',
    handle({ parameters: [id = ''] }) {
      if (!isDtmi(id)) throw new HttpError(400, 'A model is named by its id.');
      const body = findModel(id, repository);
      if (body === null) throw new HttpError(404, `The model ${id} is not known here.`);
      return { status: 200, body };
    },
  };
}
