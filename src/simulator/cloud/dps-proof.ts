import type { DeviceRecord } from './device-record.ts';
import type { DpsClient } from './dps-endpoint.ts';
import { type Enrollment, keyOfDevice } from './enrollments.ts';
import { isToken } from './proof.ts';
import { expiryOfToken, isSignedWith, misdirection, type SasToken } from './sas-token.ts';

/** Why a token does not let a device ask for this registration; its signature counts when the enrollment is looked for. */
export function objectionTo(token: SasToken, scope: string, registrationId: string, now: number): string | null {
  return misdirection(token, [scope], ['registrations', registrationId]) ?? expiryOfToken(token, now);
}

/** Whether a client is the one that has begun: by its certificate, or by a token that the enrollment's key has signed. */
export function isSameClient(
  { client: before, enrollment, registrationId }: { client: DpsClient; enrollment: Enrollment; registrationId: string },
  { proof }: DpsClient,
): boolean {
  if (isToken(proof)) {
    const key = keyOfDevice(enrollment, registrationId);
    return key !== undefined && isSignedWith(proof, key);
  }
  if (proof === null || proof === 'plain') return before.proof === proof;
  return before.proof !== null && typeof before.proof === 'object' && 'sha256' in before.proof
    ? before.proof.sha256 === proof.sha256
    : false;
}

/** What the hub knows a device by from its registration on; where there is no TLS, it has shown nothing. */
export function credentialsOf({ proof, registrationId }: DpsClient, enrollment: Enrollment): Partial<DeviceRecord> {
  const key = keyOfDevice(enrollment, registrationId);
  const isCertificate = proof !== null && proof !== 'plain' && !isToken(proof);
  if (!key && !isCertificate) return {};
  const thumbprint = !key && isCertificate ? proof.sha256 : null;
  return { thumbprint, secondaryThumbprint: null, byAuthority: false, symmetricKey: key ?? null };
}
