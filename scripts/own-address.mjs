import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';

/**
 * A plugin of the bundler: the modules of a bundle are no longer where they were written, so each gets an address of its own.
 * @param addressOf the expression that stands for `import.meta.url` in a file
 */
export function ownAddress(addressOf) {
  return {
    name: 'own address',
    load: {
      filter: { id: { include: /\.(?:ts|mjs)$/, exclude: /node_modules/ } },
      async handler(path) {
        const source = await readFile(path, 'utf8');
        return {
          code: source.replaceAll('import.meta.url', addressOf(path)),
          moduleType: extname(path) === '.ts' ? 'ts' : 'js',
        };
      },
    },
  };
}
