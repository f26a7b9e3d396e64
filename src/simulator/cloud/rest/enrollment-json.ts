import { X509Certificate } from 'node:crypto';
import type { Json, JsonObject } from '../../../json.ts';
import { AzureError } from '../azure-error.ts';
import type { DeviceRecord } from '../device-record.ts';
import type { EnrollmentRecord } from '../enrollment-record.ts';
import type { Enrollment, IndividualEnrollment } from '../enrollments.ts';
import { anything, flag, nullOr, object, objectOf, oneOf, optional, text } from '../shape.ts';
import { newSymmetricKey, type SymmetricKey } from '../symmetric-key.ts';
import { azureTime } from '../tokens.ts';
import { etagOf, withoutMetadata } from '../twin.ts';

const readCertificate = objectOf({ certificate: optional(nullOr(text)), info: optional(anything) }, 'ignored');
const readPair = objectOf(
  { primary: optional(nullOr(readCertificate)), secondary: optional(nullOr(readCertificate)) },
  'ignored',
);
const readKeys = objectOf({ primaryKey: optional(nullOr(text)), secondaryKey: optional(nullOr(text)) }, 'ignored');
const readTpm = objectOf({ endorsementKey: text, storageRootKey: optional(nullOr(text)) }, 'ignored');
const readAttestation = objectOf(
  {
    type: oneOf('x509', 'symmetricKey', 'tpm', 'none'),
    x509: optional(
      nullOr(
        objectOf(
          {
            clientCertificates: optional(nullOr(readPair)),
            signingCertificates: optional(nullOr(readPair)),
            caReferences: optional(nullOr(object)),
          },
          'ignored',
        ),
      ),
    ),
    symmetricKey: optional(nullOr(readKeys)),
    tpm: optional(nullOr(readTpm)),
  },
  'ignored',
);
const readBody = objectOf(
  {
    registrationId: optional(nullOr(text)),
    enrollmentGroupId: optional(nullOr(text)),
    deviceId: optional(nullOr(text)),
    attestation: readAttestation,
    provisioningStatus: optional(nullOr(oneOf('enabled', 'disabled'))),
    reprovisionPolicy: optional(
      nullOr(
        objectOf({ updateHubAssignment: optional(nullOr(flag)), migrateDeviceData: optional(nullOr(flag)) }, 'ignored'),
      ),
    ),
    initialTwin: optional(
      nullOr(
        objectOf(
          {
            tags: optional(nullOr(object)),
            properties: optional(nullOr(objectOf({ desired: optional(nullOr(object)) }, 'ignored'))),
          },
          'ignored',
        ),
      ),
    ),
    capabilities: optional(nullOr(objectOf({ iotEdge: optional(nullOr(flag)) }, 'ignored'))),
    optionalDeviceInformation: optional(anything),
    allocationPolicy: optional(nullOr(text)),
    iotHubHostName: optional(nullOr(text)),
    iotHubs: optional(anything),
    customAllocationDefinition: optional(anything),
  },
  'ignored',
);
type Body = ReturnType<typeof readBody>;

const invalid = (message: string) => new AzureError(400004, message);

/** What is kept for whoever asks. */
const OTHERS = [
  'optionalDeviceInformation',
  'allocationPolicy',
  'iotHubHostName',
  'iotHubs',
  'customAllocationDefinition',
] as const;

