import { rmSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { ModelRepository } from '../dtdl/repository.ts';
import { HTTPS_PORT } from '../simulator/cloud/connection-string.ts';
import { replaceFile, systemFiles } from '../simulator/cloud/files.ts';
import type { LockedFolder } from '../simulator/cloud/folder-lock.ts';
import { createLocalCloud, type LocalCloud } from '../simulator/cloud/local-cloud.ts';
import { type SntpServer, startSntpServer } from '../simulator/sntp/server.ts';
import { isLoopback } from '../web/loopback.ts';
import { type EnrollmentRequest, enroll, forget } from './cloud-enrollments.ts';
import { issue, openCertificates, openFolder, openKey, unusable } from './cloud-folder.ts';
import { enrollGroupKeys, enrollKeys, type KeyRequest, revealPolicies, writeConnectionStrings } from './cloud-keys.ts';
import { narrateCloud } from './cloud-narrator.ts';
import type { ServiceContext } from './command.ts';
import { addressesOf, portError, withoutUsualPort } from './listening.ts';
import { doorTo, NO_BROWSER } from './open-browser.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { openTelemetryExport, type TelemetryExport } from './telemetry-export.ts';

/** What a local cloud for others is made from. */
export interface CloudPlan {
  /** The name or address that it listens on. */
  host: string;
  mqttPort: number;
  /** Null for the usual one, or any free one when that is taken. */
  httpPort: number | null;
  /** Where device models are found. */
  models: ModelRepository;
  /** Azure's REST API and MQTT over WebSocket; null: 443, or any free one when that cannot be had. */
  httpsPort: number | null;
  /** MQTT without TLS; null for none. */
  plainPort: number | null;
  /** Where its state is kept; null: nowhere. */
  data: string | null;
  idScope: string;
  /** The file that telemetry is added to; null for none. */
  exportTo: string | null;
  /** Whether the page is opened in the browser. */
  open: boolean;
  enrollments: EnrollmentRequest[];
  /** Registration ids that get a certificate of this cloud. */
  toIssue: string[];
  /** Ids whose enrollment is to end. */
  toForget: string[];
  /** Devices that are let in by a symmetric key. */
  keys: KeyRequest[];
  /** Groups whose devices have keys that are derived from the group's. */
  groupKeys: KeyRequest[];
  /** Whether to be a time server, and from which date on (milliseconds since 1970; null: the true one). */
  sntp: { port: number; date: number | null } | null;
}

/** Is DPS, IoT Hub and, where asked for, a time server until the signal is aborted. */
export async function serveCloud(
  plan: CloudPlan,
  { report, reveal, signal, setStatusLine }: ServiceContext,
  environment: ProcessEnvironment,
): Promise<void> {
  const say = {
    note: (message: string) => report({ type: 'event', level: 'note', message }),
    warn: (message: string) => report({ type: 'event', level: 'warning', message }),
  };
  const { note, warn } = say;
  const { clock } = environment;
  const names = addressesOf(plan.host);
  const exported = plan.exportTo === null ? null : openTelemetryExport(plan.exportTo, environment.cwd, warn);
  const folder = openFolder(plan.data, environment.cwd, clock.wall());
  const closing: (() => Promise<void>)[] = [];
  try {
    const { cloud, pki, caPath } = await build(plan, names, folder, warn, environment).catch((error: unknown) => {
      throw error instanceof Error && 'syscall' in error ? unusable(folder.path, error) : error;
    });
    closing.push(() => cloud.close());
    const key = isLoopback(plan.host) ? null : openKey(folder.path, plan.data !== null);
    const { mqttPort, plainPort, httpPort, httpsPort, httpsProblem } = await listen(cloud, plan, key);
    closing.push(narrateCloud(cloud, { report, setStatusLine }));
    if (exported) closing.push(follow(cloud, exported));

    note(`The local cloud is on ${plan.host}: MQTT over TLS on port ${mqttPort}, until Ctrl-C`);
    if (plainPort !== null) note(`MQTT without TLS is on port ${plainPort}: MQTT_TLS=0 MQTT_PORT=${plainPort}`);
    note(`HTTPS is on port ${httpsPort}: the REST APIs of IoT Hub and DPS, and MQTT over WebSocket`);
    if (httpsProblem !== null) note(withoutUsualPort(httpsPort, httpsProblem));
    note(`Settings that lead here: DPS_HOST=${names.join(' or ')} MQTT_PORT=${mqttPort} ID_SCOPE=${plan.idScope}`);
    note(`What the board must trust: ROOT_CERT=${inEnvFile(caPath)} (or once: the command load-cert with this file)`);
    const [name = plan.host] = names;
    const api = `http://${isIPv6(name) ? `[${name}]` : name}:${httpPort}`;
    note(`HTTP API: ${api}${key === null ? '' : ` with the header Authorization: ${key}`}`);
    const link = key === null ? api : `${api}/#key=${key}`;
    report({ type: 'console', url: api, link });
    if (plan.open) {
      const door = key === null ? null : doorTo(link, folder.path);
      if (door) closing.push(async () => door.remove());
      environment.openBrowser(door?.url ?? link, () => warn(NO_BROWSER));
    }
    for (const id of plan.toForget) await forget(cloud, id, note);
    for (const request of plan.enrollments) await enroll(cloud, request, clock.wall(), say);
    for (const id of plan.toIssue) {
      const { files, enrollment } = await issue(pki, folder.path, id);
      const confirmation = `Enrolled ${id}, with the certificate and key ${files.join(' and ')}`;
      await enroll(cloud, { enrollment, confirmation }, clock.wall(), say);
    }
    const place = { host: name, mqttPort, httpsPort: httpsPort ?? 0, folder: folder.path };
    await revealPolicies(cloud, place, { reveal });
    await enrollGroupKeys(cloud, plan.groupKeys, place, note);
    await enrollKeys(cloud, plan.keys, place, { reveal }, note);
    note(`Connection strings are in ${writeConnectionStrings(place, cloud)}`);
    summarise(cloud, plan, say);
    if (plan.sntp) {
      const { port, close } = await startClock(plan.host, plan.sntp, clock, warn);
      closing.push(close);
      const { date } = plan.sntp;
      const time = date === null ? 'the true time' : `${new Date(date).toISOString()} as the time of the start`;
      note(`SNTP is on UDP port ${port} and gives ${time}: NTP_SERVER=${names.join(' or ')}`);
    }
    await aborted(signal);
  } finally {
    await Promise.all(closing.map((close) => close()));
    folder.release();
    if (plan.data === null) rmSync(folder.path, { recursive: true, force: true });
  }
}

/** Writes telemetry down. @returns what stops it */
function follow(cloud: LocalCloud, exported: TelemetryExport): () => Promise<void> {
  const stop = cloud.onEvent((event) => exported.take(event));
  return async () => {
    stop();
    exported.close();
  };
}

/** Who is let in without having been named this time. */
function summarise(
  { enrollments }: LocalCloud,
  { enrollments: named, toIssue, keys, groupKeys }: CloudPlan,
  { note, warn }: { note: (message: string) => void; warn: (message: string) => void },
): void {
  const earlier = enrollments.all().length - named.length - toIssue.length - keys.length - groupKeys.length;
  if (earlier > 0)
    note(
      `${earlier} ${earlier === 1 ? 'enrollment' : 'enrollments'} of earlier runs ${earlier === 1 ? 'is' : 'are'} in force (--forget <id> ends one)`,
    );
  if (enrollments.all().length === 0) {
    warn('Nobody is enrolled: use --enroll, --enroll-key or --group, or PUT /api/enrollments/<registration id>');
  }
}

/** Makes the cloud and everything that it keeps in files. */
async function build(
  plan: CloudPlan,
  names: string[],
  folder: LockedFolder,
  log: (line: string) => void,
  environment: ProcessEnvironment,
) {
  const { clock, random } = environment;
  const now = clock.wall();
  const hosts = [...new Set([...names, hostname()])];
  const pki = await openCertificates(folder, plan.data !== null, hosts, { date: plan.sntp?.date ?? now, now });
  const caPath = join(folder.path, 'ca.pem');
  replaceFile(systemFiles, caPath, pki.ca);
  const cloud = createLocalCloud({
    clock,
    random,
    pki,
    idScope: plan.idScope,
    enrollments: [],
    // A board finds the hub in the way it has found DPS.
    hubName: names[0] ?? plan.host,
    models: plan.models,
    log,
    ...(plan.data === null ? {} : { dataFolder: folder }),
  });
  return { cloud, pki, caPath };
}

/** @throws AppError that says which port cannot be had, and why */
async function listen(
  cloud: LocalCloud,
  { host, mqttPort, httpPort, httpsPort, plainPort }: CloudPlan,
  key: string | null,
) {
  try {
    const addresses = await cloud.listen({
      host,
      mqttPort,
      httpsPort: httpsPort ?? { preferred: HTTPS_PORT },
      watchAmqp: true,
      ...(httpPort === null ? {} : { httpPort }),
      ...(plainPort === null ? {} : { plainPort }),
      ...(key === null ? {} : { httpKey: key }),
    });
    return { ...addresses, httpPort: Number(new URL(addresses.url).port || 80) };
  } catch (error) {
    throw portError(error, host);
  }
}

/** The port that boards ask on needs rights and may be taken; another one is of use only where something leads there. */
async function startClock(
  host: string,
  { port, date }: NonNullable<CloudPlan['sntp']>,
  clock: Clock,
  warn: (message: string) => void,
): Promise<SntpServer> {
  const ahead = date === null ? 0 : date - clock.wall();
  const now = () => clock.wall() + ahead;
  try {
    return await startSntpServer(host, port, now);
  } catch (error) {
    const server = await startSntpServer(host, 0, now);
    warn(
      `${portError(error, host).message}, so the time server is on UDP port ${server.port}. A board always asks on ` +
        'port 123: lead that to this one, or run this with the right to use it',
    );
    return server;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A path as a settings file takes it: one with blanks, say, in quotes. */
function inEnvFile(path: string): string {
  return /^[\w.:/\\@+-]+$/.test(path) ? path : `'${path}'`;
}
