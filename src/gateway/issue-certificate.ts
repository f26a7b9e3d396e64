import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** What Azure and every library for certificates knows. */
const CURVE = 'P-256';
const ALGORITHM = { name: 'ECDSA', namedCurve: CURVE, hash: 'SHA-256' };
const DAY = 86_400_000;
const YEARS = 10;

/** A new private key, as PEM. */
export function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: CURVE });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * A certificate for a device, signed with its own key as an individual enrollment takes it; PEM.
 * @param key on the curve P-256
 * @param now milliseconds since 1970; it is valid from the day before
 */
export async function issueCertificate(deviceId: string, key: KeyObject, now: number): Promise<string> {
  // The library needs its polyfill to be there first, and takes a moment to load.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const { subtle } = globalThis.crypto;
  const der = (object: KeyObject, type: 'pkcs8' | 'spki') => Buffer.from(object.export({ type, format: 'der' }));
  const keys = {
    privateKey: await subtle.importKey('pkcs8', der(key, 'pkcs8'), ALGORITHM, false, ['sign']),
    publicKey: await subtle.importKey('spki', der(createPublicKey(key), 'spki'), ALGORITHM, true, ['verify']),
  };
  const notBefore = new Date(now - DAY);
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: new x509.Name([{ CN: [deviceId] }]),
    notBefore,
    notAfter,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}
