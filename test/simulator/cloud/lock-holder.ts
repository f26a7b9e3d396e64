// Tries to lock a folder again and again, as told line by line; says how it went. Used by folder-lock.test.ts.
import { createInterface } from 'node:readline';
import { type LockedFolder, lockFolder } from '../../../src/simulator/cloud/folder-lock.ts';

const [folder = ''] = process.argv.slice(2);
let locked: LockedFolder | undefined;
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  try {
    if (line === 'take') locked = lockFolder(folder, Date.parse('2026-11-28T12:00:00Z'));
    else locked?.release();
    process.stdout.write('done\n');
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n`);
  }
}
