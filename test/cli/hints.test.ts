import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, win32 } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from '../../src/cli/commands.ts';
import { hintOf, type Situation } from '../../src/cli/hints.ts';
import { invocationOf } from '../../src/cli/invocation.ts';
import { SETTING_NAMES, SETTINGS, type Setting } from '../../src/config/settings.ts';
import { AppError, ERROR_CODES, type Facts } from '../../src/errors.ts';

const INVOCATION = 'npx anycloud-iotc';
const FACTS: Facts = {
  ports: ['/dev/ttyUSB0'],
  path: '.env',
  missing: true,
  env: 'WIFI_SSID',
  modelId: 'dtmi:x;1',
  commonName: 'sn1',
};

const flagOf = (flags: string) => /--[a-z-]+/.exec(flags)?.[0] ?? flags;
const settingFlags = (names: readonly (keyof typeof SETTINGS)[]) =>
  names.flatMap((name) => flagOf(SETTINGS[name].flag ?? ''));
const SESSION_FLAGS = new Set([...settingFlags(SETTING_NAMES), '--help', '--version']);
const ENV_NAMES = new Set(SETTING_NAMES.map((name) => (SETTINGS[name] as Setting<unknown>).env));
const FLAGS_OF = new Map(
  COMMANDS.map(({ usage, settings, options = [], formerly = [] }) => [
    usage.split(' ')[0],
    new Set([...settingFlags(settings), ...[...options.map(([flags]) => flags), ...formerly].map(flagOf), '--verbose']),
  ]),
);
const EVERY_FLAG = new Set([...SESSION_FLAGS, ...[...FLAGS_OF.values()].flatMap((flags) => [...flags])]);

/** What does not exist of what a sentence advises. */
function untrue(text: string): string[] {
  const wrong: string[] = [];
  for (const [command] of text.matchAll(/"npx anycloud-iotc[^"]*"/g)) {
    const [name = '', ...words] = command.slice(1, -1).replace(INVOCATION, '').trim().split(/\s+/);
    const flags = name === '' || name.startsWith('-') ? SESSION_FLAGS : FLAGS_OF.get(name);
    if (!flags) wrong.push(`command ${name}`);
    for (const flag of words.filter((word) => word.startsWith('--'))) if (!flags?.has(flag)) wrong.push(command);
  }
  const rest = text.replaceAll(/"npx anycloud-iotc[^"]*"/g, '');
  for (const [flag] of rest.matchAll(/--[a-z][a-z-]*/g)) if (!EVERY_FLAG.has(flag)) wrong.push(flag);
  for (const [env] of rest.matchAll(/\b[A-Z]+_[A-Z_]+\b/g)) if (!ENV_NAMES.has(env)) wrong.push(env);
  return wrong;
}

test('every hint names settings, options and commands that exist, and fits the situation', () => {
  for (const code of ERROR_CODES) {
    for (const simulate of [false, true]) {
      for (const facts of [FACTS, { ...FACTS, missing: false, ports: [] }, {}]) {
        const situation: Situation = { invocation: INVOCATION, simulate };
        const hint = hintOf(new AppError(code, 'a sentence', 'a general hint', undefined, facts), situation);
        assert.deepEqual(untrue(hint), [], `${code}: ${hint}`);
        if (simulate) assert.doesNotMatch(hint, /without a board|without one: --simulate/, `${code}: ${hint}`);
        if (hint !== '') assert.match(hint, /[.\w>)]$/, code);
      }
    }
  }
});

test('a check that says what is untrue would say so', () => {
  assert.deepEqual(untrue('Use --no-such-flag, NO_SUCH_NAME, "npx anycloud-iotc nonsense".').length, 3);
  assert.deepEqual(untrue('"npx anycloud-iotc ports --root-cert x"').length, 1);
});

/** The texts in a source file, without comments and names of modules. */
function texts(source: string): string[] {
  const code = source.replaceAll(/^import .*$|^} from .*$|^\s*(?:\/\/|\*|\/\*\*).*$/gm, '');
  return [...code.matchAll(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\\n]|\\.)*"/g)].map(([text]) => text);
}

function sources(...rooms: string[]): [path: string, source: string][] {
  const root = fileURLToPath(new URL('../../src/', import.meta.url));
  return rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.ts'))
      .map((name): [string, string] => [`${room}/${name}`, readFileSync(join(root, room, name), 'utf8')]),
  );
}

test('no room below the command line knows its options, its settings and its name', () => {
  for (const [path, source] of sources('serial', 'at', 'modem', 'session', 'azure', 'device', 'gateway', 'terminal')) {
    for (const text of texts(source)) {
      const flags = [...text.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([flag]) => flag);
      const names = [...text.matchAll(/\b[A-Z]+_[A-Z_]+\b/g)]
        .map(([name]) => name)
        .filter((name) => ENV_NAMES.has(name));
      const own = /\.env\b|anycloud-iotc/.test(text) ? [text] : [];
      assert.deepEqual([...flags, ...names, ...own], [], `${path}: ${text}`);
    }
  }
});

