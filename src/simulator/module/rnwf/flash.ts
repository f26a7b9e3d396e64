import { X509Certificate } from 'node:crypto';
import { STATUS, type Status } from './status.ts';

/** The types of files (RNWF 9). */
export const FILE_TYPES = { user: 0, certificate: 1, key: 2, dh: 3, configuration: 20 } as const;

/** The root certificates that every module comes with (RNWF 7). */
const ROOTS = [
  'AmazonRootCA1',
  'DigiCert',
  'DigiCertGlobalRootG2',
  'DigiCertSHA2',
  'EnTrust',
  'GlobalSignRoot',
  'ISRGRootX1',
  'QuoVadis_Root',
  'VeriSign',
];
/** What Azure's servers are signed by: the roots of a simulation stand in its place. */
const AZURE_ROOT = 'DigiCertGlobalRootG2';
/** The names of the identity that comes with a board that is not blank (docs/rnwf.md). */
const STORED = { certificate: 'anycloud_iotc_cert', key: 'anycloud_iotc_key' } as const;

const CAPACITY = 60_000;
const MAX_FILES = 32;
const NAME = /^[0-9A-Za-z_-]{1,32}$/;

/** The files in the flash of a module, which outlive resets (RNWF 9). */
export class Flash {
  readonly #files = new Map<string, Buffer>();
  /** A fault: nothing fits any more. */
  isFull = false;

  /**
   * @param trusted PEM texts of the roots that stand for Azure's
   * @param identity of the board, PEM texts; null for one that holds none
   */
  constructor(trusted: readonly string[], identity: { certificate: string; key: string } | null) {
    for (const name of ROOTS) {
      const content = name === AZURE_ROOT ? trusted.join('\n') : '';
      this.#files.set(keyOf(FILE_TYPES.certificate, name), Buffer.from(content));
    }
    if (!identity) return;
    this.#files.set(keyOf(FILE_TYPES.certificate, STORED.certificate), Buffer.from(identity.certificate));
    this.#files.set(keyOf(FILE_TYPES.key, STORED.key), Buffer.from(identity.key));
  }

  list(type: number): string[] {
    return [...this.#files.keys()].flatMap((key) => {
      const [kind, name] = key.split('/');
      return Number(kind) === type && name !== undefined ? [name] : [];
    });
  }

  read(type: number, name: string): Buffer | undefined {
    return this.#files.get(keyOf(type, name));
  }

  /** Whether a file of so many bytes can be made. */
  accepts(type: number, name: string, length: number): Status {
    if (!Object.values<number>(FILE_TYPES).includes(type)) return STATUS.fileType;
    if (!NAME.test(name) || length < 1 || length > 0xffff) return STATUS.invalidParameter;
    if (this.#files.has(keyOf(type, name))) return STATUS.fileExists;
    return this.isFull || length > this.free || this.handles === 0 ? STATUS.fileCreate : STATUS.ok;
  }

  write(type: number, name: string, bytes: Buffer): Status {
    if (this.isFull) return STATUS.fileWrite;
    this.#files.set(keyOf(type, name), bytes);
    return STATUS.ok;
  }

  delete(type: number, name: string): Status {
    return this.#files.delete(keyOf(type, name)) ? STATUS.ok : STATUS.fileNotFound;
  }

  get free(): number {
    if (this.isFull) return 0;
    return Math.max(0, CAPACITY - [...this.#files.values()].reduce((sum, { length }) => sum + length, 0));
  }

  /** Files that can still be made. */
  get handles(): number {
    return Math.max(0, MAX_FILES - this.#files.size);
  }
}

function keyOf(type: number, name: string): string {
  return `${type}/${name}`;
}

/** A certificate file as PEM, which may be PEM or DER; undefined when it is neither. */
export function certificatePem(bytes: Buffer): string | undefined {
  try {
    const text = bytes.toString('latin1');
    return text.startsWith('-----') ? text : new X509Certificate(bytes).toString();
  } catch {
    return undefined;
  }
}
