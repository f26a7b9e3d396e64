import type { X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { certificateFrom, privateKeyFrom } from '../pem.ts';
import type { Credentials } from './credentials.ts';
import { issueCertificate, newKey } from './issue-certificate.ts';

/** Who the gateway is to Azure, for one board. */
export interface Identity {
  readonly credentials: Credentials & { readonly kind: 'certificate' };
  /** Paths of the files. */
  readonly certificate: string;
  readonly key: string;
  /** Whether it was made just now, so that no enrollment can know it yet. */
  readonly isNew: boolean;
  /** As Azure shows it: without colons. */
  readonly thumbprint: string;
}

/** Credentials that nobody keeps. */
export async function passingIdentity(deviceId: string, now: number): Promise<Identity['credentials']> {
  const key = newKey();
  return { kind: 'certificate', certificate: await issueCertificate(deviceId, privateKeyFrom(key), now), key };
}

/** Only the owner may read a key. */
const KEY_MODE = 0o600;
const CERTIFICATE_MODE = 0o644;
const FOLDER_MODE = 0o700;

/**
 * The certificate and the key for a board: those in the folder, or new ones, which are valid for ten years. What is in the
 * folder is never replaced.
 * @param now milliseconds since 1970
 * @throws AppError E_GATEWAY_IDENTITY when they cannot be read or made, belong to another device, or are not valid now
 */
export async function openIdentity(folder: string, deviceId: string, now: number): Promise<Identity> {
  const name = deviceId.replaceAll(':', '_');
  const files = { certificate: join(folder, `${name}.cert.pem`), key: join(folder, `${name}.key.pem`) };
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    if (!existsSync(files.key)) place(files.key, newKey(), KEY_MODE);
    const key = readFileSync(files.key, 'utf8');
    const isNew = !existsSync(files.certificate);
    if (isNew)
      place(files.certificate, await issueCertificate(deviceId, privateKey(key, files.key), now), CERTIFICATE_MODE);
    chmodSync(files.key, KEY_MODE);
    const certificate = readFileSync(files.certificate, 'utf8');
    const thumbprint = check(certificate, key, files, deviceId, now);
    return { credentials: { kind: 'certificate', certificate, key }, ...files, isNew, thumbprint };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unusable(`The folder ${folder} cannot be used: ${reason}`, 'Name another one.', cause);
  }
}

/** Writes a file that is not there; whoever was faster has it, whole. */
function place(path: string, text: string, mode: number): void {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, text, { mode, flag: 'wx' });
  try {
    linkSync(draft, path);
  } catch {
    // A file system without links has no better way.
    if (!existsSync(path)) writeFileSync(path, text, { mode, flag: 'wx' });
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @returns the thumbprint. @throws AppError */
function check(
  pem: string,
  key: string,
  files: { certificate: string; key: string },
  deviceId: string,
  now: number,
): string {
  const certificate = parsed(pem, files.certificate);
  const name = /^CN=(.*)$/m.exec(certificate.subject)?.[1];
  if (name !== deviceId) {
    throw unusable(
      `The certificate in ${files.certificate} is for ${JSON.stringify(name ?? '')}, not for ${JSON.stringify(deviceId)}`,
      'Azure would refuse it: put it elsewhere, and a new one is made.',
    );
  }
  if (!certificate.checkPrivateKey(privateKey(key, files.key))) {
    throw unusable(
      `The key in ${files.key} does not belong to the certificate in ${files.certificate}`,
      'Put the two that belong together there, or take both away: new ones are made then.',
    );
  }
  if (Date.parse(certificate.validTo) < now) {
    throw unusable(
      `The certificate in ${files.certificate} has expired on ${certificate.validTo}`,
      'Take it away: a new one is made, which is to be uploaded in place of the old one.',
    );
  }
  if (Date.parse(certificate.validFrom) > now) {
    throw unusable(
      `The certificate in ${files.certificate} is valid from ${certificate.validFrom} on only`,
      "Set this computer's clock.",
    );
  }
  return certificate.fingerprint.replaceAll(':', '');
}

function parsed(pem: string, path: string): X509Certificate {
  try {
    return certificateFrom(pem);
  } catch (cause) {
    throw unusable(`The file ${path} has no certificate that can be read`, 'It must be PEM.', cause);
  }
}

function privateKey(pem: string, path: string) {
  try {
    return privateKeyFrom(pem);
  } catch (cause) {
    throw unusable(`The file ${path} has no private key that can be read without a password`, 'It must be PEM.', cause);
  }
}

function unusable(message: string, hint: string, cause?: unknown): AppError {
  return new AppError('E_GATEWAY_IDENTITY', message, hint, cause);
}
