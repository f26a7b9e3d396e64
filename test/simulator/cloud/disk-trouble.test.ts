import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../../src/json.ts';
import { openStore, type Store } from '../../../src/simulator/cloud/store.ts';
import { FakeFiles, type Trouble } from './fake-files.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
/** So that a few changes make the journal be rewritten. */
const SMALL = { now: NOW, compactFrom: 600 };
const FOLDER = { path: 'data', release: () => {} };
const JOURNAL = 'data/cloud.ndjson';

interface Change {
  key: string;
  value: Json | undefined;
  /** Whether to wait for it before the next one. */
  alone: boolean;
}

const change: fc.Arbitrary<Change> = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  value: fc.oneof(fc.string({ minLength: 20, maxLength: 120 }), fc.constant(undefined)),
  alone: fc.boolean(),
});

const trouble: fc.Arbitrary<Trouble> = fc.record({
  step: fc.integer({ min: 1, max: 90 }),
  kind: fc.constantFrom('error', 'short', 'outage'),
  lasting: fc.boolean(),
});

interface Kept {
  acknowledged: Json | undefined;
  refused: (Json | undefined)[];
}

/** Makes the changes; gives, for each key, the last acknowledged value and those that were refused after it. */
async function play(store: Store, changes: Change[]): Promise<Map<string, Kept>> {
  const kept = new Map<string, Kept>();
  const made: Promise<unknown>[] = [];
  for (const { key, value, alone } of changes) {
    const state = kept.get(key) ?? { acknowledged: undefined, refused: [] };
    kept.set(key, state);
    const saved = store.save(key, value).then(
      () => Object.assign(state, { acknowledged: value, refused: [] }),
      () => state.refused.push(value),
    );
    made.push(saved);
    if (alone) await saved;
  }
  await Promise.all(made);
  return kept;
}

function openOn(files: FakeFiles): Store | undefined {
  try {
    return openStore(FOLDER, { ...SMALL, files });
  } catch (error) {
    assert.match(String(error), /ENOSPC/);
    return undefined;
  }
}

suite('a disk that fails', () => {
  test('at any write, flush or rename: what was acknowledged is in force, and is there after a restart or a power cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 14 }),
        trouble,
        fc.infiniteStream(fc.boolean()),
        async (changes, wrong, chances) => {
          const files = new FakeFiles();
          // What was kept before is there whatever happens.
          const first = openStore(FOLDER, { ...SMALL, files });
          await first.save('before', 'x'.repeat(50));
          await first.close();
          files.trouble = { ...wrong, step: files.steps + wrong.step };
          const store = openOn(files);
          const kept = store ? await play(store, changes) : new Map<string, Kept>();
          const chance = () => chances.next().value === true;
          const lost = FakeFiles.afterPowerCut(files, chance);
          files.trouble = undefined;
          for (const disk of [files, lost]) {
            const entries = openStore(FOLDER, { ...SMALL, files: disk }).entries;
            assert.equal(entries.get('before'), 'x'.repeat(50));
            for (const [key, { acknowledged, refused }] of kept) {
              const value = entries.get(key);
              assert.ok([acknowledged, ...refused].includes(value), `${key} is ${String(value)}`);
            }
          }
          for (const [key, { acknowledged }] of kept) assert.equal(store?.entries.get(key), acknowledged);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a short write that could be completed is no failure', async () => {
    const files = new FakeFiles();
    const store = openStore(FOLDER, { ...SMALL, files });
    files.trouble = { step: files.steps + 2, kind: 'short', lasting: false };
    await store.save('a', 'x'.repeat(100));
    assert.equal(openStore(FOLDER, { ...SMALL, files }).entries.get('a'), 'x'.repeat(100));
  });

  test('a full disk refuses the change, keeps the rest, and takes changes again when there is room', async () => {
    const files = new FakeFiles();
    const store = openStore(FOLDER, { ...SMALL, files });
    await store.save('a', 1);
    files.trouble = { step: files.steps + 1, kind: 'short', lasting: true };
    await assert.rejects(store.save('a', 2), /ENOSPC/);
    await assert.rejects(store.save('b', 2), /ENOSPC/);
    assert.deepEqual([...store.entries], [['a', 1]]);
    files.trouble = undefined;
    await store.save('b', 3);
    const { entries } = openStore(FOLDER, { ...SMALL, files });
    assert.deepEqual([...entries].sort(), [
      ['a', 1],
      ['b', 3],
    ]);
  });

  test('a journal that cannot be rewritten goes on growing, and says so', async () => {
    const files = new FakeFiles();
    const log: string[] = [];
    const store = openStore(FOLDER, { ...SMALL, files, log: (line) => log.push(line) });
    const open = files.open.bind(files);
    files.open = (path, flags) => {
      if (flags === 'w') throw new Error('EACCES');
      return open(path, flags);
    };
    for (let round = 0; round < 10; round++) await store.save('a', `${'x'.repeat(100)}${round}`);
    assert.match(log[0] ?? '', /could not be rewritten/);
    assert.equal(openStore(FOLDER, { ...SMALL, files }).entries.get('a'), `${'x'.repeat(100)}9`);
  });
});

