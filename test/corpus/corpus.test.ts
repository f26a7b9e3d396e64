import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ModelRepository, PACKAGED_MODELS } from '../../src/dtdl/repository.ts';
import type { Json } from '../../src/events.ts';
import { contentsOf, interfacesIn } from './interfaces.ts';
import { playModel } from './play.ts';
import { sendModel } from './send.ts';

const packaged = new ModelRepository([PACKAGED_MODELS]);

for (const id of interfacesIn(PACKAGED_MODELS)) {
  test(`${id} is played, and all that it sends is valid`, async () => {
    await playModel(id, contentsOf(PACKAGED_MODELS, id), packaged);
  });
}

const GEOMETRY = ['point', 'multiPoint', 'lineString', 'multiLineString', 'polygon', 'multiPolygon'];
const MAP = {
  '@type': 'Map',
  mapKey: { name: 'room', schema: 'string' },
  mapValue: { name: 'warmth', schema: ['dtmi:test:odd:levels;1'] },
};
const LEVELS = {
  '@id': 'dtmi:test:odd:levels;1',
  '@type': 'Array',
  elementSchema: {
    '@type': 'Enum',
    valueSchema: 'string',
    enumValues: [
      { name: 'Low', enumValue: 'low level' },
      { name: 'High', enumValue: 'high level' },
    ],
  },
};

const BASE: Json = {
  '@id': 'dtmi:test:base;1',
  '@type': 'Interface',
  '@context': ['dtmi:dtdl:context;3'],
  contents: [
    { '@type': 'Property', name: 'levels', writable: true, schema: 'dtmi:test:base:list;1' },
    { '@type': 'Command', name: 'restart', request: { name: 'wait', schema: 'integer' } },
  ],
  schemas: { '@id': 'dtmi:test:base:list;1', '@type': 'Array', elementSchema: 'long' },
};

/** What the public models have not: version 3, arrays in properties, an interface of version 2 in one of 3. */
const ODD: Json = {
  '@id': 'dtmi:test:odd;1',
  '@type': 'dtmi:dtdl:class:Interface;3',
  '@context': ['dtmi:dtdl:context;3', 'dtmi:dtdl:extension:quantitativeTypes;1', 'dtmi:iotcentral:context;3'],
  extends: 'dtmi:test:base;1',
  schemas: [LEVELS],
  contents: [
    ...GEOMETRY.map((name): Json => ({ '@type': 'Telemetry', name, schema: name })),
    { '@type': 'Telemetry', name: 'Value', schema: 'date' },
    { '@type': 'Telemetry', name: 'value', schema: 'time' },
    { '@type': 'Property', name: 'rooms', writable: true, schema: MAP },
    { '@type': 'Property', name: 'where', schema: 'geopoint' },
    {
      '@type': 'Command',
      name: 'find',
      request: { name: 'rooms', schema: MAP },
      response: { name: 'rooms', schema: MAP },
    },
    {
      '@type': 'Component',
      name: 'inside',
      schema: {
        '@id': 'dtmi:test:inside;1',
        '@type': 'Interface',
        '@context': 'dtmi:dtdl:context;2',
        contents: [{ '@type': 'Telemetry', name: 'force', schema: 'float' }],
      },
    },
  ],
};

test('a model of DTDL 3 with what public models have not is played as well', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'anycloud-odd-'));
  after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'dtmi', 'test'), { recursive: true });
  writeFileSync(join(folder, 'dtmi', 'test', 'odd-1.json'), JSON.stringify(ODD));
  writeFileSync(join(folder, 'dtmi', 'test', 'base-1.json'), JSON.stringify(BASE));
  const contents = contentsOf(folder, 'dtmi:test:odd;1');
  assert.equal(contents.length, 14);
  await playModel('dtmi:test:odd;1', contents, new ModelRepository([folder]));
  await sendModel('dtmi:test:odd;1', contents, new ModelRepository([folder]));
});

test('a model whose readings do not fit one command of the module goes through a whole session', async () => {
  const id = 'dtmi:com:Microchip:SAM_IoT_Wx_v2;2';
  await sendModel(id, contentsOf(PACKAGED_MODELS, id), packaged);
});
