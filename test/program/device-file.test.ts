import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { emptyFolder, parseEvent, startCli } from '../helpers/cli.ts';

const DIST = new URL('../../dist/', import.meta.url);
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
const TYPESCRIPT = Reflect.get(process.features, 'typescript') !== undefined;

/** The part of the program that is loaded when a module of this name is needed. */
function part(name: string): string {
  const file = readdirSync(DIST).find((entry) => entry.startsWith(`${name}-`));
  return new URL(file ?? assert.fail(name), DIST).href;
}

/** Loads device files as the program does, one after another in one process. @returns what is said to each */
function load(folder: string, names: readonly string[]): string[] {
  const script = `
    import { loadDeviceFile } from '${part('device-file')}';
    import { systemClock } from '${part('common')}';
    const told = [];
    for (const name of process.argv.slice(1)) {
      try {
        const { definition, locate } = await loadDeviceFile(name, { cwd: process.cwd(), clock: systemClock, stderr: process.stderr });
        const handlers = [...Object.values(definition.commands ?? {}), definition.start, definition];
        told.push(['loaded', ...handlers.map(locate)].join(' '));
      } catch (error) {
        told.push([error.code, error.message].join(' '));
      }
    }
    process.stdout.write(JSON.stringify(told));
  `;
  const { PATH = '', SystemRoot = '' } = process.env;
  const node = ['--input-type=module', '--eval', script, '--', ...names];
  const output = execFileSync(process.execPath, node, { cwd: folder, env: { PATH, SystemRoot }, encoding: 'utf8' });
  const told: string[] = JSON.parse(output);
  return told.map((line) => line.replaceAll(folder, '.').replaceAll('\\', '/'));
}

