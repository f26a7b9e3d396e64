import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;
/** A comment that clients pass over (RFC 5280 has none of this number). */
const COMMENT = '1.3.6.1.4.1.99999.1';

/** A root certificate as PEM. `padding` bytes make it larger than it needs to be. */
export async function authority(options: { name: string; notAfter?: number; padding?: number }): Promise<string> {
  const { name, notAfter = Date.now() + 365 * DAY, padding = 0 } = options;
  const keys = await globalThis.crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    notBefore: new Date(notAfter - 730 * DAY),
    notAfter: new Date(notAfter),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      ...(padding > 0 ? [new x509.Extension(COMMENT, false, new Uint8Array(padding))] : []),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}
