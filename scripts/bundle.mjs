import { basename, extname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { ownAddress } from './own-address.mjs';

/** Node loads this one by itself, and only as JavaScript: it is there when the program was built. */
const LOADED_BY_NODE = /[\\/]src([\\/]cli[\\/]session[\\/]own-imports)\.ts$/;

/**
 * Makes one program of each entry and what it imports of ours, for tests and benchmarks: a process then loads two files instead
 * of hundreds. What lies beside the sources is still found there.
 * @param folder where the programs are written; packages are looked for from there
 * @returns the programs, in the order of the entries
 */
export async function bundle(entries, folder) {
  await build({
    entryPoints: entries,
    outdir: folder,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.17',
    sourcemap: true,
    plugins: [
      ownAddress((path) => JSON.stringify(pathToFileURL(path.replace(LOADED_BY_NODE, `${sep}dist$1.js`)).href)),
    ],
    logLevel: 'warning',
    outExtension: { '.js': '.mjs' },
  });
  return entries.map((entry) => join(folder, `${basename(entry, extname(entry))}.mjs`));
}
