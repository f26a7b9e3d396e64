import type { KeyObject, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { certificateFrom, privateKeyFrom } from '../pem.ts';
import { FileProblem, isUtf16, readUserFile } from '../user-file.ts';

const PEM_BLOCK = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
/** All roots that a computer trusts, as one file, are a quarter of this. */
const LIMIT = 1024 * 1024;
/** How a certificate in DER begins: a sequence whose length takes two bytes. */
const DER = Buffer.from([0x30, 0x82]);

/**
 * The certificates in a file, in their order; at least one. PEM may hold several, DER is one.
 * @param option the option that names the file, for the error
 * @throws AppError E_CONFIG
 */
export function readCertificates(option: string, path: string, cwd: string): [X509Certificate, ...X509Certificate[]] {
  try {
    return parseCertificates(readUserFile(resolve(cwd, path), LIMIT));
  } catch (error) {
    throw unusable(option, path, error);
  }
}

/**
 * The private key that belongs to `certificate`, as PEM.
 * @throws AppError E_CONFIG
 */
export function readKey(option: string, path: string, cwd: string, certificate: X509Certificate): string {
  try {
    const bytes = readUserFile(resolve(cwd, path), LIMIT);
    if (isUtf16(bytes)) throw new FileProblem(UTF16);
    const text = bytes.toString('utf8');
    let key: KeyObject;
    try {
      key = privateKeyFrom(text);
    } catch (cause) {
      throw new FileProblem('has no private key that can be read without a password', cause);
    }
    if (!certificate.checkPrivateKey(key)) throw new FileProblem('holds a key that does not belong to the certificate');
    return text;
  } catch (error) {
    throw unusable(option, path, error);
  }
}

const UTF16 = 'is UTF-16 text; save it as UTF-8';

/** @throws FileProblem */
function parseCertificates(bytes: Buffer): [X509Certificate, ...X509Certificate[]] {
  if (isUtf16(bytes)) throw new FileProblem(UTF16);
  const isDer = bytes.subarray(0, DER.length).equals(DER);
  const blocks = isDer ? [bytes] : (bytes.toString('latin1').match(PEM_BLOCK) ?? []);
  let certificates: X509Certificate[];
  try {
    certificates = blocks.map((block) => certificateFrom(block));
  } catch (cause) {
    const what = isDer
      ? 'is binary, and not a certificate: a .pfx or .p12 file must be converted to PEM first'
      : 'has a certificate that cannot be read';
    throw new FileProblem(what, cause);
  }
  const [first, ...others] = certificates;
  if (first) return [first, ...others];
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(bytes.toString('latin1'))?.[1];
  throw new FileProblem(`has no certificate in it${label === undefined ? '' : `, but a ${label.toLowerCase()}`}`);
}

function unusable(option: string, path: string, error: unknown): AppError {
  if (!(error instanceof FileProblem)) throw error;
  return new AppError(
    'E_CONFIG',
    `The file ${path} ${error.message}`,
    `${option} takes a PEM file, or a certificate as DER.`,
    error,
  );
}
