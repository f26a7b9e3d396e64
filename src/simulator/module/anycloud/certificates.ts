import { X509Certificate } from 'node:crypto';
import type { ModuleIdentity } from '../identity.ts';
import { CertificateFile } from './certificate-file.ts';

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

/** How a transfer has ended: refused, taken, or taken and of no use to a TLS context that exists already. */
export type Loading = 'refused' | 'taken' | 'unusable';

/** The certificates of the module: its identity, what it trusts, and what LOADCERT has brought (AT protocol 7.17, 8.5). */
export class Certificates {
  readonly #identity: ModuleIdentity;
  readonly #builtIn: string[];
  readonly #file = new CertificateFile();
  /** What was loaded last and taken. */
  #taken: Buffer | undefined;
  /** Loaded roots of the TLS context; undefined before it exists. */
  #added: string[] | undefined;
  /** A root that cannot be read has cost the whole TLS context. */
  #broken = false;

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

  /** What was loaded last, taken or refused; empty when nothing was. */
  get loaded(): Buffer {
    return this.#file.content;
  }

  /** Takes what a transfer of `announced` bytes has brought. Until TLS has started, only the last one counts (T53). */
  load(received: Buffer, announced: number): Loading {
    const der = this.#file.load(received, announced);
    if (!der) return 'refused';
    this.#taken = der;
    if (!this.#added) return 'taken';
    return this.#add(this.#added, der) ? 'taken' : 'unusable';
  }

  /** What a TLS connection that starts now presents and trusts; undefined when there can be none any more. */
  startTls(): { certificate: string; key: string; trusted: string[] } | undefined {
    if (!this.#added) {
      this.#added = [];
      if (this.#taken) this.#add(this.#added, this.#taken);
    }
    if (this.#broken) return undefined;
    const { certificate, key, signer } = this.#identity;
    return { certificate: `${certificate.trimEnd()}\n${signer}`, key, trusted: [...this.#builtIn, ...this.#added] };
  }

  #add(roots: string[], der: Buffer): boolean {
    const certificate = parse(der);
    if (certificate) roots.push(toPem(certificate.raw));
    else this.#broken = true;
    return certificate !== undefined;
  }
}
