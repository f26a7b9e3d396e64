import { join, resolve } from 'node:path';
import { AppError } from '../errors.ts';
import {
  connectionStringsOf,
  deviceConnectionString,
  policyConnectionString,
} from '../simulator/cloud/connection-string.ts';
import { replaceFile, systemFiles } from '../simulator/cloud/files.ts';
import type { LocalCloud } from '../simulator/cloud/local-cloud.ts';
import { isKey, newSymmetricKey, type SymmetricKey } from '../simulator/cloud/symmetric-key.ts';
import { FileProblem, readUserFile } from '../user-file.ts';
import type { ServiceContext } from './command.ts';
import { wrongOption } from './command-options.ts';

/** What is asked for with --enroll-key and --group-key. */
export interface KeyRequest {
  id: string;
  /** Read from `file`; null: one is made, or the one of an earlier run is kept. */
  key: Partial<SymmetricKey> | null;
  file: string | null;
}

const REGISTRATION_ID = /^[0-9A-Za-z._:-]{1,128}$/;
const LIMIT = 4096;

/** `id=file`, whose lines are the primary and, where there is one, the secondary key; or the id alone. @throws AppError E_CONFIG */
export function readKeyRequest(option: string, text: string, cwd: string): KeyRequest {
  const [id = '', file] = text.split(/=(.*)/s);
  if (!REGISTRATION_ID.test(id) || file === '') throw wrongOption(option, text, 'be an id, or <id>=<file with a key>');
  if (file === undefined) return { id, key: null, file: null };
  try {
    const [primaryKey = '', secondaryKey, ...more] = readUserFile(resolve(cwd, file), LIMIT)
      .toString()
      .trim()
      .split(/\s+/);
    if (more.length > 0 || ![primaryKey, secondaryKey ?? primaryKey].every(isKey))
      throw new FileProblem('does not hold one symmetric key, or two: base64 of 16 to 64 bytes, a line each');
    return { id, key: { primaryKey, ...(secondaryKey === undefined ? {} : { secondaryKey }) }, file };
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    throw new AppError(
      'E_CONFIG',
      `The file ${file} ${error.message}`,
      `${option} takes a key as Azure shows it.`,
      error,
    );
  }
}

interface Place {
  /** What the hub is called in connection strings. */
  host: string;
  mqttPort: number;
  httpsPort: number;
  folder: string;
}

/** Lets devices in by keys, and shows the connection strings of those that are made. */
export async function enrollKeys(
  cloud: LocalCloud,
  requests: readonly KeyRequest[],
  place: Place,
  { reveal }: Pick<ServiceContext, 'reveal'>,
  note: (message: string) => void,
): Promise<void> {
  for (const { id, key: given, file } of requests) {
    const { key, isNew } = await cloud.enrollKey(id, given ?? undefined);
    const what = file === null ? `a symmetric key${isNew ? '' : ' of an earlier run'}` : `the symmetric key in ${file}`;
    note(`Enrolled ${id} with ${what}; the device may also connect to the hub at once`);
    if (!isNew || file !== null) continue;
    const connectionString = deviceConnectionString(place, id, key.primaryKey);
    reveal({ type: 'connection-string', deviceId: id, connectionString }, key.primaryKey);
  }
}

/** Lets every device in whose key is derived from that of a group; a key that is made stands in a file. */
export async function enrollGroupKeys(
  { enrollments }: LocalCloud,
  requests: readonly KeyRequest[],
  { folder }: Pick<Place, 'folder'>,
  note: (message: string) => void,
): Promise<void> {
  for (const { id, key: given, file } of requests) {
    const before = enrollments.find(id, 'group')?.symmetricKey;
    const isOther = given !== null && given.primaryKey !== before?.primaryKey;
    const key = newSymmetricKey({ ...(isOther ? {} : before), ...given });
    await enrollments.put({ kind: 'group', id, symmetricKey: key });
    const path = file ?? join(folder, `${id.replaceAll(':', '_')}.group.key`);
    if (file === null) replaceFile(systemFiles, path, `${key.primaryKey}\n${key.secondaryKey}\n`);
    note(`Enrolled every device whose key is derived from the one in ${path}, as the group ${id}`);
  }
}

/** Shows the connection strings of the shared access policies whose keys were made in this run. */
export async function revealPolicies(
  { policies }: LocalCloud,
  place: Place,
  { reveal }: Pick<ServiceContext, 'reveal'>,
): Promise<void> {
  for (const policy of await policies.keep()) {
    const { primaryKey } = policies.get(policy);
    const connectionString = policyConnectionString(place, policy, primaryKey);
    reveal({ type: 'connection-string', policy, connectionString }, primaryKey);
  }
}

/** Writes all connection strings into a file for its owner only. @returns its path */
export function writeConnectionStrings({ folder, ...place }: Place, cloud: LocalCloud): string {
  const path = join(folder, 'connection-strings.json');
  const devices = [...cloud.deviceKeys()].map(([id, { primaryKey }]): [string, string] => [
    id,
    deviceConnectionString(place, id, primaryKey),
  ]);
  const content = { policies: connectionStringsOf(cloud.policies, place), devices: Object.fromEntries(devices) };
  replaceFile(systemFiles, path, `${JSON.stringify(content, null, 2)}\n`);
  return path;
}
