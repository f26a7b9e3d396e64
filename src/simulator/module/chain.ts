import { X509Certificate } from 'node:crypto';
import { certificatesIn } from '../pem.ts';

const MAX_LENGTH = 10;

/**
 * Whether a chain of certificates leads to one that is trusted, and all of it is valid at a time.
 * @param chain the broker's own certificate first. @param trusted PEM texts. @param now milliseconds since 1970.
 */
export function chainIsTrusted(chain: X509Certificate[], trusted: string[], now: number): boolean {
  const anchors = trusted.flatMap(parsePem);
  let current = chain[0];
  for (let length = 0; current && length < MAX_LENGTH; length++) {
    const certificate = current;
    if (!isValidAt(certificate, now)) return false;
    if (anchors.some((anchor) => anchor.raw.equals(certificate.raw))) return true;
    if (anchors.some((anchor) => isValidAt(anchor, now) && hasIssued(anchor, certificate))) return true;
    current = chain.find((candidate) => candidate !== certificate && hasIssued(candidate, certificate));
  }
  return false;
}

function isValidAt({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now <= Date.parse(validTo);
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** Every certificate of a PEM text that can be read. */
function parsePem(text: string): X509Certificate[] {
  return certificatesIn(text).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}
