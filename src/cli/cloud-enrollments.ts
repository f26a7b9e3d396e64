import type { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { commonName } from '../modem/certificate.ts';
import { enrollmentId, warningsAbout } from '../simulator/cloud/enrollments.ts';
import type { Enrollment, LocalCloud } from '../simulator/cloud/local-cloud.ts';
import { readCertificates } from './certificate-files.ts';
import { wrongOption } from './command-options.ts';

/** What is asked for with --enroll and --group. */
export interface EnrollmentRequest {
  enrollment: Enrollment;
  /** What is said of it, for the one who has asked. */
  confirmation: string;
}

const REGISTRATION_ID = /^[0-9A-Za-z._:-]{1,128}$/;
const FILE = /[\\/]|\.(?:pem|crt|cer|der|cert)$/i;

const dayOf = (certificate: X509Certificate) => new Date(certificate.validTo).toISOString().slice(0, 10);

/** Which certificate of a file is the device's: the first, or the only one that is not an authority's. */
function deviceCertificate(
  path: string,
  certificates: readonly X509Certificate[],
): { leaf: X509Certificate; note: string } {
  const leaves = certificates.filter(({ ca }) => !ca);
  const leaf = (leaves.length === 1 ? leaves[0] : certificates[0]) as X509Certificate;
  const others = certificates.length - 1;
  const note = others === 0 ? '' : `; ${path} holds ${others} more, which individual enrollment does not need`;
  return { leaf, note };
}

/**
 * `id=file`, a file whose certificate has the id as its common name, or the id alone for a device that is to be given a
 * certificate.
 * @throws AppError E_CONFIG
 */
export function readEnrollment(text: string, cwd: string): EnrollmentRequest | { issueTo: string } {
  const equals = text.indexOf('=');
  const isFile = equals < 0 && (FILE.test(text) || existsSync(resolve(cwd, text)));
  const path = isFile ? text : equals < 0 ? '' : text.slice(equals + 1);
  const named = isFile ? null : equals < 0 ? text : text.slice(0, equals);
  if (named !== null && !REGISTRATION_ID.test(named)) {
    throw wrongOption('--enroll', text, 'be <registration id>=<certificate file>, a certificate file, or an id alone');
  }
  if (named !== null && path === '') return { issueTo: named };
  const { leaf, note } = deviceCertificate(path, readCertificates('--enroll', path, cwd));
  const registrationId = named ?? commonName(leaf) ?? '';
  if (!REGISTRATION_ID.test(registrationId)) {
    throw new AppError(
      'E_CONFIG',
      `The common name of the certificate in ${path}, ${JSON.stringify(registrationId)}, cannot be a registration id`,
      'Name the device: --enroll <registration id>=<certificate file>.',
    );
  }
  return {
    enrollment: { kind: 'individual', registrationId, certificate: leaf.toString() },
    confirmation: `Enrolled ${registrationId} with the certificate in ${path}, valid until ${dayOf(leaf)}${note}`,
  };
}

/** @throws AppError E_CONFIG */
export function readGroup(path: string, cwd: string): EnrollmentRequest {
  const [ca] = readCertificates('--group', path, cwd);
  return {
    enrollment: { kind: 'group', id: basename(path), ca: ca.toString() },
    confirmation: `Enrolled every device whose certificate comes from "${commonName(ca) ?? ''}", as the group ${basename(path)}`,
  };
}

/** Whether both let the same devices in, whatever else has been set. */
function isSame(one: Enrollment, other: Enrollment): boolean {
  const proof = ({ ca, ...enrollment }: Enrollment) => (enrollment.kind === 'group' ? ca : enrollment.certificate);
  return one.kind === other.kind && proof(one) !== undefined && proof(one) === proof(other);
}

/** Enrolls, where it has not been done before, and says so; what is likely a mistake is a warning. */
export async function enroll(
  { enrollments }: LocalCloud,
  { enrollment, confirmation }: EnrollmentRequest,
  now: number,
  { note, warn }: { note: (message: string) => void; warn: (message: string) => void },
): Promise<void> {
  const known = enrollments.all().find((other) => enrollmentId(other) === enrollmentId(enrollment));
  if (!known || !isSame(known, enrollment)) await enrollments.put(enrollment);
  note(confirmation);
  for (const warning of warningsAbout(enrollment, now)) warn(`${enrollmentId(enrollment)}: ${warning}`);
}

/** Ends an enrollment of an earlier run. @throws AppError E_CONFIG when there is none */
export async function forget({ enrollments }: LocalCloud, id: string, note: (message: string) => void): Promise<void> {
  if (!enrollments.all().some((enrollment) => enrollmentId(enrollment) === id)) {
    const enrolled = enrollments.all().map(enrollmentId);
    const hint = enrolled.length === 0 ? 'Nobody is enrolled.' : `Enrolled are ${enrolled.join(', ')}.`;
    throw new AppError('E_CONFIG', `--forget is wrong: ${JSON.stringify(id)} is not enrolled`, hint);
  }
  await enrollments.delete(id);
  note(`${id} is no longer enrolled; what the hub keeps of a device goes with DELETE /api/devices/<id>`);
}
