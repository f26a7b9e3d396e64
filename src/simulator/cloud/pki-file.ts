import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { parseJson } from '../../json.ts';
import { type Files, replaceFile, systemFiles } from './files.ts';
import type { LockedFolder } from './folder-lock.ts';
import { createPki, type KeyedCertificate, type Pki, type PkiOptions, type PkiState } from './pki.ts';
import { listOf, objectOf, optional, type Reader, ShapeError, text } from './shape.ts';

const FILE = 'certificates.json';

const readKeyed: Reader<KeyedCertificate> = (value, name) => {
  const keyed = objectOf({ certificate: text, key: text })(value, name);
  if (new X509Certificate(keyed.certificate).checkPrivateKey(createPrivateKey(keyed.key))) return keyed;
  throw new ShapeError(`The key of '${name}' does not belong to its certificate.`);
};

const readPki: Reader<PkiState> = objectOf({
  ca: readKeyed,
  server: readKeyed,
  rsaServer: optional(readKeyed),
  hosts: listOf(text),
  deviceRoot: readKeyed,
  deviceSigner: readKeyed,
});

/** What is in the file; undefined when there is none. @throws Error when it is there and cannot be used. */
function readState(files: Files, path: string): PkiState | undefined {
  const bytes = files.read(path);
  if (!bytes) return undefined;
  try {
    return readPki(parseJson(bytes) ?? null, FILE);
  } catch (cause) {
    // Why is not said: the reason could quote a private key.
    throw new Error(`${path} does not hold the certificates of a local cloud`, { cause });
  }
}

/**
 * The certificates that are kept in `folder`, made when there are none: a board that has loaded the CA once needs no other
 * after a restart.
 * @throws the file system's error, or Error when the file there is not one of ours.
 */
export async function openPki(
  folder: LockedFolder,
  options: Omit<PkiOptions, 'state'>,
  files: Files = systemFiles,
): Promise<Pki> {
  const path = join(folder.path, FILE);
  const state = readState(files, path);
  const pki = await createPki(state ? { ...options, state } : options);
  if (pki.state !== state) replaceFile(files, path, JSON.stringify(pki.state));
  return pki;
}
