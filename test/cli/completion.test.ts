import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { COMMANDS, nameOf } from '../../src/cli/commands.ts';
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName } from '../../src/config/settings.ts';
import { emptyFolder } from '../helpers/cli.ts';
import { runMain } from '../helpers/in-process.ts';

const cwd = emptyFolder();
const isMissing = (shell: string) =>
  process.platform === 'win32' || spawnSync(shell, ['-c', ':']).status !== 0 ? `there is no ${shell}` : false;
const flagOf = (flags: string) => /--[a-z-]+/.exec(flags)?.[0] ?? flags;
const commandNames = [...COMMANDS.map(nameOf), 'help'];

/** What must be found for the words before the cursor; the last word is what has been typed of the next one. */
const CASES: [words: string[], found: string[]][] = [
  [[''], commandNames],
  [['co'], ['console', 'completion']],
  [['nonsense', ''], []],
  [['--simulate', ''], []],
  [
    ['help', 'mod'],
    ['models', 'module'],
  ],
  [
    ['completion', ''],
    ['bash', 'zsh', 'powershell'],
  ],
  [
    ['module', '--family', 'rn'],
    ['rnwf02', 'rnwf11'],
  ],
  [
    ['module', '--tls', ''],
    ['1.2', '1.3'],
  ],
  [['--ssid', ''], []],
  [['certs', '--no-such-flag', ''], []],
  ...valuesOfSettings('', SETTING_NAMES),
  [['--'], flagsOf(SETTING_NAMES, ['--version', '--help'])],
  ...COMMANDS.flatMap((definition): typeof CASES => {
    const { settings, options = [] } = definition;
    const name = nameOf(definition);
    const own = [...options.map(([flags]) => flagOf(flags)), '--verbose', '--help'];
    return [[[name, '--'], flagsOf(settings, own)], ...valuesOfSettings(name, settings)];
  }),
];

function flagsOf(names: readonly SettingName[], more: string[]): string[] {
  const settings = names.map((name): Setting<unknown> => SETTINGS[name]);
  return [...settings.flatMap(({ flag, hidden }) => (hidden || flag === null ? [] : [flagOf(flag)])), ...more];
}

function valuesOfSettings(command: string, names: readonly SettingName[]): typeof CASES {
  return names.flatMap((name): typeof CASES => {
    const { flag, check }: Setting<unknown> = SETTINGS[name];
    if (!check.values || flag === null) return [];
    return [[[...(command === '' ? [] : [command]), flagOf(flag), ''], check.values.map(String)]];
  });
}

/** Runs `script` in `shell`, and gives its lines. */
function linesOf(shell: string, script: string): string[] {
  const { stdout, stderr, status } = spawnSync(shell, [], { cwd, input: script, encoding: 'utf8' });
  assert.deepEqual([stderr, status], ['', 0]);
  return stdout.split('\n').slice(0, -1);
}

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');
const sorted = (words: readonly string[]) => [...words].sort();

before(async () => {
  for (const shell of ['bash', 'zsh', 'powershell']) {
    const { code, stdout, stderr } = await runMain(['completion', shell], cwd);
    assert.deepEqual([code, stderr], [0, '']);
    writeFileSync(join(cwd, `completion.${shell}`), stdout);
  }
  mkdirSync(join(cwd, 'a folder'));
  writeFileSync(join(cwd, 'a file.pem'), '');
});

