import type { X509Certificate } from 'node:crypto';
import { AtError } from '../../at/error.ts';
import { sleep } from '../../clock.ts';
import { certificateFrom } from '../../pem.ts';
import type { CertificateKind, ModemCertificates } from '../modem.ts';
import type { AnyCloudLink } from './link.ts';
import { readEscapes, readHex } from './quoting.ts';

/** The certificates that a module can be asked for, by the number of `AT+READCERT` (AT protocol 7.18). */
const CERTIFICATES = { device: 1, root: 2, loaded: 3, signer: 4 } as const;

/** The module's buffer for a loaded certificate, in bytes; it checks no length itself (AT protocol 7.17). */
export const MAX_LOADED = 1500;

const READ_TIMEOUT = 5_000;
const LOAD_TIMEOUT = 3_000;
/** The module takes a `+` for the start of an escape until it has been silent for this long (AT protocol 7.17). */
const AFTER_PLUS = 450;
const SLOW_LOAD_TIMEOUT = 60_000;

/** Reads a certificate. @returns null when the module has none of that kind, or it cannot be understood */
async function readCertificate(
  link: AnyCloudLink,
  kind: keyof typeof CERTIFICATES,
  signal: AbortSignal,
): Promise<X509Certificate | null> {
  const number = CERTIFICATES[kind];
  const response = new RegExp(`^\\+READCERT:${number}, *\\d+,`);
  try {
    const [line] = await link.executeIdempotent(
      { text: `AT+READCERT=${number}`, response, timeout: READ_TIMEOUT },
      signal,
    );
    return line === undefined ? null : parseCertificate(line);
  } catch (error) {
    if (error instanceof AtError && error.failure === 'refused') return null;
    throw error;
  }
}

/** Decodes `+READCERT:1, 814,"-----BEGIN..."` or `+READCERT:3, 914,[3082...]`; null when it is neither. */
export function parseCertificate(line: string): X509Certificate | null {
  const match = /^\+READCERT:[1-4], *(\d{1,5}),(.*)$/.exec(line);
  const length = Number(match?.[1]);
  const printed = match?.[2] ?? '';
  const bytes = printed.startsWith('[') ? readHex(printed, 0, length) : readEscapes(printed.slice(1, -1));
  if (bytes?.length !== length) return null;
  try {
    return certificateFrom(bytes);
  } catch {
    return null;
  }
}

/**
 * Loads a root certificate into the module, until its next reset (T53). The module loses `+` bytes that stand at the
 * end of one of its polls (T52): the whole file in one burst nearly always arrives within one; when it has not, a
 * pause after every `+` makes sure.
 * @param pem at most MAX_LOADED bytes
 * @param onProgress called with the bytes sent so far
 * @throws AtError
 */
async function loadCertificate(
  link: AnyCloudLink,
  pem: Uint8Array,
  signal: AbortSignal,
  onProgress: (sent: number) => void = () => undefined,
): Promise<void> {
  if (pem.length === 0 || pem.length > MAX_LOADED) {
    throw new AtError('limit', `The certificate has ${pem.length} bytes; the module takes 1 to ${MAX_LOADED}`);
  }
  try {
    await load(link, pem, [pem], LOAD_TIMEOUT, signal, onProgress);
  } catch (error) {
    if (!(error instanceof AtError) || error.failure !== 'timed-out') throw error;
    await link.leaveBinaryMode(signal);
    await load(link, pem, afterEachPlus(pem), SLOW_LOAD_TIMEOUT, signal, onProgress);
  }
}

async function load(
  link: AnyCloudLink,
  pem: Uint8Array,
  parts: Uint8Array[],
  timeout: number,
  signal: AbortSignal,
  onProgress: (sent: number) => void,
): Promise<void> {
  const send = async () => {
    let sent = 0;
    for (const part of parts) {
      if (sent > 0) await sleep(link.clock, AFTER_PLUS, signal);
      link.write(part);
      sent += part.length;
      onProgress(sent);
    }
  };
  const [line] = await link.executeRaw(
    {
      text: `AT+LOADCERT=${pem.length},"root.pem"`,
      response: /^\+LOADCERT:[01]$/,
      onPrompt: () => void send().catch(() => undefined),
      timeout,
    },
    signal,
  );
  if (line === undefined) await link.identify(signal);
  if (line !== '+LOADCERT:0') throw new AtError('refused', 'The module cannot read the certificate');
}

function afterEachPlus(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const plus = bytes.indexOf(0x2b, start);
    const end = plus < 0 ? bytes.length : plus + 1;
    parts.push(bytes.subarray(start, end));
    start = end;
  }
  return parts;
}

/** The certificates in the module: its own, and the root that it is made to trust (AT protocol 7.17, 7.18). */
export class AnyCloudCertificates implements ModemCertificates {
  readonly longestRoot = MAX_LOADED;
  readonly #link: AnyCloudLink;

  constructor(link: AnyCloudLink) {
    this.#link = link;
  }

  device(signal: AbortSignal): Promise<X509Certificate | null> {
    return this.read('device', signal);
  }

  read(kind: CertificateKind, signal: AbortSignal): Promise<X509Certificate | null> {
    return readCertificate(this.#link, kind, signal);
  }

  async trusts(pem: string, signal: AbortSignal): Promise<boolean> {
    const loaded = await readCertificate(this.#link, 'loaded', signal);
    return loaded?.raw.equals(certificateFrom(pem).raw) === true;
  }

  async trust(pem: string, signal: AbortSignal, onProgress?: (sent: number) => void): Promise<boolean> {
    // Once there was a TLS connection, loading the same one again may do harm (AT protocol 7.17).
    if (await this.trusts(pem, signal)) return false;
    await loadCertificate(this.#link, Buffer.from(pem), signal, onProgress);
    return true;
  }
}
