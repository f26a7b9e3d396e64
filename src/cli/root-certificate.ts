import type { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { commonName } from '../modem/certificate.ts';
import { type Family, longestRoot } from '../modem/detect.ts';
import { readCertificates } from './certificate-files.ts';
import type { ProcessEnvironment } from './process-environment.ts';

/** What Azure's servers are signed by. */
const AZURE_ROOT = 'DigiCert Global Root G2';
/** Names of a bundle that are told; there may be a hundred and fifty. */
const SHOWN = 4;

export interface RootCertificate {
  /** The certificate alone, as PEM. */
  pem: string;
  name: string;
  /** What is loaded of a file that has several, and what is left out; null where it has one. */
  choice: string | null;
}

/**
 * Reads a root certificate for the module, and checks what the module would not: it takes anything. Of a file with
 * several it takes the one that is named after `#`, or Azure's root, or the first that is a root in order.
 * @param family of the module; null: it is not known yet, so the certificate must be one that any takes
 * @throws AppError E_CONFIG
 */
export function readRootCertificate(
  given: string,
  { cwd, clock }: Pick<ProcessEnvironment, 'cwd' | 'clock'>,
  family: Family | null = null,
): RootCertificate {
  const longest = longestRoot(family);
  const { path, wanted } = split(given, cwd);
  const fail = (problem: string, hint: string) =>
    new AppError('E_CONFIG', `The root certificate ${path} ${problem}`, hint);
  const all = readCertificates('--root-cert', path, cwd);
  const candidates = wanted === null ? all : all.filter((certificate) => isNamed(certificate, wanted));
  const [only, ...others] = candidates;
  if (only === undefined) {
    throw fail(`has none that is named "${wanted}"`, `It has ${listed(all)}.`);
  }
  const certificate = preferred(candidates, clock.wall(), longest);
  if (certificate === undefined) {
    const { problem, hint } = faultOf(only, clock.wall(), longest) ?? { problem: '', hint: '' };
    if (others.length === 0) throw fail(problem, hint);
    throw fail(
      `has ${candidates.length} certificates, none of which the module can use as a root`,
      `The first, "${nameOf(only)}", ${problem}. ${hint}`,
    );
  }
  const name = nameOf(certificate);
  const left = all.filter((each) => each !== certificate);
  const choice = left.length === 0 ? null : `Of ${path}, "${name}" is loaded; left out: ${listed(left)}`;
  return { pem: certificate.toString(), name, choice };
}

/** A name may follow a `#`, where there is no file of the whole name. */
function split(given: string, cwd: string): { path: string; wanted: string | null } {
  const at = given.lastIndexOf('#');
  if (at <= 0 || existsSync(resolve(cwd, given))) return { path: given, wanted: null };
  return { path: given.slice(0, at), wanted: given.slice(at + 1) };
}

function preferred(candidates: readonly X509Certificate[], now: number, longest: number): X509Certificate | undefined {
  const usable = candidates.filter((certificate) => faultOf(certificate, now, longest) === null);
  return (
    usable.find((certificate) => nameOf(certificate) === AZURE_ROOT) ??
    usable.find((certificate) => certificate.checkIssued(certificate)) ??
    usable[0]
  );
}

/** Why the module cannot use it as a root; null when it can. */
function faultOf(certificate: X509Certificate, now: number, longest: number): { problem: string; hint: string } | null {
  if (!certificate.ca) {
    return { problem: 'is not one of a certificate authority', hint: 'Name the root of the chain, not its leaf.' };
  }
  if (Date.parse(certificate.validTo) < now) {
    const hint = 'The module refuses every connection with it; name another one.';
    return { problem: `has expired on ${certificate.validTo}`, hint };
  }
  const bytes = Buffer.byteLength(certificate.toString());
  if (bytes <= longest) return null;
  const problem = `is too large for the module: it has ${bytes} bytes as PEM, and the module takes ${longest}`;
  return { problem, hint: 'Name a smaller one; RNWF02 modules take larger ones, where MODEM names them.' };
}

function isNamed(certificate: X509Certificate, wanted: string): boolean {
  return nameOf(certificate).toLowerCase() === wanted.trim().toLowerCase();
}

function nameOf(certificate: X509Certificate): string {
  return commonName(certificate) ?? certificate.subject.replaceAll('\n', ', ');
}

function listed(certificates: readonly X509Certificate[]): string {
  const names = certificates.slice(0, SHOWN).map((certificate) => `"${nameOf(certificate)}"`);
  const more = certificates.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
