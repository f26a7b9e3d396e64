import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type Json, own, parseJson } from './json.ts';
import { createPki, type Pki, type PkiOptions, type PkiState } from './pki.ts';
import { writeFileDurably } from './store.ts';

const FILE = 'certificates.json';

const isKeyed = (json: Json | undefined): boolean =>
  isJsonObject(json) && typeof own(json, 'certificate') === 'string' && typeof own(json, 'key') === 'string';

/** What is in the file; undefined when there is none. @throws Error when it is there and cannot be used. */
function readState(path: string): PkiState | undefined {
  if (!existsSync(path)) return undefined;
  const json = parseJson(readFileSync(path));
  const usable =
    isJsonObject(json) &&
    Array.isArray(own(json, 'hosts')) &&
    ['ca', 'server', 'deviceRoot', 'deviceSigner'].every((name) => isKeyed(own(json, name)));
  if (!usable) throw new Error(`${path} does not hold the certificates of a local cloud`);
  return json as unknown as PkiState;
}

/**
 * The certificates that are kept in `folder`, made when there are none: a board that has loaded the CA once needs no other
 * after a restart.
 * @throws the file system's error, or Error when the file there is not one of ours.
 */
export async function openPki(folder: string, options: Omit<PkiOptions, 'state'>): Promise<Pki> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, FILE);
  const state = readState(path);
  const pki = await createPki(state ? { ...options, state } : options);
  if (pki.state !== state) writeFileDurably(path, JSON.stringify(pki.state));
  return pki;
}
