import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates in a PEM file, in their order; at least one.
 * @param option the option that names the file, for the error
 * @throws AppError E_CONFIG
 */
export function readCertificates(option: string, path: string, cwd: string): [X509Certificate, ...X509Certificate[]] {
  const text = readText(option, path, cwd);
  try {
    const [first, ...others] = (text.match(PEM_BLOCK) ?? []).map((pem) => new X509Certificate(pem));
    if (first) return [first, ...others];
  } catch (cause) {
    throw unusable(option, path, 'has a certificate that cannot be read', cause);
  }
  throw unusable(option, path, 'has no certificate in it');
}

/**
 * The private key that belongs to `certificate`, as PEM.
 * @throws AppError E_CONFIG
 */
export function readKey(option: string, path: string, cwd: string, certificate: X509Certificate): string {
  const text = readText(option, path, cwd);
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch (cause) {
    throw unusable(option, path, 'has no private key that can be read without a password', cause);
  }
  if (!certificate.checkPrivateKey(key)) throw unusable(option, path, 'has not the key of the certificate');
  return text;
}

/** The common name of the subject; empty when it has none. */
export function commonNameOf(certificate: X509Certificate): string {
  const name: unknown = certificate.toLegacyObject().subject?.CN;
  return typeof name === 'string' ? name : '';
}

function readText(option: string, path: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, path), 'utf8');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw unusable(option, path, missing ? 'does not exist' : 'cannot be read', cause);
  }
}

function unusable(option: string, path: string, problem: string, cause?: unknown): AppError {
  return new AppError('E_CONFIG', `The file ${path} ${problem}`, `${option} takes a PEM file.`, cause);
}
