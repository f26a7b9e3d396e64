import { ModelRepository } from '../../src/dtdl/repository.ts';
import { contentsOf, interfacesIn } from './interfaces.ts';
import { playModel } from './play.ts';
import { ODD, simulateModel } from './real-path.ts';
import { sendModel } from './send.ts';
import { unpackCorpus } from './unpack.ts';

// npm run corpus -- <folder or tgz>: loads and plays every model of a corpus, in one process and in virtual time; those
// that are odd go the whole way over the program, too, where the corpus has them.

const [path] = process.argv.slice(2);
if (path === undefined) {
  const layout = 'the layout dtmi/com/example/name-1.json';
  process.stderr.write(`usage: npm run corpus -- <folder or tgz with models in ${layout}>\n`);
  process.exit(2);
}

/** @returns whether it went well; what is wrong otherwise is written */
async function attempt(id: string, check: () => Promise<void>): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    process.stdout.write(`${id}: ${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  }
}

const { folder, remove } = unpackCorpus(path);
try {
  const repository = new ModelRepository([folder]);
  const ids = interfacesIn(folder);
  const odd = ODD.filter((id) => ids.includes(id));
  const simulated = await Promise.all(
    [0, 1].map(async (half) => {
      const results: boolean[] = [];
      for (const id of odd.filter((_, index) => index % 2 === half)) {
        results.push(await attempt(id, () => simulateModel(id, folder, contentsOf(folder, id))));
      }
      return results;
    }),
  );
  const arrived = simulated.flat().filter(Boolean).length;
  process.stdout.write(`${arrived} of ${odd.length} models are played over the virtual module and the local cloud\n`);
  let played = 0;
  for (const id of ids) {
    const contents = contentsOf(folder, id);
    const isPlayed = await attempt(id, async () => {
      await playModel(id, contents, repository);
      await sendModel(id, contents, repository);
    });
    if (isPlayed) played += 1;
  }
  process.stdout.write(`${played} of ${ids.length} models load and play, and all that they send is valid\n`);
  process.exitCode = played === ids.length && arrived === odd.length && ids.length > 0 ? 0 : 1;
} finally {
  remove();
}