describe('bash', { skip: isMissing('bash') }, () => {
  const TRY = `source ./completion.bash
try() { COMP_WORDS=(anycloud-iotc "$@"); COMP_CWORD=$#; COMPREPLY=(); _anycloud_iotc; (IFS='|'; echo "\${COMPREPLY[*]}"); }
`;

  test('completes commands, flags and values', () => {
    const script = `${TRY}complete -p anycloud-iotc\n${CASES.map(([words]) => `try ${quoted(words)}`).join('\n')}\n`;
    const [registered, ...lines] = linesOf('bash', script);
    assert.equal(registered, 'complete -F _anycloud_iotc anycloud-iotc');
    assert.equal(lines.length, CASES.length);
    for (const [index, [words, found]] of CASES.entries()) {
      assert.deepEqual(sorted(lines[index]?.split('|').filter(Boolean) ?? []), sorted(found), words.join(' '));
    }
  });

  test('completes paths with blanks, values behind "=", and further values of an option', () => {
    const rows: [words: string[], found: string][] = [
      [['load-cert', 'a f'], 'a folder|a file.pem'],
      [['load-cert', '--simulate', 'a fi'], 'a file.pem'],
      [['certs', '--out', 'a'], 'a folder'],
      [['module', '--ca', 'one.pem', 'a fi'], 'a file.pem'],
      [['cloud', '--enroll', 'board', '=', 'a fi'], 'a file.pem'],
      [['--pace', '=', 'r'], 'real'],
      [['--pace', '='], 'real|instant'],
      [['module', '--port', 'one', '--'], ''],
    ];
    const lines = linesOf('bash', TRY + rows.map(([words]) => `try ${quoted(words)}`).join('\n'));
    for (const [index, [words, found]] of rows.entries()) {
      const line = lines[index] ?? '';
      if (words.at(-1) === '--') assert.ok(line.includes('--family'));
      else assert.deepEqual(sorted(line.split('|')), sorted(found.split('|')), words.join(' '));
    }
  });
});

describe('zsh', { skip: isMissing('zsh') }, () => {
  test('completes commands, flags and values, and paths where a path is expected', () => {
    // What zsh offers in its line editor only: these say what they are asked for.
    const stubs = `compdef() { print "$1 $2"; }
compset() { :; }
compadd() { shift; found+=("$@"); }
_describe() { found+=("\${(@)\${(@P)2}%%:*}"); }
_files() { found+=("files$*"); }
source ./completion.zsh
try() { local -a words=(anycloud-iotc "$@") found; local CURRENT=$(( $# + 1 )); _anycloud_iotc; print -r -- "\${(j:|:)found}"; }
`;
    const paths: typeof CASES = [
      [['load-cert', ''], ['files']],
      [['certs', '--out', ''], ['files-/']],
      [['module', '--ca', 'one.pem', ''], ['files']],
      [['--pace=r'], ['real', 'instant']],
    ];
    const cases = [...CASES, ...paths];
    const [registered, ...lines] = linesOf('zsh', stubs + cases.map(([words]) => `try ${quoted(words)}`).join('\n'));
    assert.equal(registered, '_anycloud_iotc anycloud-iotc');
    for (const [index, [words, found]] of cases.entries()) {
      const given = lines[index]?.split('|').filter(Boolean) ?? [];
      // The editor itself leaves out what does not begin like the word.
      const typed = words.at(-1) ?? '';
      const fitting = /=/.test(typed) ? given : given.filter((word) => word.startsWith(typed));
      assert.deepEqual(sorted(fitting), sorted(found), words.join(' '));
    }
  });
});

test('PowerShell is given every command, flag and value', async () => {
  const { stdout } = await runMain(['completion', 'powershell'], cwd);
  assert.equal(stdout.match(/(?:[^']|'[^']*')*/)?.[0], stdout, 'every quote is closed');
  for (const [words, found] of CASES) {
    const [first = '', ...rest] = words;
    const name = first.startsWith('-') || rest.length === 0 ? '' : first;
    const block = new RegExp(`^    '${name}' = @\\{\n([^]*?)^    \\}`, 'm').exec(stdout)?.[1] ?? '';
    for (const word of found) assert.ok(block.includes(`'${word}' = '`), `${words.join(' ')}: ${word}`);
  }
});

test('a shell that is not known is a wrong use', async () => {
  const { code, stdout, stderr } = await runMain(['completion', 'fish'], cwd);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /one of bash, zsh, powershell/);
});
