import { AzureError } from './azure-error.ts';
import { chainsTo, identityOfPem, type PeerIdentity, plainThumbprint } from './identity.ts';
import type { JsonObject } from './json.ts';
import { flag, object, objectOf, oneOf, optional, type Reader, text } from './shape.ts';

interface EnrolmentBase {
  /** True unless told: a disabled enrolment is answered with the result `disabled`. */
  enabled?: boolean;
  /** What happens to a device's data when it is assigned to another hub; `migrate` unless told (Azure 1.4). */
  reprovision?: 'migrate' | 'reset' | 'never';
  /** The first desired properties. */
  desired?: JsonObject;
  /** What a custom allocation would return with the assignment. */
  payload?: JsonObject;
}

/** One device, known by its leaf (`certificate` as PEM, or its SHA-1 or SHA-256 `thumbprint`) or by a `ca` that signed it. */
export interface IndividualEnrolment extends EnrolmentBase {
  kind: 'individual';
  registrationId: string;
  /** The device's name at the hub; the registration id unless told. */
  deviceId?: string;
  certificate?: string;
  thumbprint?: string;
  ca?: string;
}

/** Every device whose certificate chain leads to `ca` (PEM). */
export interface GroupEnrolment extends EnrolmentBase {
  kind: 'group';
  id: string;
  ca: string;
}

export type Enrolment = IndividualEnrolment | GroupEnrolment;

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

/** An enrolment as it was kept. */
export const readEnrolment: Reader<Enrolment> = (value, name) =>
  object(value, name)['kind'] === 'group' ? readGroup(value, name) : readIndividual(value, name);

/** An enrolment as it is kept. */
export const enrolmentAsJson = (enrolment: Enrolment): JsonObject => ({ ...enrolment });

export const enrolmentId = (enrolment: Enrolment): string =>
  enrolment.kind === 'group' ? enrolment.id : enrolment.registrationId;

function isEnrolledLeaf(enrolment: IndividualEnrolment, peer: PeerIdentity): boolean {
  if (enrolment.certificate) return identityOfPem(enrolment.certificate).sha256 === peer.sha256;
  if (enrolment.thumbprint) return [peer.sha1, peer.sha256].includes(plainThumbprint(enrolment.thumbprint));
  return enrolment.ca !== undefined && chainsTo(peer, enrolment.ca);
}

/**
 * The enrolment that lets this device in: an individual one goes before any group.
 * @param peer null where there is no TLS: then the registration id is all there is to go by.
 * @throws AzureError 401002 or 404201, as DPS answers (Azure 1.4).
 */
export function findEnrolment(
  enrolments: Iterable<Enrolment>,
  registrationId: string,
  peer: PeerIdentity | null,
  now: number,
): Enrolment {
  const all = [...enrolments];
  const individual = all.find(
    (enrolment) => enrolment.kind === 'individual' && enrolment.registrationId === registrationId,
  );
  const groups = all.filter((enrolment) => enrolment.kind === 'group');
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

/** @throws Error when a certificate in it cannot be read, or an individual enrolment names no way to know its device. */
export function checkEnrolment(enrolment: Enrolment): void {
  if (enrolment.ca !== undefined) identityOfPem(enrolment.ca);
  if (enrolment.kind === 'group') return;
  if (enrolment.certificate !== undefined) identityOfPem(enrolment.certificate);
  if (!enrolment.certificate && !enrolment.thumbprint && !enrolment.ca) {
    throw new Error('an individual enrolment needs a certificate, a thumbprint or a CA');
  }
}
