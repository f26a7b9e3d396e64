import { X509Certificate } from 'node:crypto';

/** PEM texts of the secure element. */
export interface ModuleIdentity {
  certificate: string;
  key: string;
  signer: string;
  root: string;
}

const PEM_LINE = 64;

function parse(bytes: Buffer | string): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes);
  } catch {
    return undefined;
  }
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(new RegExp(`.{1,${PEM_LINE}}`, 'g')) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** The certificates of the module: its identity, what it trusts, and what LOADCERT has brought (AT protocol 7.17, 8.5). */
export class Certificates {
  readonly #identity: ModuleIdentity;
  readonly #builtIn: string[];
  #loaded: X509Certificate | undefined;
  #added: string[] = [];
  #tlsStarted = false;

  constructor(identity: ModuleIdentity, builtIn: string[]) {
    this.#identity = identity;
    this.#builtIn = builtIn;
  }

  /** A certificate of the secure element as PEM text with LF. @param kind 1 device, 2 root, 4 signer. */
  identityPem(kind: 1 | 2 | 4): string {
    const pem = { 1: this.#identity.certificate, 2: this.#identity.root, 4: this.#identity.signer }[kind];
    const certificate = parse(pem);
    return certificate ? toPem(certificate.raw) : pem;
  }

  /** The DER bytes of the certificate loaded last. */
  get loadedDer(): Buffer | undefined {
    return this.#loaded?.raw;
  }

  /** Takes a PEM or DER certificate; false when it is none. Until TLS has started, only the last one counts (T53). */
  load(bytes: Buffer): boolean {
    const certificate = parse(bytes);
    if (!certificate) return false;
    this.#loaded = certificate;
    if (this.#tlsStarted) this.#added.push(toPem(certificate.raw));
    return true;
  }

  /** What a TLS connection that starts now presents and trusts. */
  startTls(): { certificate: string; key: string; trusted: string[] } {
    if (!this.#tlsStarted && this.#loaded) this.#added = [toPem(this.#loaded.raw)];
    this.#tlsStarted = true;
    const { certificate, key, signer } = this.#identity;
    return { certificate: `${certificate.trimEnd()}\n${signer}`, key, trusted: [...this.#builtIn, ...this.#added] };
  }
}
