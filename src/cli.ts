#!/usr/bin/env node
import { fileURLToPath } from 'node:url';

const OLDEST = [20, 17] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(`anycloud-iotc needs Node.js ${OLDEST.join('.')} or newer; this is ${process.versions.node}.\n`);
  process.exitCode = 1;
} else {
  try {
    // What not every command needs is loaded by those that do: streams, too.
    const { start } = await import('./cli/start.ts');
    await start(fileURLToPath(import.meta.url));
  } catch (error) {
    // The program could not even be loaded whole, so it cannot say it in its own way.
    if (!(error instanceof Error && 'code' in error && error.code === 'EMFILE')) throw error;
    process.stderr.write('Error: This computer lets the program open no more files. Raise the limit: ulimit -n 1024\n');
    process.exit(3);
  }
}
