import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { ModelError } from '../../src/dtdl/model-error.ts';
import { ModelRepository } from '../../src/dtdl/repository.ts';
import { loadModel } from '../../src/dtdl/resolve.ts';
import { dtdl } from './interfaces.ts';

const folder = mkdtempSync(join(tmpdir(), 'anycloud-models-'));
after(() => rmSync(folder, { recursive: true }));

const THERMOSTAT = 'dtmi:com:example:Thermostat;1';
const LAYOUT = 'repository/dtmi/com/example/thermostat-1.json';

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function problemOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof ModelError, String(error));
    return error.message.replaceAll(folder, '').replaceAll('\\', '/');
  }
  assert.fail('nothing was thrown');
}

test('a model is found by its path in a folder, in a file of another name, and in the first place that has it', () => {
  const named = (displayName: string) => JSON.stringify(dtdl(THERMOSTAT, { displayName }));
  write(LAYOUT, `\uFEFF${named('in the layout')}`);
  const single = write('mine.json', named('mine'));
  const layout = join(folder, 'repository');
  const nameIn = (...places: string[]) => loadModel(THERMOSTAT, new ModelRepository(places)).displayName['en'];
  assert.equal(nameIn(layout), 'in the layout');
  assert.equal(nameIn(single), 'mine');
  assert.equal(nameIn(single, layout), 'mine');
  assert.equal(nameIn(join(folder, 'repository', 'dtmi'), layout), 'in the layout');
});

test('what is not found is told with every path that was tried', () => {
  const single = write('mine.json', JSON.stringify(dtdl(THERMOSTAT, {})));
  const repository = new ModelRepository([single, join(folder, 'repository')]);
  assert.equal(
    problemOf(() => repository.find('dtmi:com:example:Boiler;12')),
    'The model dtmi:com:example:Boiler;12 is not found: tried /mine.json and /repository/dtmi/com/example/boiler-12.json',
  );
  assert.equal(
    problemOf(() => new ModelRepository([]).find(THERMOSTAT)),
    `The model ${THERMOSTAT} is not found: there is nowhere to look`,
  );
});

test('an id that differs in case only is not the one that was asked for', () => {
  write(LAYOUT, JSON.stringify(dtdl(THERMOSTAT, {})));
  assert.equal(
    problemOf(() => new ModelRepository([join(folder, 'repository')]).find('dtmi:com:example:thermostat;1')),
    `The model in /${LAYOUT} is wrong at $: dtmi:com:example:thermostat;1 is not in this file, but ${THERMOSTAT} is`,
  );
});

const UNREADABLE: [string, string | Uint8Array, RegExp][] = [
  ['empty', '', /is not JSON: it ends too early$/],
  ['half', '{"@id": "dtmi', /is not JSON/],
  ['a comma too many', '{\n  "@id": "x",\n}', /is not JSON at line 3, column 1$/],
  ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), /is not UTF-8$/],
  ['10 MB', ' '.repeat(10_000_000), /has 9\.5 MiB; a model file has at most 4 MiB$/],
  ['not DTDL', '{"type": "object"}', /is wrong at \$: a DTDL interface must stand here$/],
];

for (const [what, content, says] of UNREADABLE) {
  test(`a file that is ${what} is refused, alone and in a folder`, () => {
    const alone = write('wrong.json', content);
    write('broken/dtmi/com/example/thermostat-1.json', content);
    assert.match(
      problemOf(() => new ModelRepository([alone])),
      says,
    );
    assert.match(
      problemOf(() => new ModelRepository([join(folder, 'broken')]).find(THERMOSTAT)),
      says,
    );
  });
}

test('a place that does not exist is refused at once', () => {
  assert.equal(
    problemOf(() => new ModelRepository([join(folder, 'no-such-place')])),
    'The model file /no-such-place does not exist',
  );
});

test('a pipe is refused without waiting for a writer', { skip: process.platform === 'win32' }, () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  assert.equal(
    problemOf(() => new ModelRepository([join(folder, 'pipe')])),
    'The model file /pipe is not a regular file',
  );
});

test('the list has every model once, and what is wrong with the others', () => {
  const single = write('mine.json', JSON.stringify(dtdl(THERMOSTAT, { displayName: 'mine' })));
  write('many/dtmi/com/example/thermostat-1.json', JSON.stringify(dtdl(THERMOSTAT, { displayName: 'other' })));
  write('many/dtmi/com/example/boiler-1.json', JSON.stringify([dtdl('dtmi:com:example:Boiler;1', {})]));
  write('many/dtmi/com/example/broken-1.json', '{');
  write('many/dtmi/readme.txt', 'no model');
  const listed = [...new ModelRepository([single, join(folder, 'many')]).list()];
  assert.deepEqual(
    listed.map((entry) => (entry instanceof ModelError ? 'wrong' : [entry.id, entry.displayName['en']])),
    [[THERMOSTAT, 'mine'], ['dtmi:com:example:Boiler;1', undefined], 'wrong'],
  );
});
