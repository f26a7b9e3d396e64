import { randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { replaceFile, systemFiles } from '../simulator/cloud/files.ts';
import { type LockedFolder, lockFolder } from '../simulator/cloud/folder-lock.ts';
import { createLocalCloud, type Enrollment, type LocalCloud } from '../simulator/cloud/local-cloud.ts';
import { createPki, type Pki } from '../simulator/cloud/pki.ts';
import { openPki } from '../simulator/cloud/pki-file.ts';
import { type SntpServer, startSntpServer } from '../simulator/sntp/server.ts';
import { isLoopback } from '../web/loopback.ts';
import { narrateCloud } from './cloud-narrator.ts';
import type { ServiceContext } from './command.ts';
import { addressesOf, portError } from './listening.ts';
import type { ProcessEnvironment } from './process-environment.ts';

/** What a local cloud for others is made from. */
export interface CloudPlan {
  /** The name or address that it listens on. */
  host: string;
  mqttPort: number;
  httpPort: number;
  /** MQTT without TLS; null for none. */
  plainPort: number | null;
  /** Where its state is kept; null: nowhere. */
  data: string | null;
  idScope: string;
  enrollments: Enrollment[];
  /** Registration ids that get a certificate of this cloud. */
  toIssue: string[];
  /** Whether to be a time server, and from which date on (milliseconds since 1970; null: the true one). */
  sntp: { port: number; date: number | null } | null;
}

/** Is DPS, IoT Hub and, where asked for, a time server until the signal is aborted. */
export async function serveCloud(
  plan: CloudPlan,
  { report, signal }: ServiceContext,
  environment: ProcessEnvironment,
): Promise<void> {
  const note = (message: string) => report({ type: 'event', level: 'note', message });
  const warn = (message: string) => report({ type: 'event', level: 'warning', message });
  const names = addressesOf(plan.host);
  const folder = openFolder(plan, environment);
  const closing: (() => Promise<void>)[] = [];
  try {
    const { cloud, issued, caPath } = await build(plan, names, folder, warn, environment).catch((error: unknown) => {
      throw error instanceof Error && 'syscall' in error ? unusable(folder.path, error) : error;
    });
    closing.push(() => cloud.close());
    const key = isLoopback(plan.host) ? null : randomBytes(18).toString('base64url');
    const { mqttPort, plainPort, httpPort } = await listen(cloud, plan, key);
    closing.push(narrateCloud(cloud, report));

    note(`The local cloud is on ${plan.host}: MQTT over TLS on port ${mqttPort}, until Ctrl-C`);
    if (plainPort !== null) note(`MQTT without TLS is on port ${plainPort}: MQTT_TLS=0 MQTT_PORT=${plainPort}`);
    note(`Settings that lead here: DPS_HOST=${names.join(' or ')} MQTT_PORT=${mqttPort} ID_SCOPE=${plan.idScope}`);
    note(`What the board must trust: ROOT_CERT=${caPath} (or once: anycloud-iotc load-cert ${caPath})`);
    const [name = plan.host] = names;
    const api = `http://${isIPv6(name) ? `[${name}]` : name}:${httpPort}`;
    note(`HTTP API: ${api}${key === null ? '' : ` with the header Authorization: ${key}`}`);
    if (plan.httpPort !== 0 && httpPort !== plan.httpPort)
      warn(`Port ${plan.httpPort} is in use, so it is on ${httpPort}`);
    for (const { id, files } of issued) note(`Enrolled ${id}, with the certificate and key ${files.join(' and ')}`);
    if (cloud.enrollments.all().length === 0) {
      warn('Nobody is enrolled: use --enroll or --group, or PUT /api/enrollments/<registration id>');
    }
    if (plan.sntp) {
      const { port, close } = await startClock(plan.host, plan.sntp, environment.clock, warn);
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

/** Makes the cloud and everything that it keeps in files. */
async function build(
  plan: CloudPlan,
  names: string[],
  folder: LockedFolder,
  log: (line: string) => void,
  environment: ProcessEnvironment,
) {
  const { clock, random } = environment;
  const pki = await openCertificates(plan, folder, names, clock.wall());
  const caPath = join(folder.path, 'ca.pem');
  writeFileSync(caPath, pki.ca);
  const issued = await Promise.all(plan.toIssue.map((id) => issue(pki, folder.path, id)));
  const cloud = createLocalCloud({
    clock,
    random,
    pki,
    idScope: plan.idScope,
    enrollments: [...plan.enrollments, ...issued.map(({ enrollment }) => enrollment)],
    // A board finds the hub in the way it has found DPS.
    hubName: names[0] ?? plan.host,
    log,
    ...(plan.data === null ? {} : { dataFolder: folder }),
  });
  return { cloud, issued, caPath };
}

/** @throws AppError that says which port cannot be had, and why */
async function listen(cloud: LocalCloud, { host, mqttPort, httpPort, plainPort }: CloudPlan, key: string | null) {
  try {
    const addresses = await cloud.listen({
      host,
      mqttPort,
      httpPort,
      ...(plainPort === null ? {} : { plainPort }),
      ...(key === null ? {} : { httpKey: key }),
    });
    return { ...addresses, httpPort: Number(new URL(addresses.url).port || 80) };
  } catch (error) {
    throw portError(error, host);
  }
}

/** The folder of the state, or one for the files that a person needs while this runs; locked before it is touched. */
function openFolder({ data }: CloudPlan, { cwd, clock }: ProcessEnvironment): LockedFolder {
  const folder = data === null ? mkdtempSync(join(tmpdir(), 'anycloud-iotc-')) : resolve(cwd, data);
  try {
    return lockFolder(folder, clock.wall());
  } catch (cause) {
    throw unusable(folder, cause);
  }
}

function unusable(folder: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError(
    'E_CONFIG',
    `The folder ${folder} cannot be used: ${reason}`,
    'Name another one with --data.',
    cause,
  );
}

/** @throws AppError when they are not valid on the date that the time server gives */
async function openCertificates(plan: CloudPlan, folder: LockedFolder, hosts: string[], now: number): Promise<Pki> {
  const date = plan.sntp?.date ?? now;
  const options = { hosts, now: Math.min(date, now) };
  const pki =
    plan.data === null
      ? await createPki(options)
      : await openPki(folder, options).catch((cause: unknown) => {
          throw unusable(folder.path, cause);
        });
  for (const pem of [pki.ca, pki.server.certificate]) {
    const { validFrom, validTo } = new X509Certificate(pem);
    if (Date.parse(validFrom) <= date && date <= Date.parse(validTo)) continue;
    throw new AppError(
      'E_CONFIG',
      `The certificates in ${folder.path} are not valid on ${new Date(date).toISOString()}: from ${validFrom} to ${validTo}`,
      'Name another --sntp-date, or a new folder with --data.',
    );
  }
  return pki;
}

/** Gives a device that has no certificate one of this cloud, as files; those of an earlier run stay. */
async function issue(pki: Pki, folder: string, id: string) {
  const name = id.replaceAll(':', '_');
  const files = [join(folder, `${name}.cert.pem`), join(folder, `${name}.key.pem`)] as const;
  if (!files.every((file) => existsSync(file))) {
    const { certificate, root, key } = await pki.device(id);
    replaceFile(systemFiles, files[1], key);
    replaceFile(systemFiles, files[0], certificate + root);
  }
  const enrollment: Enrollment = {
    kind: 'individual',
    registrationId: id,
    certificate: readFileSync(files[0], 'utf8'),
  };
  return { id, files, enrollment };
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