suite('a damaged journal', () => {
  async function journal() {
    const files = new FakeFiles();
    const store = openStore(FOLDER, { ...SMALL, files });
    for (const key of ['a', 'b', 'c']) await store.save(key, { name: key, text: 'déjà vu' });
    await store.close();
    return files.read(JOURNAL) ?? Buffer.alloc(0);
  }

  function reopen(bytes: Buffer) {
    const files = new FakeFiles();
    files.put(JOURNAL, bytes);
    const log: string[] = [];
    const { entries } = openStore(FOLDER, { ...SMALL, files, log: (line) => log.push(line) });
    const evidence = files.names.filter((name) => name.includes('damaged'));
    return { entries, log, evidence, files };
  }

  test('is reported, and the whole of it kept beside under the name that is told; what can be read is in use', async () => {
    const whole = await journal();
    const lines = whole.toString().split('\n');
    const cases: [string, Buffer, RegExp, string[]][] = [
      ['a line in the middle', Buffer.from(lines.with(2, '{"key":').join('\n')), /line 3:/, ['a', 'c']],
      ['the end', whole.subarray(0, -4), /line 4:/, ['a', 'b']],
      ['two lines', Buffer.from(lines.with(1, '?').with(3, '').with(2, 'null').join('\n')), /lines 2, 3:/, []],
      ['all of it', Buffer.alloc(whole.length), /line 1:/, []],
      ['emptied', Buffer.alloc(0), /empty/, []],
      ['bytes that are not UTF-8', Buffer.concat([whole, Buffer.from([0xff, 0x0a])]), /line 5:/, ['a', 'b', 'c']],
      ['a line with a member more', Buffer.from(lines.with(2, '{"key":"b","x":1}').join('\n')), /line 3:/, ['a', 'c']],
    ];
    for (const [name, bytes, message, keys] of cases) {
      const { entries, log, evidence, files } = reopen(bytes);
      assert.deepEqual([...entries.keys()], keys, name);
      assert.equal(log.length, 1, name);
      assert.match(log[0] ?? '', message, name);
      assert.equal(evidence.length, 1, name);
      assert.ok(log[0]?.includes(evidence[0] ?? '?'), name);
      assert.deepEqual(files.read(evidence[0] ?? ''), bytes, name);
    }
  });

  test('any byte that changes is noticed, or changes nothing', async () => {
    const whole = await journal();
    const sound = [...reopen(whole).entries];
    for (let index = 0; index < whole.length; index++) {
      for (const flip of [0x01, 0x20, 0x80]) {
        const bytes = Buffer.from(whole);
        bytes[index] = (bytes[index] ?? 0) ^ flip;
        const { entries, log } = reopen(bytes);
        if (log.length === 0) assert.deepEqual([...entries], sound, `byte ${index}`);
      }
    }
  });

  test('a second one of the same moment does not replace the evidence of the first', async () => {
    const { files } = reopen(Buffer.from('first\n'));
    files.put(JOURNAL, Buffer.from('second\n'));
    openStore(FOLDER, { ...SMALL, files });
    const kept = files.names.filter((name) => name.includes('damaged')).map((name) => files.read(name)?.toString());
    assert.deepEqual(kept, ['first\n', 'second\n']);
  });

  test('when the evidence cannot be kept, nothing is written', async () => {
    const files = new FakeFiles();
    files.put(JOURNAL, Buffer.from('garbage\n'));
    files.trouble = { step: 1, kind: 'error', lasting: true };
    assert.throws(() => openStore(FOLDER, { ...SMALL, files }), /ENOSPC/);
    assert.deepEqual(files.names, [JOURNAL]);
    assert.equal(files.read(JOURNAL)?.toString(), 'garbage\n');
  });
});
