import { ModelRepository } from '../../src/dtdl/repository.ts';
import { contentsOf, interfacesIn } from './interfaces.ts';
import { playModel } from './play.ts';
import { sendModel } from './send.ts';
import { unpackCorpus } from './unpack.ts';

// npm run corpus -- <folder or tgz>: loads and plays every model of a corpus, in one process and in virtual time.

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write(
    'usage: npm run corpus -- <folder or tgz with models in the layout dtmi/com/example/name-1.json>\n',
  );
  process.exit(2);
}

const { folder, remove } = unpackCorpus(path);
try {
  const repository = new ModelRepository([folder]);
  const ids = interfacesIn(folder);
  let played = 0;
  for (const id of ids) {
    try {
      const contents = contentsOf(folder, id);
      await playModel(id, contents, repository);
      await sendModel(id, contents, repository);
      played += 1;
    } catch (error) {
      process.stdout.write(`${id}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  process.stdout.write(`${played} of ${ids.length} models load and play, and all that they send is valid\n`);
  process.exitCode = played === ids.length && ids.length > 0 ? 0 : 1;
} finally {
  remove();
}
