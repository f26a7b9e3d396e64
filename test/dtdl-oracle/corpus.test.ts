import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathOf } from '../../src/dtdl/dtmi.ts';
import type { Command, Contents, Field, Model, Schema } from '../../src/dtdl/model.ts';
import { ModelRepository } from '../../src/dtdl/repository.ts';
import { loadModel } from '../../src/dtdl/resolve.ts';
import type { Json } from '../../src/events.ts';
import { CORPUS, unpackCorpus } from '../corpus/unpack.ts';
import { parse } from './oracle.ts';

const path = process.env['MODELS_CORPUS'] ?? CORPUS;

test('every model of the corpus has the elements that the parser finds in it', {
  skip: !existsSync(path),
}, async () => {
  const { folder, remove } = unpackCorpus(path);
  after(remove);
  const repository = new ModelRepository([folder]);
  const document = (id: string): Json => JSON.parse(readFileSync(join(folder, pathOf(id)), 'utf8'));
  let models = 0;
  for (const entry of repository.list()) {
    if (entry instanceof Error) throw entry;
    // An interface inside another has no file of its own.
    if (!existsSync(join(folder, pathOf(entry.id)))) continue;
    const dict = await parse([document(entry.id)], document);
    const theirs = dict[entry.id] ?? assert.fail(`the parser has no ${entry.id}`);
    assert.deepEqual(factsOfModel(loadModel(entry.id, repository)), factsOfInterface(theirs, 1), entry.id);
    models += 1;
  }
  assert.ok(models > 900, `${models} models were compared`);
});

/** Of our model: what it has, by name. Texts count as well. */
function factsOfModel(model: Model): Json {
  const components = model.components.map((component): [string, Json] => {
    const { name, displayName, interface: id } = component;
    return [name, { kind: 'component', displayName, id, contents: factsOfContents(component) }];
  });
  return { ...factsOfContents(model), ...Object.fromEntries(components) };
}

function factsOfContents({ telemetry, properties, commands }: Contents): Record<string, Json> {
  const all: [string, Json][] = [
    ...telemetry.map((one): [string, Json] => [one.name, { kind: 'telemetry', ...factsOfField(one) }]),
    ...properties.map((one): [string, Json] => {
      return [one.name, { kind: 'property', ...factsOfField(one), writable: one.writable }];
    }),
    ...commands.map((one): [string, Json] => [one.name, factsOfCommand(one)]),
  ];
  return Object.fromEntries(all);
}

function factsOfField({ displayName, schema }: Field): Record<string, Json> {
  return { displayName, schema: factsOfSchema(schema) };
}

function factsOfCommand({ displayName, request, response }: Command): Json {
  const payload = (field: Field | undefined): Json => (field ? { name: field.name, ...factsOfField(field) } : null);
  return { kind: 'command', displayName, request: payload(request), response: payload(response) };
}

function factsOfSchema(schema: Schema): Json {
  switch (schema.kind) {
    case 'enum':
      return { [schema.valueKind]: schema.values.map(({ name, value }) => ({ name, value })) };
    case 'object':
      return Object.fromEntries(schema.fields.map((field) => [field.name, factsOfSchema(field.schema)]));
    case 'array':
      return [factsOfSchema(schema.element)];
    case 'map':
      return { map: { [schema.keyName]: factsOfSchema(schema.value.schema) } };
    default:
      return schema.kind.toLowerCase();
  }
}

/** The same of an interface that the parser has read; relationships are not ours to play. */
function factsOfInterface(entity: object, levels: number): Json {
  const contents: object[] = Object.values(Reflect.get(entity, 'contents'));
  const facts = contents.flatMap((content): [string, Json][] => {
    const of = (name: string) => Reflect.get(content, name);
    const kind = of('entityKind');
    const displayName = of('displayName');
    if (kind === 'relationship') return [];
    if (kind === 'command') {
      return [[of('name'), { kind, displayName, request: payload(of('request')), response: payload(of('response')) }]];
    }
    if (kind === 'component') {
      assert.ok(levels > 0, 'components have no components');
      const id = Reflect.get(of('schema'), 'id');
      return [[of('name'), { kind, displayName, id, contents: factsOfInterface(of('schema'), levels - 1) }]];
    }
    const writable = kind === 'property' ? { writable: of('writable') ?? false } : {};
    return [[of('name'), { kind, displayName, schema: shape(of('schema')), ...writable }]];
  });
  return Object.fromEntries(facts);
}

function payload(entity: object | undefined): Json {
  if (entity === undefined) return null;
  const of = (name: string) => Reflect.get(entity, name);
  return { name: of('name'), displayName: of('displayName'), schema: shape(of('schema')) };
}

function shape(entity: object): Json {
  const of = (name: string) => Reflect.get(entity, name);
  const list = (name: string): object[] => of(name) ?? [];
  switch (of('entityKind')) {
    case 'enum': {
      const values = list('enumValues').map((one) => {
        return { name: Reflect.get(one, 'name'), value: Reflect.get(one, 'enumValue') };
      });
      return { [Reflect.get(of('valueSchema'), 'entityKind')]: values };
    }
    case 'object':
      return Object.fromEntries(
        list('fields').map((one) => [Reflect.get(one, 'name'), shape(Reflect.get(one, 'schema'))]),
      );
    case 'array':
      return [shape(of('elementSchema'))];
    case 'map':
      return { map: { [Reflect.get(of('mapKey'), 'name')]: shape(Reflect.get(of('mapValue'), 'schema')) } };
    default:
      return of('entityKind');
  }
}
