import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../src/clock.ts';
import { lockFolder } from '../../../src/simulator/cloud/folder-lock.ts';
import { createLocalCloud } from '../../../src/simulator/cloud/local-cloud.ts';
import { openPki } from '../../../src/simulator/cloud/pki-file.ts';
import { openStore } from '../../../src/simulator/cloud/store.ts';
import { FakeFiles } from './fake-files.ts';

const root = mkdtempSync(join(tmpdir(), 'local-cloud-'));
after(() => rmSync(root, { recursive: true, force: true }));
const NOW = Date.parse('2026-11-28T12:00:00Z');
const PRINT = 'AB'.repeat(20);
let folders = 0;
/** A new folder, which is this test's. */
const folder = () => lockFolder(join(root, String(++folders)), NOW);

suite('the journal', () => {
  test('gives back what was saved, and not what was forgotten', async () => {
    const path = folder();
    const store = openStore(path, { now: NOW });
    await Promise.all([store.save('a', 1), store.save('b', { x: [1] }), store.save('a', { y: 'é\n' })]);
    await store.save('b', undefined);
    await store.close();
    const again = openStore(path, { now: NOW });
    assert.deepEqual([...again.entries], [['a', { y: 'é\n' }]]);
    await again.close();
  });

  test('passes over a line that was cut short, and writes on behind it', async () => {
    const path = folder();
    const store = openStore(path, { now: NOW });
    await store.save('a', 1);
    await store.close();
    appendFileSync(join(path.path, 'cloud.ndjson'), '{"key":"b","val');
    const second = openStore(path, { now: NOW });
    await second.save('c', 3);
    await second.close();
    const third = openStore(path, { now: NOW });
    assert.deepEqual(
      [...third.entries],
      [
        ['a', 1],
        ['c', 3],
      ],
    );
    await third.close();
  });

  test('does not grow with the number of writes', async () => {
    const path = folder();
    const store = openStore(path, { now: NOW });
    const text = 'x'.repeat(100_000);
    for (let round = 0; round < 50; round++) await Promise.all([store.save('a', text), store.save('b', round)]);
    await store.close();
    assert.equal(statSync(join(path.path, 'cloud.ndjson')).size < 4.5 * 1024 * 1024, true);
    const again = openStore(path, { now: NOW });
    assert.deepEqual(
      [...again.entries],
      [
        ['a', text],
        ['b', 49],
      ],
    );
    await again.close();
    assert.equal(readFileSync(join(path.path, 'cloud.ndjson'), 'utf8').split('\n').length, 4);
  });
});

suite('certificates in a folder', () => {
  test('are made once; only another host needs another server certificate, by the same CA', async () => {
    const path = folder();
    const first = await openPki(path, { hosts: [], now: systemClock.wall() });
    const second = await openPki(path, { hosts: [], now: systemClock.wall() });
    assert.deepEqual(second.state, first.state);
    const third = await openPki(path, { hosts: ['192.168.1.10'], now: systemClock.wall() });
    assert.equal(third.ca, first.ca);
    assert.notEqual(third.server.certificate, first.server.certificate);
    const fourth = await openPki(path, { hosts: ['192.168.1.10'], now: systemClock.wall() });
    assert.deepEqual(fourth.state, third.state);
  });

  test('are not made over a file that is something else', async () => {
    const path = folder();
    await openPki(path, { hosts: [], now: systemClock.wall() });
    writeFileSync(join(path.path, 'certificates.json'), '{"ca":1}');
    await assert.rejects(openPki(path, { hosts: [], now: systemClock.wall() }), /does not hold/);
  });
});

test('certificates are whole, or the old ones, whatever step of writing them fails', async () => {
  const path = folder();
  const options = { hosts: ['192.168.1.10'], now: NOW };
  const old = await openPki(path, { hosts: [], now: NOW });
  const content = Buffer.from(JSON.stringify(old.state));
  for (const kind of ['error', 'short'] as const) {
    for (let step = 1; ; step++) {
      const files = new FakeFiles();
      files.put(join(path.path, 'certificates.json'), content);
      files.trouble = { step, kind, lasting: true };
      const made = await openPki(path, options, files).catch(() => undefined);
      const kept = FakeFiles.afterPowerCut(files, () => false).read(join(path.path, 'certificates.json'));
      assert.deepEqual(JSON.parse(String(kept)), made?.state ?? old.state);
      if (files.steps < step) break;
    }
  }
});

