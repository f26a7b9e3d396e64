import type { X509Certificate } from 'node:crypto';

/** The common name of a certificate's subject; null when it has none. */
export function commonName(certificate: X509Certificate): string | null {
  return /^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? null;
}
