import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { certificatesIn } from '../pem.ts';
import { AzureError } from './azure-error.ts';

/** What the cloud needs to know of a client certificate, as plain data. */
export interface PeerIdentity {
  commonName: string;
  isCa: boolean;
  /** The common name of who has signed it. */
  issuer: string;
  /** The leaf, PEM. */
  certificate: string;
  /** What the client sent with it, issuer first, PEM. */
  chain: string[];
  /** Hexadecimal, upper case, no colons. */
  sha1: string;
  sha256: string;
  /** Validity, in milliseconds since 1970. */
  validFrom: number;
  validTo: number;
}

const MAX_CHAIN = 10;

/** A thumbprint as it is compared: openssl writes colons between the bytes, other tools blanks or lower case. */
export const plainThumbprint = (text: string): string => text.replace(/[^0-9a-f]/gi, '').toUpperCase();

const FINGERPRINT = /^(?:[0-9A-F]{40}|[0-9A-F]{64})$/;

/**
 * The fingerprint by which a device is known.
 * @returns undefined when nothing is given
 * @throws AzureError 400004 for a certificate that cannot be read, or a thumbprint that is neither SHA-1 nor SHA-256
 */
export function fingerprintOf({
  certificate,
  thumbprint,
}: {
  certificate?: string | undefined;
  thumbprint?: string | undefined;
}): string | undefined {
  if (certificate !== undefined) {
    try {
      return identityOfPem(certificate).sha256;
    } catch {
      throw new AzureError(400004, 'The certificate cannot be read: it must be PEM.');
    }
  }
  if (thumbprint === undefined) return undefined;
  const plain = plainThumbprint(thumbprint);
  if (FINGERPRINT.test(plain)) return plain;
  throw new AzureError(400004, 'The thumbprint must be SHA-1 or SHA-256: 40 or 64 hexadecimal digits.');
}

const textOf = (name: unknown) => (typeof name === 'string' ? name : '');

function describe(leaf: X509Certificate, chain: X509Certificate[]): PeerIdentity {
  const { subject, issuer } = leaf.toLegacyObject();
  return {
    commonName: textOf(subject?.CN),
    isCa: leaf.ca,
    issuer: textOf(issuer?.CN),
    certificate: leaf.toString(),
    chain: chain.map((certificate) => certificate.toString()),
    sha1: plainThumbprint(leaf.fingerprint),
    sha256: plainThumbprint(leaf.fingerprint256),
    validFrom: Date.parse(leaf.validFrom),
    validTo: Date.parse(leaf.validTo),
  };
}

/**
 * The identity in a PEM bundle, leaf first.
 * @throws Error when the bundle holds no certificate, or one that cannot be read.
 */
export function identityOfPem(bundle: string): PeerIdentity {
  const [leaf, ...chain] = certificatesIn(bundle).map((pem) => new X509Certificate(pem));
  if (!leaf) throw new Error('there is no certificate in this PEM text');
  return describe(leaf, chain);
}

/** The identity that a TLS client has proved to hold the key of, or null when it sent no certificate. */
export function identityOfSocket(socket: TLSSocket): PeerIdentity | null {
  const leaf = socket.getPeerX509Certificate();
  if (!leaf) return null;
  const chain: X509Certificate[] = [];
  let issuer = leaf.issuerCertificate;
  while (issuer && chain.length < MAX_CHAIN) {
    chain.push(issuer);
    issuer = issuer.issuerCertificate;
  }
  return describe(leaf, chain);
}

/** Why a certificate does not count at this time; null when it does. */
export function expiryOf({ validFrom, validTo }: PeerIdentity, now: number): string | null {
  const day = (time: number) => new Date(time).toISOString();
  if (now < validFrom) return `the certificate is not valid before ${day(validFrom)}`;
  return now > validTo ? `the certificate has expired on ${day(validTo)}` : null;
}

function issued(ca: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
}

/** True when the chain that the client sent leads from its leaf to `ca` (PEM), every link's signature checked. */
export function chainsTo(peer: PeerIdentity, ca: string): boolean {
  const anchor = new X509Certificate(ca);
  const chain = peer.chain.map((pem) => new X509Certificate(pem));
  let certificate = new X509Certificate(peer.certificate);
  for (let links = 0; links <= chain.length; links++) {
    if (issued(anchor, certificate)) return true;
    const subject = certificate;
    const issuer = chain.find((candidate) => issued(candidate, subject));
    if (!issuer) return false;
    certificate = issuer;
  }
  return false;
}
