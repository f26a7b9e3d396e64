import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';

/**
 * An esbuild plugin: the modules of a bundle are no longer where they were written, so each gets an address of its own.
 * @param addressOf the expression that stands for `import.meta.url` in a file
 */
export function ownAddress(addressOf) {
  return {
    name: 'own address',
    setup({ onLoad }) {
      onLoad({ filter: /\.(?:ts|mjs)$/ }, async ({ path }) => {
        if (path.includes('node_modules')) return undefined;
        const source = await readFile(path, 'utf8');
        return {
          contents: source.replaceAll('import.meta.url', addressOf(path)),
          loader: extname(path) === '.ts' ? 'ts' : 'js',
        };
      });
    },
  };
}
