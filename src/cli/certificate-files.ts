import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** A DER file begins with a sequence whose length takes two more bytes. */
const DER = [0x30, 0x82];

/**
 * The certificates in a file, PEM or one as DER, in their order; at least one.
 * @param option the option that names the file, for the error
 * @throws AppError E_CONFIG
 */
export function readCertificates(option: string, path: string, cwd: string): [X509Certificate, ...X509Certificate[]] {
  const bytes = readBytes(option, path, cwd);
  if (DER.every((byte, index) => bytes[index] === byte)) return [readDer(option, path, bytes)];
  const text = textOf(option, path, bytes);
  try {
    const [first, ...others] = (text.match(PEM_BLOCK) ?? []).map((pem) => new X509Certificate(pem));
    if (first) return [first, ...others];
  } catch (cause) {
    throw unusable(option, path, 'has a certificate that cannot be read', cause);
  }
  const isKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);
  throw unusable(option, path, isKey ? 'has a private key in it, and no certificate' : 'has no certificate in it');
}

function readDer(option: string, path: string, bytes: Buffer): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    throw unusable(option, path, 'is not a certificate: a .pfx or .p12 file must be converted to PEM first', cause);
  }
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
  if (!certificate.checkPrivateKey(key)) throw unusable(option, path, 'does not have the key of the certificate');
  return text;
}

/** The common name of the subject; empty when it has none. */
export function commonNameOf(certificate: X509Certificate): string {
  const name: unknown = certificate.toLegacyObject().subject?.CN;
  return typeof name === 'string' ? name : '';
}

function readText(option: string, path: string, cwd: string): string {
  return textOf(option, path, readBytes(option, path, cwd));
}

/** PEM is ASCII; what PowerShell's > writes is not, and would just seem to have nothing in it. */
function textOf(option: string, path: string, bytes: Buffer): string {
  if (bytes.subarray(0, 400).includes(0)) {
    throw unusable(option, path, 'is not plain text (UTF-16, perhaps, as PowerShell writes it): save it as UTF-8');
  }
  return bytes.toString();
}

function readBytes(option: string, path: string, cwd: string): Buffer {
  try {
    return readFileSync(resolve(cwd, path));
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw unusable(option, path, missing ? 'does not exist' : 'cannot be read', cause);
  }
}

function unusable(option: string, path: string, problem: string, cause?: unknown): AppError {
  return new AppError(
    'E_CONFIG',
    `The file ${path} ${problem}`,
    `${option} takes a PEM file, or a certificate as DER.`,
    cause,
  );
}
