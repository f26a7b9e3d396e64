// A cloud that changes a twin again and again, and says each version once it is acknowledged. Killed by store.test.ts.
import { systemClock } from '../../../src/clock.ts';
import { lockFolder } from '../../../src/simulator/cloud/folder-lock.ts';
import { createLocalCloud } from '../../../src/simulator/cloud/local-cloud.ts';
import { openPki } from '../../../src/simulator/cloud/pki-file.ts';

const [dataFolder = ''] = process.argv.slice(2);
const folder = lockFolder(dataFolder, systemClock.wall());
const pki = await openPki(folder, { hosts: [], now: systemClock.wall() });
const cloud = createLocalCloud({
  clock: systemClock,
  random: Math.random,
  pki,
  idScope: 'x',
  enrollments: [],
  dataFolder: folder,
});
for (;;) {
  const devices = cloud.devices();
  const versions = await Promise.all(
    devices.map(async ({ id }) => [
      id,
      await cloud.patchDesired(id, { at: systemClock.wall(), text: 'x'.repeat(200) }),
    ]),
  );
  process.stdout.write(`${JSON.stringify(versions)}\n`);
}
