// Mutates one room, or some of its files: `npm run mutation -- session`, `npm run mutation -- modem src/modem/anycloud/mqtt.ts`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [room = 'session', ...files] = process.argv.slice(2);
const stryker = fileURLToPath(new URL('./node_modules/@stryker-mutator/core/bin/stryker.js', import.meta.url));
const config = fileURLToPath(new URL('./stryker.config.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [stryker, 'run', config], {
  cwd: fileURLToPath(new URL('../..', import.meta.url)),
  stdio: 'inherit',
  env: { ...process.env, ROOM: room, FILES: files.join(',') },
});
process.exit(status ?? 1);
