import { readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Files that lie beside the sources are still found there. */
const ownAddress = {
  name: 'own address',
  setup({ onLoad }) {
    onLoad({ filter: /\.(?:ts|mjs)$/ }, async ({ path }) => {
      if (path.includes('node_modules')) return undefined;
      const source = await readFile(path, 'utf8');
      const address = JSON.stringify(pathToFileURL(path).href);
      return {
        contents: source.replaceAll('import.meta.url', address),
        loader: extname(path) === '.ts' ? 'ts' : 'js',
      };
    });
  },
};

/**
 * Makes one program of each entry and what it imports of ours: a process then loads two files instead of hundreds.
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
    target: 'node20',
    sourcemap: true,
    plugins: [ownAddress],
    logLevel: 'warning',
    outExtension: { '.js': '.mjs' },
  });
  return entries.map((entry) => join(folder, basename(entry)));
}
