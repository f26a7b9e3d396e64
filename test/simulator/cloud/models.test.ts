import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ModelRepository, PACKAGED_MODELS } from '../../../src/dtdl/repository.ts';
import { readModel } from '../../../src/dtdl/resolve.ts';
import type { Json } from '../../../src/json.ts';
import { ModelCatalog } from '../../../src/simulator/cloud/models.ts';
import { describeProperties, withComponents } from '../../../src/simulator/cloud/plug-and-play.ts';
import { applyPatch, newTwin } from '../../../src/simulator/cloud/twin.ts';
import { dtdl, memory } from '../../dtdl/interfaces.ts';

const HOUSE = 'dtmi:test:House;1';
const ROOM = dtdl('dtmi:test:Room;1', {
  contents: [
    { '@type': 'Telemetry', name: 'warmth', schema: 'double' },
    { '@type': 'Property', name: 'target', schema: 'double', writable: true },
    { '@type': 'Command', name: 'air' },
  ],
});
const house = dtdl(HOUSE, {
  displayName: { en: 'House', de: 'Haus' },
  description: 'With a kitchen',
  contents: [
    { '@type': 'Component', name: 'kitchen', schema: 'dtmi:test:Room;1' },
    { '@type': 'Property', name: 'street', schema: 'string' },
    { '@type': 'Command', name: 'lock' },
  ],
});

/** A folder in the layout of the public repository. */
function folderOf(t: TestContext, documents: Record<string, Json | string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'anycloud-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'dtmi', 'test'), { recursive: true });
  for (const [name, document] of Object.entries(documents)) {
    const text = typeof document === 'string' ? document : JSON.stringify(document);
    writeFileSync(join(folder, 'dtmi', 'test', `${name}-1.json`), text);
  }
  return folder;
}

test('models are found by their id, and only by it', () => {
  const log: string[] = [];
  const catalog = new ModelCatalog(new ModelRepository([PACKAGED_MODELS]), (line) => log.push(line));
  const model = catalog.find('dtmi:com:Microchip:WBZ451_Curiosity;1');
  assert.deepEqual([...(model?.commands ?? [])], ['reboot', 'sendMsg']);
  assert.deepEqual([...(model?.telemetry ?? [])], ['temperature', 'button_event']);
  assert.equal(model?.properties.has('telemetryInterval'), true);
  for (const id of [null, 'dtmi:com:microchip:wbz451_curiosity;1', 'dtmi:x:../package;1', 'dtmi:a:nothing;1', '']) {
    assert.equal(catalog.find(id), undefined);
  }
  catalog.find('dtmi:com:MICROCHIP:WBZ451_Curiosity;1');
  assert.equal(log.length, 1, 'devices cannot fill the log with names that they make up');
  assert.match(log[0] ?? '', /wbz451_curiosity;1 is not in this file, but dtmi:com:Microchip:WBZ451_Curiosity;1 is/);
});

test('a person’s models mark what a device of theirs has, its components too', (t) => {
  const catalog = new ModelCatalog(new ModelRepository([folderOf(t, { house, room: ROOM })]), assert.fail);
  const model = catalog.find(HOUSE);
  assert.ok(model);
  assert.deepEqual([...model.commands], ['lock', 'kitchen*air']);
  assert.deepEqual([...model.telemetry], ['kitchen.warmth']);
  const properties = { kitchen: { target: 1, colour: 2 }, cellar: { __t: 'c', target: 1 }, street: 'x', town: 'y' };
  const twin = newTwin({}, 0);
  assert.deepEqual(withComponents({ kitchen: { target: 1 } }, { twin }, model), { kitchen: { __t: 'c', target: 1 } });
  const desired = applyPatch(twin.desired, withComponents(properties, { twin }, model), 0);
  const described = JSON.stringify(describeProperties({ twin: { ...twin, desired } }, model), (name, value) =>
    ['desiredValue', 'desiredVersion', 'lastUpdateTime', 'state'].includes(name) ? undefined : value,
  );
  const unmodelled = { unmodelled: true };
  assert.deepEqual(JSON.parse(described), {
    kitchen: { $metadata: { target: {}, colour: unmodelled } },
    cellar: { $metadata: { target: unmodelled } },
    $metadata: { street: {}, town: unmodelled },
  });
});

test('device templates are in the shape of Central, by id, and each can be read alone', async (t) => {
  const broken = { house, room: ROOM, broken: '{', lost: dtdl('dtmi:test:Lost;1', { extends: 'dtmi:test:Gone;1' }) };
  const repository = new ModelRepository([PACKAGED_MODELS, folderOf(t, broken)]);
  const log: string[] = [];
  const catalog = new ModelCatalog(repository, (line) => log.push(line));
  const templates = await catalog.templates();
  const ids = templates.map((template) => String(template['@id']));
  assert.equal(ids.length, 17);
  assert.deepEqual(ids, [...ids].sort());
  const { capabilityModel, etag, ...template } = templates.find((one) => one['@id'] === HOUSE) ?? {};
  assert.deepEqual(template, {
    '@id': HOUSE,
    '@type': ['ModelDefinition', 'DeviceModel'],
    '@context': 'dtmi:dtdl:context;2',
    displayName: 'House',
    description: 'With a kitchen',
  });
  assert.match(String(etag), /^"[\w-]{43}"$/);
  const { components } = readModel(capabilityModel ?? null, 'template', memory());
  assert.deepEqual(
    components.map(({ name, commands }) => [name, commands.map((command) => command.name)]),
    [['kitchen', ['air']]],
  );
  assert.deepEqual(catalog.template(HOUSE)?.['etag'], etag);
  assert.equal(catalog.template('dtmi:test:Lost;1'), undefined);
  assert.equal(log.length, 1, 'what is wrong with a model is said once');
  assert.match(log[0] ?? '', /dtmi:test:Gone;1/);
});

test('a document that stands in no file is known like one that does, and comes first', async (t) => {
  const repository = new ModelRepository([folderOf(t, { room: ROOM, house: dtdl(HOUSE, { displayName: 'Another' }) })]);
  assert.equal(repository.add(house, 'mine.mjs').id, HOUSE);
  const catalog = new ModelCatalog(repository, assert.fail);
  const templates = await catalog.templates();
  assert.deepEqual(
    templates.map((template) => [template['@id'], template['displayName']]),
    [
      [HOUSE, 'House'],
      ['dtmi:test:Room;1', 'dtmi:test:Room;1'],
    ],
  );
  assert.throws(() => repository.add({ a: 1 }, 'mine.mjs'), /mine\.mjs/);
});
