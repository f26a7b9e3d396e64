import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FolderInUse, lockFolder } from '../../../src/simulator/cloud/folder-lock.ts';
import { processIdentity, processNamespace } from '../../../src/simulator/cloud/process-identity.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const root = mkdtempSync(join(tmpdir(), 'local-cloud-lock-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => mkdtempSync(join(root, `${++folders}-`));
const locksIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('cloud.lock'));

const script = fileURLToPath(new URL('lock-holder.ts', import.meta.url));

/** Another process that locks when told. */
class Other {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.child = child;
    this.#lines = lines;
  }

  static async start(folder: string): Promise<Other> {
    const child = spawn(process.execPath, ['--import', 'tsx', script, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const other = new Other(child, createInterface({ input: child.stdout })[Symbol.asyncIterator]());
    assert.equal(await other.#next(), 'ready');
    return other;
  }

  async #next(): Promise<string> {
    const { value } = await this.#lines.next();
    return String(value);
  }

  tell(order: 'take' | 'release'): Promise<string> {
    this.child.stdin?.write(`${order}\n`);
    return this.#next();
  }

  async kill(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

suite('the lock of a folder', () => {
  test('is told with its holder, ends with a kill of it, and is won by one of two', { timeout: 60_000 }, async () => {
    const folder = newFolder();
    const [one, two, three] = await Promise.all([Other.start(folder), Other.start(folder), Other.start(folder)]);
    assert.equal(await one.tell('take'), 'done');
    const refusal = await two.tell('take');
    assert.match(refusal, /^FolderInUse: it is in use by the local cloud of process \d+ \(since 2026-11-28T12:00/);
    assert.ok(refusal.includes(`process ${one.child.pid} `));
    assert.throws(() => lockFolder(folder, NOW), FolderInUse);
    await one.kill();
    assert.equal(await two.tell('take'), 'done');
    assert.equal(locksIn(folder).length, 1);
    assert.equal(await two.tell('release'), 'done');
    assert.deepEqual(locksIn(folder), []);

    // What a process that is long gone has left behind, wanted by two at once.
    for (let round = 0; round < 10; round++) {
      for (const name of locksIn(folder)) rmSync(join(folder, name));
      const stale = { pid: one.child.pid, process: null, namespace: processNamespace(), host: hostname() };
      const left = JSON.stringify({ ...stale, since: new Date(NOW).toISOString(), id: 'x' });
      if (round % 2 === 0) writeFileSync(join(folder, 'cloud.lock.3'), left);
      const answers = await Promise.all([two.tell('take'), three.tell('take')]);
      assert.equal(answers.filter((answer) => answer === 'done').length, 1, answers.join(' | '));
      assert.equal(locksIn(folder).length, 1);
    }
    await Promise.all([two.kill(), three.kill()]);
  });

  const left = (changes: object = {}) => ({
    pid: process.pid,
    process: processIdentity(process.pid),
    namespace: processNamespace(),
    host: hostname(),
    since: '2026-11-28T11:00:00.000Z',
    id: 'left',
    ...changes,
  });
  const cases: [string, string, RegExp | null][] = [
    ['of a process that runs', JSON.stringify(left()), /this process/],
    ['of one that cannot be told from an earlier one', JSON.stringify(left({ process: null })), /this process/],
    ['of an earlier process with the same number', JSON.stringify(left({ process: 'another boot 77' })), null],
    ['of another computer', JSON.stringify(left({ host: 'elsewhere' })), /on elsewhere.*delete .*cloud\.lock\.7/],
    ['of another container', JSON.stringify(left({ namespace: 'pid:[1]' })), /cannot be looked at/],
    ['of a process that died before it could write it', '', null],
    ['that holds something else', '{"pid":"x"}', null],
    ['with an impossible process', JSON.stringify(left({ pid: -1 })), null],
  ];
  for (const [name, content, refusal] of cases) {
    test(`one ${name} is ${refusal ? 'in force' : 'taken over'}`, () => {
      const folder = newFolder();
      writeFileSync(join(folder, 'cloud.lock.7'), content);
      if (refusal) {
        assert.throws(() => lockFolder(folder, NOW), refusal);
        assert.equal(readFileSync(join(folder, 'cloud.lock.7'), 'utf8'), content);
      } else {
        const { release } = lockFolder(folder, NOW);
        assert.deepEqual(locksIn(folder), ['cloud.lock.8']);
        release();
        assert.deepEqual(locksIn(folder), []);
      }
    });
  }

  test('a process is told from an earlier one with its number', { skip: process.platform === 'win32' }, async () => {
    const child = spawn('sleep', ['60']);
    const pid = child.pid ?? 0;
    for (const platform of new Set<NodeJS.Platform>([process.platform, 'darwin'])) {
      assert.equal(typeof processIdentity(pid, platform), 'string', platform);
      assert.equal(processIdentity(pid, platform), processIdentity(pid, platform));
    }
    if (process.platform === 'linux') assert.notEqual(processIdentity(pid), processIdentity(process.pid));
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    assert.equal(processIdentity(pid), null);
  });
});
