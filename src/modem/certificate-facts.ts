import type { X509Certificate } from 'node:crypto';
import { commonName } from './certificate.ts';

/** What a person, or Azure's portal, wants to know of a certificate; times in ISO 8601. */
export function certificateFacts(certificate: X509Certificate) {
  return {
    subject: certificate.subject.replaceAll('\n', ', '),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    commonName: commonName(certificate),
    serial: certificate.serialNumber,
    validFrom: isoTime(certificate.validFrom),
    validTo: isoTime(certificate.validTo),
    // Azure shows thumbprints without colons.
    sha1: certificate.fingerprint.replaceAll(':', ''),
    sha256: certificate.fingerprint256.replaceAll(':', ''),
  };
}

/** `Nov 23 12:00:00 2026 GMT` in ISO 8601; what is no time stays as it is. */
function isoTime(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : new Date(ms).toISOString();
}
