import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { certificateFrom } from '../pem.ts';
import { replaceFile, systemFiles } from '../simulator/cloud/files.ts';
import { type LockedFolder, lockFolder } from '../simulator/cloud/folder-lock.ts';
import type { Enrollment } from '../simulator/cloud/local-cloud.ts';
import { createPki, type Pki } from '../simulator/cloud/pki.ts';
import { openPki } from '../simulator/cloud/pki-file.ts';

const KEY_FILE = 'api-key';
const KEY = /^[A-Za-z0-9_-]{20,100}$/;

/**
 * The folder of the state, or one for the files that a person needs while this runs; locked before it is touched.
 * @param data null for the latter
 * @throws AppError E_CONFIG, which says who holds it
 */
export function openFolder(data: string | null, cwd: string, now: number): LockedFolder {
  const folder = data === null ? mkdtempSync(join(tmpdir(), 'anycloud-iotc-')) : resolve(cwd, data);
  try {
    return lockFolder(folder, now);
  } catch (cause) {
    throw unusable(folder, cause);
  }
}

/** Why a folder cannot be used. */
export function unusable(folder: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError(
    'E_CONFIG',
    `The folder ${folder} cannot be used: ${reason}`,
    'Name another one with --data.',
    cause,
  );
}

/**
 * The certificates of the cloud.
 * @param isKept whether they stay in the folder
 * @param date on which they must be valid, in milliseconds since 1970
 * @throws AppError when they cannot be read or written, or are not valid on that date
 */
export async function openCertificates(
  folder: LockedFolder,
  isKept: boolean,
  hosts: string[],
  { date, now }: { date: number; now: number },
): Promise<Pki> {
  const options = { hosts, now: Math.min(date, now), rsa: true };
  const pki = await (isKept ? openPki(folder, options) : createPki(options)).catch((cause: unknown) => {
    throw unusable(folder.path, cause);
  });
  for (const pem of [pki.ca, ...pki.servers.map(({ certificate }) => certificate)]) {
    const { validFrom, validTo } = certificateFrom(pem);
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
export async function issue(pki: Pki, folder: string, id: string) {
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
  return { files, enrollment };
}

/** The key of the HTTP API: that of an earlier run, where the folder is kept, so that those who use it need no other. */
export function openKey(folder: string, isKept: boolean): string {
  const path = join(folder, KEY_FILE);
  const kept = isKept ? systemFiles.read(path)?.toString().trim() : undefined;
  if (kept !== undefined && KEY.test(kept)) return kept;
  const key = randomBytes(18).toString('base64url');
  if (isKept) replaceFile(systemFiles, path, `${key}\n`);
  return key;
}
