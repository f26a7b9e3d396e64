import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelRepository, PACKAGED_MODELS } from '../../src/dtdl/repository.ts';
import { loadModel, readModel } from '../../src/dtdl/resolve.ts';
import { wholeDocument } from '../../src/dtdl/whole-document.ts';
import type { Json } from '../../src/events.ts';
import { dtdl, memory } from './interfaces.ts';

const telemetry = (name: string): Json => ({ '@type': 'Telemetry', name, schema: 'double' });
const component = (name: string, schema: Json): Json => ({ '@type': 'Component', name, schema });
const base = dtdl('dtmi:test:Base;1', { contents: [telemetry('base')] });
const middle = dtdl('dtmi:test:Middle;1', { extends: 'dtmi:test:Base;1', contents: [telemetry('middle')] });
const part = dtdl('dtmi:test:Part;1', { extends: ['dtmi:test:Base;1'], contents: [telemetry('part')] });
const inline = dtdl('dtmi:test:Inline;1', { contents: [telemetry('inside')] });

const DOCUMENTS: Record<string, Json[]> = {
  'an interface alone': [base],
  'what it extends, and what that extends': [middle, base],
  'one base on two ways, and a component twice': [
    dtdl('dtmi:test:Top;1', {
      extends: ['dtmi:test:Middle;1', 'dtmi:test:Base;1'],
      contents: [component('one', 'dtmi:test:Part;1'), component('two', ['dtmi:test:Part;1'])],
    }),
    middle,
    base,
    part,
  ],
  'an interface that is written inside, and named before': [
    dtdl('dtmi:test:Top;1', {
      contents: [component('named', 'dtmi:test:Inline;1'), component('written', inline)],
    }),
  ],
  'members that are named by DTMIs': [
    {
      '@context': 'dtmi:dtdl:context;3',
      '@id': 'dtmi:test:Top;1',
      '@type': 'dtmi:dtdl:class:Interface;3',
      'dtmi:dtdl:property:extends;3': 'dtmi:test:Base;1',
      'dtmi:dtdl:property:contents;3': [
        { '@type': 'dtmi:dtdl:class:Component;3', name: 'one', 'dtmi:dtdl:property:schema;3': 'dtmi:test:Part;1' },
      ],
    },
    base,
    part,
  ],
  'interfaces in the same file': [
    [dtdl('dtmi:test:Top;1', { contents: [component('one', 'dtmi:test:Part;1')] }), part, base],
  ],
};

test('the whole document is the same model, and needs no other', () => {
  for (const [what, documents] of Object.entries(DOCUMENTS)) {
    const places = memory(...documents);
    const [first] = documents.flat();
    const id = String(Object(first)['@id']);
    const whole = wholeDocument(id, places);
    assert.deepEqual(readModel(whole, 'whole.json', memory()), loadModel(id, places), what);
  }
});

test('an interface that is written inside another can be had alone', () => {
  const nested: Json = { '@id': 'dtmi:test:Inner;1', '@type': 'Interface', contents: [telemetry('inside')] };
  const places = memory(dtdl('dtmi:test:Top;1', { contents: [component('one', nested)] }));
  const whole = wholeDocument('dtmi:test:Inner;1', places);
  assert.deepEqual(readModel(whole, 'whole.json', memory()), loadModel('dtmi:test:Inner;1', places));
});

test('the models that come with the program are whole as they are', () => {
  const repository = new ModelRepository([PACKAGED_MODELS]);
  for (const entry of repository.list()) {
    assert.ok(!(entry instanceof Error));
    assert.deepEqual(wholeDocument(entry.id, repository), repository.find(entry.id).element.value);
  }
});

test('where an interface is missing, it is named', () => {
  const places = memory(dtdl('dtmi:test:Top;1', { extends: 'dtmi:test:Gone;1' }));
  assert.throws(() => wholeDocument('dtmi:test:Top;1', places), /dtmi:test:Gone;1 is not found/);
});
