import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

test('the program is named as it can be started', { skip: process.platform === 'win32' }, () => {
  const rows: [script: string, env: NodeJS.ProcessEnv, invocation: string][] = [
    ['/usr/local/bin/anycloud-iotc', { PATH: '/bin:/usr/local/bin' }, 'anycloud-iotc'],
    ['/home/a/p/node_modules/.bin/anycloud-iotc', { PATH: '/bin' }, 'npx anycloud-iotc'],
    ['/home/a/p/node_modules/.bin/anycloud-iotc', { PATH: '/bin', npm_command: 'exec' }, 'npx anycloud-iotc'],
    ['/home/a/p/node_modules/anycloud-iotc/dist/cli.js', {}, 'npx anycloud-iotc'],
    ['/home/a/p/dist/cli.js', {}, 'node dist/cli.js'],
    ['/home/a/p/some dist/cli.js', {}, 'node "some dist/cli.js"'],
  ];
  for (const [script, env, invocation] of rows) assert.equal(invocationOf(script, env, '/home/a/p'), invocation);
});
