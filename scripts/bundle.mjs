import { basename, extname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'rolldown';
import { ownAddress } from './own-address.mjs';

/** Node loads this one by itself, and only as JavaScript: it is there when the program was built. */
const LOADED_BY_NODE = /[\\/]src([\\/]cli[\\/]session[\\/]own-imports)\.ts$/;

/**
 * Makes programs of entries and what they import of ours, for tests and benchmarks: a process then loads a few files instead of
 * hundreds. What lies beside the sources is still found there.
 * @param folder where the programs are written; packages are looked for from there
 * @returns the programs, in the order of the entries
 */
export async function bundle(entries, folder) {
  const programs = entries.map((entry) => join(folder, `${basename(entry, extname(entry))}.mjs`));
  await build(
    entries.map((input, index) => ({
      input,
      platform: 'node',
      external: /^(?!\.|\/|[A-Z]:|anycloud-iotc)/i,
      transform: { target: 'node20.17' },
      plugins: [
        ownAddress((path) => JSON.stringify(pathToFileURL(path.replace(LOADED_BY_NODE, `${sep}dist$1.js`)).href)),
      ],
      // In virtual time nothing waits for a file: what is imported late is in the program, too.
      output: { file: programs[index], codeSplitting: false, sourcemap: true },
    })),
  );
  return programs;
}