function write(files: Record<string, string>): string {
  const folder = realpathSync(emptyFolder());
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test('a device file that is none is refused, with what is wrong and where', () => {
  const table: [string, string | null, string | RegExp][] = [
    ['gone.mjs', null, 'does not exist'],
    ['folder.mjs', null, 'is no file'],
    ['device.json', '{}', 'is no module: its name ends in none of .js, .mjs, .cjs, .ts, .mts, .cts'],
    [
      'syntax.mjs',
      'const a = 1;\n\nexport default { a: 1 1 };\n',
      'cannot be loaded: Unexpected number (./syntax.mjs:3)',
    ],
    ['syntax.cjs', 'module.exports = {\n  a: 1 1,\n};\n', 'cannot be loaded: Unexpected number (./syntax.cjs:2)'],
    ['imports.mjs', "import './syntax.mjs';\n", 'cannot be loaded: Unexpected number'],
    [
      'package.mjs',
      "// no-such-package is not there\nimport x from 'no-such-package';\n",
      'cannot be loaded: there is no package no-such-package (./package.mjs:2)',
    ],
    ['path.mjs', "\n\nimport './helper.mjs';\n", 'cannot be loaded: there is no file ./helper.mjs (./path.mjs:3)'],
    [
      'name.mjs',
      "import { defineDevise } from 'anycloud-iotc';\n",
      /cannot be loaded: The requested module 'anycloud-iotc' does not provide an export named 'defineDevise' \(.\/name.mjs:1\)$/,
    ],
    ['throws.mjs', '\nthrow new Error("no bus");\n', 'cannot be loaded: no bus (./throws.mjs:2)'],
    ['text.mjs', 'throw "no bus";\n', 'cannot be loaded: no bus'],
    ['nothing.mjs', 'export const device = {};\n', 'has no default export'],
    ['five.mjs', 'export default 5;\n', 'is no device: a device must be an object'],
    [
      'wrong.mjs',
      'export default { properties: { led: { set: true } } };\n',
      'is no device: properties.led.set must be a function',
    ],
    [
      'model.mjs',
      'export default { model: { a: [Number.NaN] }, start() {} };\n',
      'is no device: JSON cannot hold NaN (at a[0])',
    ],
    [
      'defined.mjs',
      "import { defineDevice } from 'anycloud-iotc';\nexport default defineDevice({ comands: {} });\n",
      /cannot be loaded: a device has no member "comands"; it may have .* \(.\/defined.mjs:2\)$/,
    ],
  ];
  if (!TYPESCRIPT) {
    const why = `is written in TypeScript, which needs Node.js 22.18 or newer; this is ${process.versions.node}`;
    table.push(['device.ts', 'export default {};', why]);
  }
  const folder = write(Object.fromEntries(table.flatMap(([name, text]) => (text === null ? [] : [[name, text]]))));
  mkdirSync(join(folder, 'folder.mjs'));
  const told = load(
    folder,
    table.map(([name]) => name),
  );
  for (const [index, [name, , expected]] of table.entries()) {
    const start = `E_CONFIG The device file ${name} `;
    const sentence = told[index] ?? '';
    assert.ok(sentence.startsWith(start), sentence);
    if (typeof expected === 'string') assert.equal(sentence.slice(start.length), expected);
    else assert.match(sentence, expected);
  }
});

test('a module is a device by its default export, and its handlers are known by file and line', () => {
  const handlers = 'commands: {\n    a: () => 1,\n    async b() {},\n  },\n  start() {},\n';
  const files = {
    'plain.mjs': `export default {\n  ${handlers}};\n`,
    'defined.mjs': `import { defineDevice, CommandError } from 'anycloud-iotc';\nexport default defineDevice({\n  ${handlers}});\n`,
    'common.cjs': `module.exports = {\n  ${handlers}};\n`,
    ...(TYPESCRIPT && { 'typed.ts': `type A = 1;\nexport default {\n  ${handlers}};\n` }),
  };
  const lines: Record<string, number[]> = {
    'plain.mjs': [3, 4, 6],
    'defined.mjs': [4, 5, 7],
    'common.cjs': [3, 4, 6],
    'typed.ts': [4, 5, 7],
  };
  const names = Object.keys(files);
  const expected = names.map((name) => {
    return ['loaded', ...(lines[name] ?? []).map((line) => `./${name}:${line}`), `./${name}`].join(' ');
  });
  assert.deepEqual(load(write(files), names), expected);
});

test('the examples are devices', () => {
  for (const told of load(EXAMPLES, ['computer.mjs', 'relay.mjs', ...(TYPESCRIPT ? ['greenhouse.mts'] : [])])) {
    assert.match(told, /^loaded /);
  }
});

test('the device that docs/devices.md begins with is one', () => {
  const text = readFileSync(new URL('../../docs/devices.md', import.meta.url), 'utf8').replaceAll('\r\n', '\n');
  const [, code = ''] = /^```js[^\n]*\n(.*?)^```$/ms.exec(text) ?? [];
  assert.match(load(write({ 'documented.mjs': code }), ['documented.mjs']).join(), /^loaded .\/documented.mjs:\d+/);
});

describe('a device of one’s own in a session', () => {
  const ARGS = ['--simulate', '--pace', 'instant', '--http-port', '0', '--json'];

  test('it is announced, sampled, set and commanded as it is written; what it does wrong is named and goes on', async (t) => {
    const cwd = write({
      'mine.mjs': `
        import { CommandError, defineDevice } from 'anycloud-iotc';
        console.log('hello from the file');
        export default defineDevice({
          interval: 1,
          telemetry: { n: () => 7, bad: () => { throw new Error('no bus'); } },
          properties: { target: { initial: 20, set: (value, { log }) => { log('turning'); return value / 2; } } },
          commands: {
            fail() { throw new Error('boom'); },
            busy() { throw new CommandError(409, 'busy'); },
          },
          start() { setTimeout(() => { throw new Error('stray'); }, 5); void Promise.reject(new Error('floating')); },
        });
      `,
    });
    const cli = startCli(t, [...ARGS, '--device', 'mine.mjs'], { cwd });
    const { url, deviceId } = await cli.event('local-cloud');
    const telemetry = await cli.event('telemetry');
    assert.deepEqual(telemetry['body'], { n: 7 });
    const send = async (method: string, path: string, body: unknown) => {
      const answer = await fetch(`${url}/api/devices/${deviceId}/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      await answer.text();
    };
    await send('PATCH', 'properties', { target: 30 });
    const { value, ac } = await cli.event('property');
    assert.deepEqual([value, ac], [15, 200]);
    await cli.event('event', ({ message }) => message === 'turning');
    await send('POST', 'commands/fail', {});
    const failed = await cli.event('command', ({ name }) => name === 'fail');
    assert.deepEqual([failed['status'], failed['response']], [500, { status: 'The command has failed: boom' }]);
    await send('POST', 'commands/busy', {});
    const busy = await cli.event('command', ({ name }) => name === 'busy');
    assert.deepEqual([busy['status'], busy['response']], [409, { status: 'busy' }]);
    for (const warning of [
      /^The telemetry "bad" has failed: no bus \(.*mine\.mjs:6\)$/,
      /^The command "fail" has failed: boom \(.*mine\.mjs:9\)$/,
      /^The device file has failed: stray \(.*mine\.mjs:12\)$/,
      /^The device file has failed: floating \(.*mine\.mjs:12\)$/,
    ]) {
      await cli.event('event', ({ level, message }) => level === 'warning' && warning.test(String(message)));
    }
    cli.kill('SIGINT');
    const { code, stdout, stderr } = await cli.ended;
    assert.equal(code, 130);
    assert.equal(stderr, 'hello from the file\n');
    assert.doesNotMatch(stdout, /WBZ451|modelId/);
  });

  test('the local cloud knows the model that stands in the file', async (t) => {
    const cwd = write({
      'mine.mjs': `export default {
        model: {
          '@context': 'dtmi:dtdl:context;3', '@id': 'dtmi:test:Mine;1', '@type': 'Interface',
          contents: [{ '@type': 'Telemetry', name: 'n', schema: 'integer' }],
        },
        telemetry: { n: () => 7, other: () => 1 },
      };`,
    });
    const cli = startCli(t, [...ARGS, '--device', 'mine.mjs'], { cwd });
    const { url, deviceId } = await cli.event('local-cloud');
    await cli.event('telemetry');
    const get = async (path: string) => parseEvent(await (await fetch(`${url}/api/${path}`)).text());
    const marks = await Promise.all(['n', 'other'].map((name) => get(`devices/${deviceId}/telemetry/${name}`)));
    assert.deepEqual(
      marks.map(({ value, unmodelled }) => [value, unmodelled]),
      [
        [7, undefined],
        [1, true],
      ],
    );
    assert.equal((await get('deviceTemplates/dtmi:test:Mine;1'))['displayName'], 'dtmi:test:Mine;1');
    const warnings = cli.events().filter(({ level }) => level === 'warning');
    assert.deepEqual(warnings, [], 'nothing is desired that only the board of the walkthrough has');
  });

  test('a file that cannot be loaded ends it with 3, before anything is sent', async (t) => {
    const cli = startCli(t, [...ARGS, '--device', 'gone.mjs']);
    const { code } = await cli.ended;
    assert.equal(code, 3);
    assert.deepEqual(
      cli.events().map(({ type }) => type),
      ['error', 'exit'],
    );
  });
});
