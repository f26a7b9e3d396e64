import { X509Certificate } from 'node:crypto';
import type { JsonObject } from '../../json.ts';
import { certificatesIn } from '../pem.ts';
import type { DeviceRecord } from './device-record.ts';
import { type Enrollment, enrollmentId, warningsAbout } from './enrollments.ts';

/** What a person wants to know of a certificate; times in ISO 8601, thumbprints without colons, as Azure shows them. */
function describeCertificate(pem: string): JsonObject {
  const { subject, issuer, validFrom, validTo, fingerprint, fingerprint256 } = new X509Certificate(pem);
  return {
    subject: subject.replaceAll('\n', ', '),
    issuer: issuer.replaceAll('\n', ', '),
    validFrom: new Date(validFrom).toISOString(),
    validTo: new Date(validTo).toISOString(),
    sha1: fingerprint.replaceAll(':', ''),
    sha256: fingerprint256.replaceAll(':', ''),
  };
}

/** Whether an enrollment is the one that a device is known by. */
function concerns(enrollment: Enrollment, { id, registration }: DeviceRecord): boolean {
  if (enrollment.kind === 'group') return registration?.enrollmentGroup === enrollment.id;
  const names = [enrollment.registrationId, enrollment.deviceId].map((name) => name?.toLowerCase());
  return names.includes(id.toLowerCase()) || names.includes(registration?.registrationId.toLowerCase());
}

function describeEnrollment(enrollment: Enrollment, now: number): JsonObject {
  const certificates = [enrollment.kind === 'individual' ? enrollment.certificate : undefined, enrollment.ca];
  return {
    id: enrollmentId(enrollment),
    kind: enrollment.kind,
    enabled: enrollment.enabled ?? true,
    warnings: warningsAbout(enrollment, now),
    certificates: certificates.flatMap((pem) =>
      pem === undefined ? [] : certificatesIn(pem).map(describeCertificate),
    ),
  };
}

/**
 * Who a device is to the cloud: its registration, what it was enrolled with, and what it must trust.
 * @param ca the cloud's own root certificate (PEM)
 * @param now in milliseconds since 1970
 */
export function describeIdentity(
  record: DeviceRecord,
  {
    enrollments,
    ca,
    idScope,
    hub,
    now,
  }: { enrollments: Enrollment[]; ca: string; idScope: string; hub: string; now: number },
): JsonObject {
  const { registration, thumbprint } = record;
  return {
    id: record.id,
    idScope,
    hub: record.hub ?? hub,
    thumbprint,
    registration: registration && {
      registrationId: registration.registrationId,
      enrollmentGroup: registration.enrollmentGroup,
      substatus: registration.substatus,
      createdDateTimeUtc: new Date(registration.createdAt).toISOString(),
    },
    enrollments: enrollments
      .filter((enrollment) => concerns(enrollment, record))
      .map((enrollment) => describeEnrollment(enrollment, now)),
    ca: { ...describeCertificate(ca), pem: ca },
  };
}
