import type { JsonObject } from '../../json.ts';
import { certificatesIn } from '../pem.ts';
import { AzureError } from './azure-error.ts';
import { isDeviceId } from './device-id.ts';
import { chainsTo, expiryOf, fingerprintOf, identityOfPem, type PeerIdentity, plainThumbprint } from './identity.ts';
import { isToken, type Proof } from './proof.ts';
import { expiryOfToken, isSignedWith, type SasToken } from './sas-token.ts';
import { flag, object, objectOf, oneOf, optional, type Reader, text } from './shape.ts';
import { derivedKey, isKey, readSymmetricKey, type SymmetricKey } from './symmetric-key.ts';
import { newTwin } from './twin.ts';

interface EnrollmentBase {
  /** True by default: a disabled enrollment is answered with the result `disabled`. */
  enabled?: boolean;
  /** What happens to a device's data when it is assigned to another hub; `migrate` by default (Azure 1.4). */
  reprovision?: 'migrate' | 'reset' | 'never';
  /** The first desired properties. */
  desired?: JsonObject;
  /** The first tags. */
  tags?: JsonObject;
  /** Whether its devices say that they are IoT Edge devices. */
  iotEdge?: boolean;
  /** What a custom allocation would return with the assignment. */
  payload?: JsonObject;
  /** A second certificate in place of the first one, PEM: a leaf where that is one, an authority's where that is one. */
  secondary?: string;
  /** What Azure keeps with an enrollment and nothing follows from here, such as the allocation policy. */
  others?: JsonObject;
}

export type TpmAttestation = { endorsementKey: string; storageRootKey?: string };

/**
 * One device, known by its leaf (`certificate` as PEM, or its SHA-1 or SHA-256 `thumbprint`), by a `ca` that signed it, or by
 * tokens that are signed with its `symmetricKey`.
 */
export interface IndividualEnrollment extends EnrollmentBase {
  kind: 'individual';
  registrationId: string;
  /** The device's name at the hub; the registration id by default. */
  deviceId?: string;
  certificate?: string;
  thumbprint?: string;
  ca?: string;
  symmetricKey?: SymmetricKey;
  /** Kept for whoever asks: nobody can register by a TPM here. */
  tpm?: TpmAttestation;
}

/**
 * Every device whose certificate chain leads to `ca` (PEM), or whose key is derived from `symmetricKey`.
 */
export interface GroupEnrollment extends EnrollmentBase {
  kind: 'group';
  id: string;
  ca?: string;
  symmetricKey?: SymmetricKey;
}

export type Enrollment = IndividualEnrollment | GroupEnrollment;

const COMMON = {
  enabled: optional(flag),
  reprovision: optional(oneOf('migrate', 'reset', 'never')),
  desired: optional(object),
  tags: optional(object),
  iotEdge: optional(flag),
  payload: optional(object),
  secondary: optional(text),
  others: optional(object),
};
const REGISTRATION_ID = /^[A-Za-z0-9\-._:]{1,128}$/;
const readGroup = objectOf({
  kind: oneOf('group'),
  id: text,
  ca: optional(text),
  symmetricKey: optional(readSymmetricKey),
  ...COMMON,
});
const readIndividual = objectOf({
  kind: oneOf('individual'),
  registrationId: text,
  deviceId: optional(text),
  certificate: optional(text),
  thumbprint: optional(text),
  ca: optional(text),
  symmetricKey: optional(readSymmetricKey),
  tpm: optional(objectOf({ endorsementKey: text, storageRootKey: optional(text) })),
  ...COMMON,
});

/** An enrollment as it was kept. */
export const readEnrollment: Reader<Enrollment> = (value, name) =>
  object(value, name)['kind'] === 'group' ? readGroup(value, name) : readIndividual(value, name);

/** An enrollment as it is kept. */
export const enrollmentAsJson = (enrollment: Enrollment): JsonObject => ({ ...enrollment });

/** Registration ids are compared without regard to case. */
export const sameId = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

export const enrollmentId = (enrollment: Enrollment): string =>
  enrollment.kind === 'group' ? enrollment.id : enrollment.registrationId;

/** Whether a certificate comes from an authority of an enrollment. */
const comesFrom = (peer: PeerIdentity, { ca, secondary }: Enrollment): boolean =>
  ca !== undefined && [ca, secondary].some((pem) => pem !== undefined && chainsTo(peer, pem));

function isEnrolledLeaf(enrollment: IndividualEnrollment, peer: PeerIdentity): boolean {
  const { certificate, secondary } = enrollment;
  if (certificate) return [certificate, secondary].some((pem) => pem && identityOfPem(pem).sha256 === peer.sha256);
  if (enrollment.thumbprint) return [peer.sha1, peer.sha256].includes(plainThumbprint(enrollment.thumbprint));
  return comesFrom(peer, enrollment);
}

/** The key that a device with this enrollment signs its tokens with; undefined where it is known by a certificate. */
export function keyOfDevice(enrollment: Enrollment, registrationId: string): SymmetricKey | undefined {
  const { kind, symmetricKey } = enrollment;
  return symmetricKey && kind === 'group' ? derivedKey(symmetricKey, registrationId) : symmetricKey;
}

/**
 * The enrollment that lets this device in: an individual one goes before any group.
 * @param proof where there is no TLS, the registration id is all there is to go by
 * @throws AzureError 401002 or 404201, as DPS answers (Azure 1.4).
 */