test('a journal from before it had a header is read', async () => {
  const dataFolder = folder();
  const pki = await openPki(dataFolder, { hosts: [], now: NOW });
  const log: string[] = [];
  writeFileSync(
    join(dataFolder.path, 'cloud.ndjson'),
    `{"key":"enrolment/x","value":{"kind":"individual","registrationId":"x","thumbprint":"${PRINT}"}}\n`,
  );
  const options = { clock: systemClock, random: Math.random, pki, idScope: 'x', enrollments: [], dataFolder };
  const cloud = createLocalCloud({ ...options, log: (line: string) => log.push(line) });
  assert.deepEqual(cloud.enrollments.all(), [{ kind: 'individual', registrationId: 'x', thumbprint: PRINT }]);
  assert.deepEqual(log, []);
  await cloud.close();
});

test('what cannot be a device, an enrollment or a message is reported, and kept beside', async () => {
  const dataFolder = folder();
  const pki = await openPki(dataFolder, { hosts: [], now: NOW });
  const log: string[] = [];
  const options = {
    clock: systemClock,
    random: Math.random,
    pki,
    idScope: 'x',
    enrollments: [],
    dataFolder,
    log: (line: string) => log.push(line),
  };
  const before = createLocalCloud(options);
  for (const id of ['one', 'two', 'three', 'four']) await before.createDevice(id, {});
  await before.close();
  const path = join(dataFolder.path, 'cloud.ndjson');
  const plain = readFileSync(path, 'utf8').replaceAll(/,"crc":"[^"]+"/g, '');
  const damaged = plain
    .replace('"id":"one"', '"id":"another"')
    .replace(/("id":"two".*?)"enabled":true/, '$1"enabled":"yes"')
    .replace(/("id":"three".*?)"changes":\{\}/, '$1"changes":[]')
    .concat('{"key":"messages/four","value":[{"body":1}]}\n{"key":"enrollment/x","value":{"kind":"group","ca":"?"}}\n')
    .concat('{"key":"what/x","value":1}\n');
  writeFileSync(path, damaged);
  const after = createLocalCloud(options);
  assert.deepEqual(
    after.devices().map(({ id }) => id),
    ['four'],
  );
  assert.deepEqual(after.enrollments.all(), []);
  await after.close();
  const [, evidence = ''] = /lines 2, 3, 4, 6, 7 and 1 more: .* kept as (.*)$/.exec(log.join()) ?? [];
  assert.equal(readFileSync(evidence, 'utf8'), damaged);
});

test('every acknowledged change of a twin is there after a kill', { timeout: 30_000 }, async () => {
  const dataFolder = folder();
  const options = async () => ({
    clock: systemClock,
    random: Math.random,
    pki: await openPki(dataFolder, { hosts: [], now: systemClock.wall() }),
    idScope: 'x',
    enrollments: [],
    dataFolder,
  });
  const ids = ['one', 'two', 'three'];
  const before = createLocalCloud(await options());
  for (const id of ids) await before.createDevice(id, {});
  await before.enrollments.put({ kind: 'individual', registrationId: 'enrolled', thumbprint: PRINT });
  await before.sendC2d('one', Buffer.from([0, 255]), new Map([['k', null]]));
  await before.close();
  dataFolder.release();

  const script = fileURLToPath(new URL('store-writer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, dataFolder.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let acknowledged = '[]';
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = line;
    if (++lines === 100) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');

  const cloud = createLocalCloud(await options());
  const versions = new Map(JSON.parse(acknowledged) as [string, number][]);
  assert.deepEqual([...versions.keys()].sort(), ids.toSorted());
  for (const [id, version] of versions) {
    const { properties } = cloud.twin(id) as { properties: { desired: { $version: number } } };
    assert.equal(version > 100, true);
    assert.equal(properties.desired.$version >= version, true);
  }
  assert.deepEqual(cloud.enrollments.all(), [{ kind: 'individual', registrationId: 'enrolled', thumbprint: PRINT }]);
  await cloud.close();
});
