import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { LONGEST_ROOT } from '../modem/detect.ts';
import type { ProcessEnvironment } from './process-environment.ts';

/**
 * Reads a root certificate for the module, and checks what the module would not: it takes anything.
 * @returns the certificate alone, as PEM
 * @throws AppError E_CONFIG
 */
export function readRootCertificate(path: string, { cwd, clock }: Pick<ProcessEnvironment, 'cwd' | 'clock'>): string {
  const fail = (problem: string, hint: string, cause?: unknown) =>
    new AppError('E_CONFIG', `The root certificate ${path} ${problem}`, hint, cause);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(readFileSync(resolve(cwd, path)));
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const problem = missing ? 'does not exist' : 'cannot be read as a certificate';
    throw fail(problem, 'Name a PEM file; Azure needs DigiCert Global Root G2.', cause);
  }
  if (!certificate.ca) throw fail('is not one of a certificate authority', 'Name the root of the chain, not its leaf.');
  if (Date.parse(certificate.validTo) < clock.wall()) {
    throw fail(
      `has expired on ${certificate.validTo}`,
      'The module refuses every connection with it; name another one.',
    );
  }
  const pem = certificate.toString();
  if (Buffer.byteLength(pem) <= LONGEST_ROOT) return pem;
  throw fail(`has ${Buffer.byteLength(pem)} bytes; the module takes ${LONGEST_ROOT}`, 'Name a smaller one.');
}
