import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run, runCommand, runService } from '../../src/cli/runner.ts';
import { AppError, EXIT } from '../../src/errors.ts';
import { emptyFolder, parseEvent } from '../helpers/cli.ts';
import { surroundings } from '../helpers/in-process.ts';

const PLAIN = { quiet: false, verbose: false, json: false, logFile: null, color: null };
const given = (flags: Record<string, unknown> = {}) => ({ flags, args: [] });

/** A bug of ours. */
function stumble(): never {
  throw new TypeError('nothing is where it should be: correct horse');
}

test('a bug says so, and shows where it was met with --verbose only', async () => {
  for (const verbose of [false, true]) {
    const { environment, ended } = surroundings([], emptyFolder());
    const plan = { form: 'session' as const, view: PLAIN, secrets: ['correct horse'], work: async () => stumble() };
    const { code, stderr } = ended(await run(given({ verbose }), environment, () => plan));
    assert.equal(code, EXIT.internal);
    assert.match(stderr, /Error: Internal error: nothing is where it should be: \*\*\*$/m);
    assert.match(stderr, / {2}Hint: .*report it/);
    assert.equal(/at .*stumble/.test(stderr), verbose);
    assert.ok(!stderr.includes('correct horse'));
  }
});

test('the log file always has it, and so has JSON', async () => {
  const cwd = emptyFolder();
  const logFile = join(cwd, 'run.log');
  const { environment, ended } = surroundings([], cwd);
  const plan = {
    form: 'session' as const,
    view: { ...PLAIN, json: true, logFile },
    secrets: [],
    work: async () => stumble(),
  };
  const { stdout } = ended(await run(given(), environment, () => plan));
  assert.match(readFileSync(logFile, 'utf8'), /error .*"stack":"TypeError.*stumble/);
  const [error, exit] = stdout.trim().split('\n').map(parseEvent);
  assert.match(String(error?.['stack']), /stumble/);
  assert.deepEqual([exit?.type, exit?.['code']], ['exit', EXIT.internal]);
});

test('a failure that is no bug has no stack', async () => {
  const { environment, ended } = surroundings([], emptyFolder());
  const fail = async () => {
    throw new AppError('E_HUB_TWIN', 'the hub is closed', '');
  };
  const { stderr } = ended(await runCommand(given({ verbose: true }), environment, fail));
  assert.equal(stderr, 'Error: the hub is closed\n  Code: E_HUB_TWIN\n');
});

test('what nothing has caught ends a service with its error, and with where it was met', async () => {
  const { environment, signals, ended } = surroundings([], emptyFolder());
  const code = await runService(given({ verbose: true }), environment, () => ({
    output: { json: false, logFile: null },
    secrets: [],
    work: ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
        signals.emit('uncaughtException', new RangeError('far out'));
      }),
  }));
  const { stderr } = ended(code);
  assert.equal(code, EXIT.internal);
  assert.match(stderr, /Error: Internal error: far out$/m);
  assert.match(stderr, /RangeError: far out\n.*runner\.test/);
});

test('a signal ends it, whatever is thrown on the way out', async () => {
  const { environment, signals, ended } = surroundings([], emptyFolder());
  const code = await runCommand(given(), environment, async ({ signal }) => {
    signals.emit('SIGTERM', 'SIGTERM');
    signal.throwIfAborted();
    return EXIT.done;
  });
  assert.deepEqual(ended(code), { code: EXIT.terminated, stdout: '', stderr: '' });
});

test('secrets are masked in results too, and no control character reaches the terminal', async () => {
  const { environment, ended } = surroundings([], emptyFolder());
  const plan = {
    form: 'results' as const,
    secrets: ['correct horse'],
    work: async ({ print, printJson, note }: Parameters<Parameters<typeof runCommand>[2]>[0]) => {
      print('correct horse\u001b[2J');
      printJson({ text: 'correct horse', nothing: undefined });
      note('correct horse\u0007');
      return null;
    },
  };
  const { stdout, stderr } = ended(await run(given(), environment, () => plan));
  assert.ok(!`${stdout}${stderr}`.includes('correct horse'));
  assert.ok(!/\p{Cc}/u.test((stdout + stderr).replaceAll('\n', '')));
  assert.equal(stdout.split('\n')[1], '{"text":"***","nothing":null}');
});

test('each signal ends a run in its own way, Ctrl-Break of Windows like Ctrl-C', async () => {
  for (const [signal, code] of [
    ['SIGINT', EXIT.interrupted],
    ['SIGBREAK', EXIT.interrupted],
    ['SIGTERM', EXIT.terminated],
    ['SIGHUP', EXIT.terminated],
  ] as const) {
    const { environment, signals, ended } = surroundings([], emptyFolder());
    const work = (context: { signal: AbortSignal }) =>
      new Promise<null>((resolve) => {
        context.signal.addEventListener('abort', () => resolve(null));
        signals.emit(signal);
      });
    const plan = { form: 'session' as const, view: PLAIN, secrets: [], work };
    assert.equal(ended(await run(given(), environment, () => plan)).code, code, signal);
    assert.equal(signals.listenerCount(signal), 0);
  }
});
