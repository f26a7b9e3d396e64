import { AzureError } from './azure-error.ts';
import { chainsTo, identityOfPem, type PeerIdentity, plainThumbprint } from './identity.ts';
import type { JsonObject } from './json.ts';
import { flag, object, objectOf, oneOf, optional, type Reader, text } from './shape.ts';

interface EnrollmentBase {
  /** True by default: a disabled enrollment is answered with the result `disabled`. */
  enabled?: boolean;
  /** What happens to a device's data when it is assigned to another hub; `migrate` by default (Azure 1.4). */
  reprovision?: 'migrate' | 'reset' | 'never';
  /** The first desired properties. */
  desired?: JsonObject;
  /** What a custom allocation would return with the assignment. */
  payload?: JsonObject;
}

/** One device, known by its leaf (`certificate` as PEM, or its SHA-1 or SHA-256 `thumbprint`) or by a `ca` that signed it. */
export interface IndividualEnrollment extends EnrollmentBase {
  kind: 'individual';
  registrationId: string;
  /** The device's name at the hub; the registration id by default. */
  deviceId?: string;
  certificate?: string;
  thumbprint?: string;
  ca?: string;
}

/** Every device whose certificate chain leads to `ca` (PEM). */
export interface GroupEnrollment extends EnrollmentBase {
  kind: 'group';
  id: string;
  ca: string;
}

export type Enrollment = IndividualEnrollment | GroupEnrollment;

const COMMON = {
  enabled: optional(flag),
  reprovision: optional(oneOf('migrate', 'reset', 'never')),
  desired: optional(object),
  payload: optional(object),
};
const readGroup = objectOf({ kind: oneOf('group'), id: text, ca: text, ...COMMON });
const readIndividual = objectOf({
  kind: oneOf('individual'),
  registrationId: text,
  deviceId: optional(text),
  certificate: optional(text),
  thumbprint: optional(text),
  ca: optional(text),
  ...COMMON,
});

/** An enrollment as it was kept. */
export const readEnrollment: Reader<Enrollment> = (value, name) =>
  object(value, name)['kind'] === 'group' ? readGroup(value, name) : readIndividual(value, name);

/** An enrollment as it is kept. */
export const enrollmentAsJson = (enrollment: Enrollment): JsonObject => ({ ...enrollment });

export const enrollmentId = (enrollment: Enrollment): string =>
  enrollment.kind === 'group' ? enrollment.id : enrollment.registrationId;

function isEnrolledLeaf(enrollment: IndividualEnrollment, peer: PeerIdentity): boolean {
  if (enrollment.certificate) return identityOfPem(enrollment.certificate).sha256 === peer.sha256;
  if (enrollment.thumbprint) return [peer.sha1, peer.sha256].includes(plainThumbprint(enrollment.thumbprint));
  return enrollment.ca !== undefined && chainsTo(peer, enrollment.ca);
}

/**
 * The enrollment that lets this device in: an individual one goes before any group.
 * @param peer null where there is no TLS: then the registration id is all there is to go by.
 * @throws AzureError 401002 or 404201, as DPS answers (Azure 1.4).
 */
export function findEnrollment(
  enrollments: Iterable<Enrollment>,
  registrationId: string,
  peer: PeerIdentity | null,
  now: number,
): Enrollment {
  const all = [...enrollments];
  const individual = all.find(
    (enrollment) => enrollment.kind === 'individual' && enrollment.registrationId === registrationId,
  );
  const groups = all.filter((enrollment) => enrollment.kind === 'group');
  if (peer && (peer.commonName !== registrationId || now < peer.validFrom || now > peer.validTo)) {
    throw new AzureError(401002, 'Invalid certificate.');
  }
  if (individual?.kind === 'individual') {
    if (peer && !isEnrolledLeaf(individual, peer)) throw new AzureError(401002, 'Invalid certificate.');
    return individual;
  }
  const group = peer ? groups.find(({ ca }) => chainsTo(peer, ca)) : groups[0];
  if (group) return group;
  if (groups.length > 0) throw new AzureError(401002, 'CA certificate not found.');
  throw new AzureError(404201, 'Enrollment not found.');
}

/** @throws Error when a certificate in it cannot be read, or an individual enrollment names no way to know its device. */
export function checkEnrollment(enrollment: Enrollment): void {
  if (enrollment.ca !== undefined) identityOfPem(enrollment.ca);
  if (enrollment.kind === 'group') return;
  if (enrollment.certificate !== undefined) identityOfPem(enrollment.certificate);
  if (!enrollment.certificate && !enrollment.thumbprint && !enrollment.ca) {
    throw new Error('an individual enrollment needs a certificate, a thumbprint or a CA');
  }
}