export function findEnrollment(
  enrollments: Iterable<Enrollment>,
  registrationId: string,
  proof: Proof,
  now: number,
): Enrollment {
  const all = [...enrollments];
  const individual = all.find(
    (enrollment): enrollment is IndividualEnrollment =>
      enrollment.kind === 'individual' && sameId(enrollment.registrationId, registrationId),
  );
  const groups = all.filter((enrollment) => enrollment.kind === 'group');
  if (isToken(proof)) return findByToken(individual, groups, registrationId, proof, now);
  const peer = proof === 'plain' ? null : proof;
  const doubt = peer && doubtAbout(peer, registrationId, now);
  if (doubt) throw new AzureError(401002, 'Invalid certificate.', doubt);
  if (individual) {
    if (individual.tpm) throw unauthorized('the enrollment asks for a TPM, and there is no attestation by TPM here');
    if (peer && individual.symmetricKey) throw unauthorized('the enrollment asks for a token, and a certificate came');
    if (peer && !isEnrolledLeaf(individual, peer)) {
      throw new AzureError(401002, 'Invalid certificate.', 'the certificate is not the one that is enrolled');
    }
    return individual;
  }
  const group = peer ? groups.find((each) => comesFrom(peer, each)) : groups[0];
  if (group) return group;
  if (groups.length > 0) {
    const reason = `not enrolled, and the certificate is signed by "${peer?.issuer}", which no group names`;
    throw new AzureError(401002, 'CA certificate not found.', reason);
  }
  throw new AzureError(404201, 'Enrollment not found.', 'not enrolled');
}

const unauthorized = (reason: string) => new AzureError(401002, 'Unauthorized', reason);

function findByToken(
  individual: IndividualEnrollment | undefined,
  groups: GroupEnrollment[],
  registrationId: string,
  token: SasToken,
  now: number,
): Enrollment {
  const expiry = expiryOfToken(token, now);
  if (expiry) throw unauthorized(expiry);
  const isTheirs = (enrollment: Enrollment) => {
    const key = keyOfDevice(enrollment, registrationId);
    return key !== undefined && isSignedWith(token, key);
  };
  if (individual) {
    if (isTheirs(individual)) return individual;
    const reason = individual.symmetricKey
      ? 'the token is signed with neither the primary nor the secondary key of the enrollment'
      : 'the enrollment asks for a certificate, and a token came';
    throw unauthorized(reason);
  }
  const group = groups.find(isTheirs);
  if (group) return group;
  if (groups.some(({ symmetricKey }) => symmetricKey))
    throw unauthorized('not enrolled, and the token is not signed with a key that is derived from the key of a group');
  throw new AzureError(404201, 'Enrollment not found.', 'not enrolled');
}

/** What is wrong with a certificate, whoever is enrolled. */
function doubtAbout(peer: PeerIdentity, registrationId: string, now: number): string | null {
  if (sameId(peer.commonName, registrationId)) return expiryOf(peer, now);
  return `the common name of the certificate is "${peer.commonName}", not the registration id`;
}

/**
 * Refuses what could never let a device in.
 * @throws AzureError 400004 that says what is wrong
 */
export function checkEnrollment(enrollment: Enrollment): void {
  const wrong = (reason: string) => new AzureError(400004, `This cannot be enrolled: ${reason}`);
  const { ca, desired = {} } = enrollment;
  newTwin(desired, 0, enrollment.tags);
  if (ca !== undefined && certificatesIn(ca).length === 0) throw wrong("'ca' must be a certificate in PEM.");
  for (const pem of [ca, enrollment.secondary]) fingerprintOf({ certificate: pem });
  if (enrollment.secondary !== undefined && ca === undefined && !('certificate' in enrollment))
    throw wrong("'secondary' goes with a certificate.");
  const { symmetricKey: key } = enrollment;
  if (key && ![key.primaryKey, key.secondaryKey].every(isKey))
    throw wrong("'symmetricKey' must have two keys, each base64 of 16 to 64 bytes.");
  if (enrollment.kind === 'group') {
    if ((ca === undefined) === (enrollment.symmetricKey === undefined))
      throw wrong("give either 'ca' or 'symmetricKey'.");
    return;
  }
  const { registrationId, deviceId, certificate, thumbprint, symmetricKey, tpm } = enrollment;
  if (!REGISTRATION_ID.test(registrationId)) throw wrong('the registration id is not valid.');
  if (deviceId !== undefined && !isDeviceId(deviceId)) throw wrong('the device id is not valid.');
  const ways = [certificate, thumbprint, ca, symmetricKey, tpm].filter((way) => way !== undefined);
  if (ways.length !== 1) throw wrong("give one of 'certificate', 'thumbprint', 'ca' and 'symmetricKey'.");
  fingerprintOf({ certificate, thumbprint });
}

/** What is likely a mistake, in sentences that say what will fail. */
export function warningsAbout(enrollment: Enrollment, now: number): string[] {
  const pem = enrollment.kind === 'group' ? enrollment.ca : (enrollment.certificate ?? enrollment.ca);
  if (pem === undefined) return [];
  const warnings: string[] = [];
  const identity = identityOfPem(pem);
  if (enrollment.kind === 'individual' && enrollment.certificate !== undefined) {
    const { registrationId } = enrollment;
    if (!sameId(identity.commonName, registrationId)) {
      warnings.push(
        `The common name of the certificate is "${identity.commonName}", not "${registrationId}": DPS will refuse it.`,
      );
    }
  } else if (!identity.isCa) {
    warnings.push('The certificate is not that of an authority: it can hardly have signed another one.');
  }
  const expiry = expiryOf(identity, now);
  if (expiry) warnings.push(`As of now, ${expiry}: DPS will refuse it.`);
  return warnings;
}