test('whatever text of the command line names an option or a setting, names one that exists', () => {
  // What is not ours: options of Node, and of what opens firewalls.
  const others = new Set(['--check', '--unblockapp', '--add-port']);
  for (const [path, source] of sources('cli', 'config')) {
    for (const text of texts(source)) {
      const flags = [...text.matchAll(/(?<!node |[\w-])--[a-z][a-z-]+/g)].map(([flag]) => flag);
      assert.deepEqual(
        flags.filter((flag) => !EVERY_FLAG.has(flag) && !others.has(flag)),
        [],
        `${path}: ${text}`,
      );
    }
  }
});

test('the program is named as it can be started, and npx only where it needs no registry', () => {
  const npx = { npm_command: 'exec' };
  const unix: [script: string, env: NodeJS.ProcessEnv, invocation: string][] = [
    ['/usr/local/bin/anycloud-iotc', { PATH: '/bin:/usr/local/bin/' }, 'anycloud-iotc'],
    ['/home/a/p/node_modules/.bin/anycloud-iotc', { PATH: '/bin' }, 'npx anycloud-iotc'],
    ['/home/a/p/node_modules/.bin/anycloud-iotc', { ...npx, PATH: '/home/a/p/node_modules/.bin' }, 'npx anycloud-iotc'],
    ['/home/a/node_modules/anycloud-iotc/dist/cli.js', {}, 'npx anycloud-iotc'],
    ['/home/a/p/dist/cli.js', npx, 'npx anycloud-iotc'],
    ['/home/a/p/dist/cli.js', {}, 'node dist/cli.js'],
    ['/home/a/p/some dist/cli.js', {}, 'node "some dist/cli.js"'],
    ['/home/a/clone/dist/cli.js', npx, 'node ../clone/dist/cli.js'],
    ['/home/a/other/node_modules/.bin/anycloud-iotc', {}, 'node ../other/node_modules/.bin/anycloud-iotc'],
    [
      '/home/a/.npm/_npx/1f/node_modules/.bin/anycloud-iotc',
      { ...npx, PATH: '/home/a/.npm/_npx/1f/node_modules/.bin:/bin' },
      'node ../.npm/_npx/1f/node_modules/.bin/anycloud-iotc',
    ],
  ];
  for (const [script, env, invocation] of unix)
    assert.equal(invocationOf(script, script, env, '/home/a/p', posix), invocation);
  const link = '/home/a/.npm/_npx/3f/node_modules/.bin/anycloud-iotc';
  assert.equal(invocationOf(link, '/home/a/p/dist/cli.js', npx, '/home/a/p/docs', posix), 'npx anycloud-iotc');
  assert.match(invocationOf(link, '/home/a/p/dist/cli.js', npx, '/home/a', posix), /^node \S+anycloud-iotc$/);

  const windows: typeof unix = [
    [
      String.raw`C:\Users\A B\AppData\Roaming\npm\node_modules\anycloud-iotc\dist\cli.js`,
      { Path: String.raw`C:\Windows;c:\users\a b\appdata\roaming\npm` },
      'anycloud-iotc',
    ],
    [String.raw`C:\p\node_modules\anycloud-iotc\dist\cli.js`, { Path: String.raw`C:\Windows` }, 'npx anycloud-iotc'],
    [String.raw`C:\p\dist\cli.js`, {}, String.raw`node dist\cli.js`],
    [String.raw`C:\p\my clone\dist\cli.js`, {}, String.raw`node "my clone\dist\cli.js"`],
    [String.raw`D:\clone\dist\cli.js`, npx, String.raw`node D:\clone\dist\cli.js`],
  ];
  for (const [script, env, invocation] of windows)
    assert.equal(invocationOf(script, script, env, 'C:\\p', win32), invocation);
});

test('no text names a command line that works only where the program is installed, or in a registry', () => {
  const commands = COMMANDS.map(({ usage }) => usage.split(' ')[0]).join('|');
  const bare = new RegExp(`anycloud-iotc (?:--[a-z]|(?:${commands})\\b(?! local))`);
  for (const [path, source] of sources('cli', 'config', 'terminal', 'session')) {
    // A completion is that of an installed program, a report has a title, and where npx is right is what the other file finds out.
    if (/^cli\/(?:completion\/|invocation|doctor\/report)/.test(path)) continue;
    for (const text of texts(source)) assert.doesNotMatch(text, /\bnpx\b/, path);
    for (const text of texts(source)) assert.doesNotMatch(text, bare, path);
  }
});