/** A certificate as PEM; Azure also takes the base64 alone. */
function pemOf(certificate: string): string {
  const bare = certificate.replace(/\s+/g, '');
  if (certificate.includes('-----BEGIN')) return certificate;
  return `-----BEGIN CERTIFICATE-----\n${bare.replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
}

/**
 * How devices prove who they are. A certificate is shown without its text: sent back so, it stays as it is.
 * @param known what is enrolled already
 */
function attestationIn(
  { type, x509, symmetricKey, tpm }: Body['attestation'],
  kind: Enrollment['kind'],
  known: Enrollment | undefined,
): Partial<IndividualEnrollment> {
  if (type === 'tpm') {
    if (kind === 'group' || !tpm?.endorsementKey) throw invalid('An endorsementKey is missing.');
    const { endorsementKey, storageRootKey } = tpm;
    return { tpm: { endorsementKey, ...(storageRootKey ? { storageRootKey } : {}) } };
  }
  if (type === 'none') throw invalid("attestation.type must be 'x509' or 'symmetricKey'.");
  if (type === 'symmetricKey') return { symmetricKey: keyIn(symmetricKey ?? {}, known?.symmetricKey) };
  if (x509?.caReferences)
    throw invalid(
      'caReferences are not offered by the local cloud: give signingCertificates, with the certificate itself.',
    );
  const isLeaf = kind === 'individual' && x509?.clientCertificates != null;
  const pair = isLeaf ? x509?.clientCertificates : x509?.signingCertificates;
  if (!pair) throw invalid(kind === 'group' ? 'signingCertificates are missing.' : 'clientCertificates are missing.');
  const before = known && ('certificate' in known ? known.certificate : known.ca);
  const primary = pair.primary?.certificate ? pemOf(pair.primary.certificate) : pair.primary ? before : undefined;
  const secondary = pair.secondary?.certificate
    ? pemOf(pair.secondary.certificate)
    : pair.secondary
      ? known?.secondary
      : undefined;
  if (primary === undefined) throw invalid('The primary certificate is missing.');
  return {
    ...(isLeaf ? { certificate: primary } : { ca: primary }),
    ...(secondary === undefined ? {} : { secondary }),
  };
}

/** Keys that are not given, or are empty, are those that there are, or new ones. */
const keyIn = (given: ReturnType<typeof readKeys>, known: SymmetricKey | undefined): SymmetricKey =>
  newSymmetricKey({
    primaryKey: given.primaryKey || known?.primaryKey,
    secondaryKey: given.secondaryKey || known?.secondaryKey,
  });

function reprovisionOf({ reprovisionPolicy }: Body): NonNullable<Enrollment['reprovision']> {
  if (reprovisionPolicy?.updateHubAssignment === false) return 'never';
  return reprovisionPolicy?.migrateDeviceData === false ? 'reset' : 'migrate';
}

/**
 * The enrollment that a body describes.
 * @throws ShapeError or AzureError 400004 for what DPS would refuse, or there is none of here
 */
export function enrollmentIn(
  kind: Enrollment['kind'],
  id: string,
  json: Json,
  known: Enrollment | undefined,
): Enrollment {
  const body = readBody(json, '');
  const named = kind === 'group' ? body.enrollmentGroupId : body.registrationId;
  if (typeof named === 'string' && named.toLowerCase() !== id.toLowerCase())
    throw invalid('The id of the body is not that of the path.');
  const { initialTwin, capabilities, provisioningStatus } = body;
  const others = OTHERS.flatMap((name): [string, Json][] => (body[name] == null ? [] : [[name, body[name] ?? null]]));
  const enrollment = {
    ...attestationIn(body.attestation, kind, known),
    enabled: provisioningStatus !== 'disabled',
    reprovision: reprovisionOf(body),
    ...(initialTwin?.properties?.desired ? { desired: withoutMetadata(initialTwin.properties.desired) } : {}),
    ...(initialTwin?.tags ? { tags: withoutMetadata(initialTwin.tags) } : {}),
    ...(capabilities?.iotEdge ? { iotEdge: true } : {}),
    ...(known?.payload ? { payload: known.payload } : {}),
    ...(others.length === 0 ? {} : { others: Object.fromEntries(others) }),
  };
  if (kind === 'group') return { ...enrollment, kind, id };
  return { ...enrollment, kind, registrationId: id, ...(body.deviceId ? { deviceId: body.deviceId } : {}) };
}

/** What DPS shows of a certificate. */
function certificateJson(pem: string): JsonObject {
  const certificate = new X509Certificate(pem);
  const oneLine = (name: string) => name.replaceAll('\n', ', ');
  return {
    info: {
      subjectName: oneLine(certificate.subject),
      sha1Thumbprint: certificate.fingerprint.replaceAll(':', ''),
      sha256Thumbprint: certificate.fingerprint256.replaceAll(':', ''),
      issuerName: oneLine(certificate.issuer),
      notBeforeUtc: new Date(certificate.validFrom).toISOString(),
      notAfterUtc: new Date(certificate.validTo).toISOString(),
      serialNumber: certificate.serialNumber,
      version: 3,
    },
  };
}

/** How devices of an enrollment prove who they are. @param withKeys whether the keys are shown: only where they are asked for */
export function attestationJson(enrollment: Enrollment, withKeys: boolean): JsonObject {
  const { symmetricKey, ca, secondary } = enrollment;
  if (symmetricKey) return { type: 'symmetricKey', symmetricKey: withKeys ? { ...symmetricKey } : {} };
  const { certificate, tpm }: Partial<IndividualEnrollment> = enrollment.kind === 'individual' ? enrollment : {};
  if (tpm) return { type: 'tpm', tpm: { ...tpm } };
  const primary = certificate ?? ca;
  const pair = primary && {
    primary: certificateJson(primary),
    secondary: secondary === undefined ? null : certificateJson(secondary),
  };
  return {
    type: 'x509',
    x509: {
      ...(pair ? { [certificate === undefined ? 'signingCertificates' : 'clientCertificates']: pair } : {}),
    },
  };
}

/** An enrollment as DPS shows it; its keys and certificates have a request of their own. */
export function enrollmentJson({ enrollment, revision, createdAt, updatedAt }: EnrollmentRecord): JsonObject {
  const { enabled = true, reprovision = 'migrate', desired, tags, iotEdge = false, others = {} } = enrollment;
  const id =
    enrollment.kind === 'group'
      ? { enrollmentGroupId: enrollment.id }
      : {
          registrationId: enrollment.registrationId,
          ...(enrollment.deviceId === undefined ? {} : { deviceId: enrollment.deviceId }),
        };
  return {
    ...id,
    attestation: attestationJson(enrollment, false),
    capabilities: { iotEdge },
    etag: `"${etagOf(revision)}"`,
    initialTwin: { tags: tags ?? {}, properties: { desired: desired ?? {} } },
    provisioningStatus: enabled ? 'enabled' : 'disabled',
    reprovisionPolicy: { updateHubAssignment: reprovision !== 'never', migrateDeviceData: reprovision === 'migrate' },
    createdDateTimeUtc: azureTime(createdAt),
    lastUpdatedDateTimeUtc: azureTime(updatedAt),
    allocationPolicy: 'hashed',
    ...others,
  };
}

/** What has become of a device's registration; empty for one that has not registered. */
export function registrationJson({ registration, hub, id }: DeviceRecord, firstHub: string): JsonObject {
  if (!registration) return {};
  return {
    registrationId: registration.registrationId,
    createdDateTimeUtc: azureTime(registration.createdAt),
    assignedHub: hub ?? firstHub,
    deviceId: id,
    status: 'assigned',
    substatus: registration.substatus,
    lastUpdatedDateTimeUtc: azureTime(registration.updatedAt),
    etag: registration.etag,
    ...(registration.enrollmentGroup === null ? {} : { enrollmentGroupId: registration.enrollmentGroup }),
  };
}
