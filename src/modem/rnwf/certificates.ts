import type { X509Certificate } from 'node:crypto';
import { AtError } from '../../at/error.ts';
import { certificateFrom } from '../../pem.ts';
import type { CertificateKind, ModemCertificates, ModemIdentityStore, StoredIdentity } from '../modem.ts';
import { CERTIFICATE_FILE, FILE_TYPE, KEY_FILE, MAKE_ROOM, type ModuleFiles } from './files.ts';
import type { RnwfLink } from './link.ts';
import { BUILT_IN_ROOT, type RnwfTls } from './tls.ts';
import { answerTo, integerOf, stringOf, valuesOf } from './values.ts';

/** The certificates of the secure element, by the number of `AT+ECCRDCERT` (RNWF 10). */
const NUMBER = { device: 1, signer: 2, root: 3 } as const satisfies Record<CertificateKind, number>;
const READ_LENGTH = 1_500;
const READ_TIMEOUT = 5_000;
/** Flash has 60 kB (RNWF 9), and a root certificate with the largest key has less than this. */
export const LONGEST_ROOT = 4_096;
/** The SHA-256 of DigiCert Global Root G2, which need not be loaded. */
const G2 = 'CB:3C:CB:B7:60:31:E5:E0:13:8F:8D:D3:9A:23:F9:DE:47:FF:C3:5E:43:C1:14:4C:EA:27:D4:6A:5A:B1:CB:5F';

/** The certificates of the module (RNWF 7, 9, 10). */
export class RnwfCertificates implements ModemCertificates {
  readonly longestRoot = LONGEST_ROOT;
  readonly #link: RnwfLink;
  readonly #files: ModuleFiles;
  readonly #tls: RnwfTls;

  constructor(link: RnwfLink, files: ModuleFiles, tls: RnwfTls) {
    this.#link = link;
    this.#files = files;
    this.#tls = tls;
  }

  device(signal: AbortSignal): Promise<X509Certificate | null> {
    return this.read('device', signal);
  }

  async read(kind: CertificateKind, signal: AbortSignal): Promise<X509Certificate | null> {
    if (this.#link.product.identity === 'chip') return this.#readChip(kind, signal);
    return kind === 'device' ? readStored(this.#files, signal) : null;
  }

  async trusts(pem: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#files.list(FILE_TYPE.certificate, signal)).includes(nameOfRoot(pem));
  }

  /** What is there already, or comes with the module, is not written again: flash wears out. */
  async trust(pem: string, signal: AbortSignal, onProgress?: (sent: number) => void): Promise<boolean> {
    const bytes = Buffer.from(pem);
    if (bytes.length > LONGEST_ROOT) {
      throw new AtError('limit', `The certificate has ${bytes.length} bytes; the module takes ${LONGEST_ROOT}`);
    }
    const name = nameOfRoot(pem);
    const isThere = await this.trusts(pem, signal);
    if (!isThere) await this.#files.write(FILE_TYPE.certificate, name, bytes, signal, onProgress);
    this.#tls.root = name;
    return !isThere;
  }

  async #readChip(kind: CertificateKind, signal: AbortSignal): Promise<X509Certificate | null> {
    const command = {
      text: `AT+ECCRDCERT=${NUMBER[kind]},${READ_LENGTH}`,
      response: answerTo('ECCRDCERT', '\\d+'),
      timeout: READ_TIMEOUT,
    };
    try {
      const [line = ''] = await this.#link.executeIdempotent(command, signal);
      return parseCertificate(line);
    } catch (error) {
      if (error instanceof AtError && error.failure === 'refused') return null;
      throw error;
    }
  }
}

/** Decodes `+ECCRDCERT:<total>,<left>,"-----BEGIN…"` or, with DER, `…,[3082…]`; null when it is neither, or not whole. */
export function parseCertificate(line: string): X509Certificate | null {
  const values = valuesOf(line);
  const bytes = stringOf(values[2]);
  return bytes === null || integerOf(values[1]) !== 0 ? null : asCertificate(bytes);
}

/** The identity that this program has stored in the module as files. */
export class RnwfIdentityStore implements ModemIdentityStore {
  readonly #files: ModuleFiles;

  constructor(files: ModuleFiles) {
    this.#files = files;
  }

  async read(signal: AbortSignal): Promise<StoredIdentity> {
    const hasCertificate = (await this.#files.list(FILE_TYPE.certificate, signal)).includes(CERTIFICATE_FILE);
    const hasKey = (await this.#files.list(FILE_TYPE.key, signal)).includes(KEY_FILE);
    return { certificate: hasCertificate ? await readFile(this.#files, signal) : null, hasCertificate, hasKey };
  }

  async write(
    { certificate, key }: { readonly certificate: string; readonly key: string },
    signal: AbortSignal,
    onProgress: (sent: number, total: number) => void = () => undefined,
  ): Promise<void> {
    const parts = [
      { type: FILE_TYPE.certificate, name: CERTIFICATE_FILE, bytes: Buffer.from(certificate) },
      { type: FILE_TYPE.key, name: KEY_FILE, bytes: Buffer.from(key) },
    ];
    const total = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    for (const { type, name } of parts) {
      if ((await this.#files.list(type, signal)).includes(name)) await this.#files.delete(type, name, signal);
    }
    const free = await this.#files.free(signal);
    if (free !== null && free < total) {
      throw new AtError(
        'limit',
        `The files have ${total} bytes; the module has room for ${free}`,
        null,
        undefined,
        MAKE_ROOM,
      );
    }
    let before = 0;
    for (const { type, name, bytes } of parts) {
      const start = before;
      await this.#files.write(type, name, bytes, signal, (sent) => onProgress(start + sent, total));
      before += bytes.length;
    }
  }
}

async function readStored(files: ModuleFiles, signal: AbortSignal): Promise<X509Certificate | null> {
  const isThere = (await files.list(FILE_TYPE.certificate, signal)).includes(CERTIFICATE_FILE);
  return isThere ? readFile(files, signal) : null;
}

async function readFile(files: ModuleFiles, signal: AbortSignal): Promise<X509Certificate | null> {
  try {
    const bytes = await files.read(FILE_TYPE.certificate, CERTIFICATE_FILE, signal);
    return bytes === null ? null : asCertificate(bytes);
  } catch (error) {
    // An older firmware takes files by XMODEM, and does not give them back in command lines.
    if (error instanceof AtError && (error.failure === 'limit' || error.failure === 'refused')) return null;
    throw error;
  }
}

function asCertificate(bytes: Buffer): X509Certificate | null {
  try {
    return certificateFrom(bytes);
  } catch {
    return null;
  }
}

/** What a root certificate is called in the module: by its digest, so that it is known again. */
function nameOfRoot(pem: string): string {
  const { fingerprint256 } = certificateFrom(pem);
  if (fingerprint256 === G2) return BUILT_IN_ROOT;
  return `root_${fingerprint256.replaceAll(':', '').slice(0, 16)}`;
}
