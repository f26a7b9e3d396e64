// Runs the benchmarks, made into one program: what is measured is compiled and bundled as what is shipped is.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { bundle } from '../scripts/bundle.mjs';

const FOLDER = 'node_modules/.cache/bench';

rmSync(FOLDER, { recursive: true, force: true });
const [main] = await bundle(['bench/main.ts', 'bench/module-process.ts'], FOLDER);
const { status } = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
