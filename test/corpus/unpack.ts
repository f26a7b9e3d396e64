import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the archive of the public models is kept beside a clone that has it; it is data for tests. */
export const CORPUS = '../shared/models/iot-plugandplay-models.tgz';

/**
 * The folder of a corpus of models: `path` itself, or a temporary one with what is in the archive at `path`.
 * @returns the folder, and how to remove what was unpacked
 */
export function unpackCorpus(path: string): { folder: string; remove: () => void } {
  if (statSync(path).isDirectory()) return { folder: path, remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'anycloud-corpus-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('tar', ['-xzf', path, '-C', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, remove };
}
