import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localized } from '../../src/dtdl/model.ts';
import { ModelError } from '../../src/dtdl/model-error.ts';
import { loadModel } from '../../src/dtdl/resolve.ts';
import type { Json, JsonObject } from '../../src/events.ts';
import { dtdl, memory, model, schemaOf } from './interfaces.ts';

const TEXTS = { displayName: {}, description: {} };
const PLAIN = { ...TEXTS, semanticTypes: [] };

test('every kind of content is read, with names, units and semantic types', () => {
  const thermostat = dtdl('dtmi:com:example:Thermostat;1', {
    '@context': ['dtmi:iotcentral:context;2', 'dtmi:dtdl:context;2'],
    displayName: { en: 'Thermostat', de: 'Thermostat (de)' },
    contents: [
      {
        '@type': ['Telemetry', 'Temperature'],
        name: 'temperature',
        displayName: 'Temperature',
        description: [
          { '@value': 'warm', '@language': 'en' },
          { '@value': 'warm (fr)', '@language': 'fr' },
        ],
        schema: 'double',
        unit: 'degreeCelsius',
        minValue: 10,
        maxValue: 40,
        color: '#fff',
      },
      { '@type': ['Property', 'Initialized'], name: 'target', schema: 'integer', writable: true, initialValue: 21 },
      { '@type': 'Property', name: 'Target', schema: 'integer', initialValue: 'warm' },
      {
        '@type': 'Command',
        name: 'report',
        commandType: 'synchronous',
        request: { '@type': 'CommandPayload', name: 'since', schema: 'dateTime' },
        response: { name: 'hottest', schema: 'double', unit: 'dtmi:standard:unit:kelvin;2' },
      },
      { '@type': 'Command', name: 'stop' },
      { '@type': 'Relationship', name: 'floor', target: 'dtmi:com:example:Floor;1' },
    ],
  });
  assert.deepEqual(model(thermostat), {
    id: 'dtmi:com:example:Thermostat;1',
    version: 2,
    displayName: { en: 'Thermostat', de: 'Thermostat (de)' },
    description: {},
    telemetry: [
      {
        name: 'temperature',
        displayName: { en: 'Temperature' },
        description: { en: 'warm', fr: 'warm (fr)' },
        semanticTypes: ['Temperature'],
        unit: 'degreeCelsius',
        min: 10,
        max: 40,
        schema: { kind: 'double' },
      },
    ],
    properties: [
      {
        ...PLAIN,
        name: 'target',
        semanticTypes: ['Initialized'],
        schema: { kind: 'integer' },
        writable: true,
        initial: 21,
      },
      // Names differ in case only, and an initial value that the schema does not permit is none.
      { ...PLAIN, name: 'Target', schema: { kind: 'integer' }, writable: false },
    ],
    commands: [
      {
        ...TEXTS,
        name: 'report',
        request: { ...PLAIN, name: 'since', schema: { kind: 'dateTime' } },
        response: { ...PLAIN, name: 'hottest', unit: 'kelvin', schema: { kind: 'double' } },
      },
      { ...TEXTS, name: 'stop' },
    ],
    components: [],
  });
});

test('a model is frozen, and is the same after a journey as JSON', () => {
  const contents = [{ '@type': 'Property', name: 'p', schema: 'vector', writable: true, initialValue: { x: 1 } }];
  const read = model(dtdl('dtmi:test:frozen;1', { contents }));
  assert.deepEqual(JSON.parse(JSON.stringify(read)), read);
  const [property] = read.properties;
  for (const part of [read, read.properties, property, property?.initial, property?.schema]) {
    assert.ok(Object.isFrozen(part));
  }
});

test('schemas are read in place, by reference, by DTMI and in lists of one', () => {
  const led = { '@type': 'Enum', valueSchema: 'integer', enumValues: [{ name: 'On', enumValue: 1 }] };
  const resolved = { kind: 'enum', valueKind: 'integer', values: [{ ...TEXTS, name: 'On', value: 1 }] };
  const shared: [Json, Json][] = [
    ['dtmi:test:led;1', [{ '@id': 'dtmi:test:led;1', ...led }]],
    [['dtmi:test:led;1'], { '@id': 'dtmi:test:led;1', ...led }],
  ];
  for (const [schema, schemas] of shared) {
    const document = dtdl('dtmi:test:a;1', { schemas, contents: { '@type': 'Telemetry', name: 't', schema } });
    assert.deepEqual(model(document).telemetry[0]?.schema, resolved);
  }
  assert.deepEqual(schemaOf(led), resolved);
  assert.deepEqual(schemaOf('dtmi:dtdl:instance:Schema:long;2'), { kind: 'long' });
  assert.deepEqual(schemaOf({ '@type': 'dtmi:dtdl:class:Array;3', 'dtmi:dtdl:property:elementSchema;3': 'time' }), {
    kind: 'array',
    element: { kind: 'time' },
  });
  const map = {
    '@type': 'Map',
    mapKey: { name: 'room', schema: 'string' },
    mapValue: { name: 'warm', schema: 'float' },
  };
  assert.deepEqual(schemaOf(map), {
    kind: 'map',
    keyName: 'room',
    value: { ...PLAIN, name: 'warm', schema: { kind: 'float' } },
  });
  const geopoint = schemaOf('geopoint');
  assert.ok(geopoint.kind === 'object' && geopoint.standard === 'geopoint');
  assert.deepEqual(
    geopoint.fields.map(({ name }) => name),
    ['lat', 'lon', 'alt'],
  );
});

test('contents of extended interfaces come first, and of one that is extended twice once', () => {
  const telemetry = (name: string): Json => ({ '@type': 'Telemetry', name, schema: 'double' });
  const documents = [
    dtdl('dtmi:test:a;1', { extends: ['dtmi:test:b;1', 'dtmi:test:c;1'], contents: [telemetry('a')] }),
    dtdl('dtmi:test:b;1', { extends: 'dtmi:test:d;1', contents: [telemetry('b')] }),
    dtdl('dtmi:test:c;1', { extends: [dtdl('dtmi:test:d:in;1', { contents: telemetry('in') }), 'dtmi:test:d;1'] }),
    dtdl('dtmi:test:d;1', { contents: [telemetry('d')] }),
  ];
  const { telemetry: read } = loadModel('dtmi:test:a;1', memory(...documents));
  assert.deepEqual(
    read.map(({ name }) => name),
    ['d', 'b', 'in', 'a'],
  );
});

test('components follow an interface elsewhere, in the same file, or in place', () => {
  const ping: Json = { '@type': 'Command', name: 'ping' };
  const component = (name: string, schema: Json): Json => ({ '@type': 'Component', name, displayName: name, schema });
  const document: Json = [
    dtdl('dtmi:test:board;1', {
      contents: [
        component('far', 'dtmi:test:far;1'),
        component('near', 'dtmi:test:near;1'),
        component('here', { '@id': 'dtmi:test:here;1', '@type': 'Interface', contents: [ping] }),
        component('again', 'dtmi:test:here;1'),
      ],
    }),
    dtdl('dtmi:test:near;1', { contents: [{ '@type': 'Property', name: 'p', schema: 'boolean' }] }),
  ];
  const { components } = model(
    document,
    dtdl('dtmi:test:far;1', { extends: 'dtmi:test:base;1' }),
    dtdl('dtmi:test:base;1', { contents: ping }),
  );
  const facts = components.map(({ name, interface: id, commands, properties, displayName }) => {
    return [name, id, commands.length, properties.length, localized(displayName)];
  });
  assert.deepEqual(facts, [
    ['far', 'dtmi:test:far;1', 1, 0, 'far'],
    ['near', 'dtmi:test:near;1', 0, 1, 'near'],
    ['here', 'dtmi:test:here;1', 1, 0, 'here'],
    ['again', 'dtmi:test:here;1', 1, 0, 'again'],
  ]);
});

test('a text is chosen by language, then English, then whatever there is', () => {
  const text = { 'en-GB': 'colour', de: 'Farbe', ja: '色' };
  assert.equal(localized(text), 'colour');
  assert.equal(localized(text, ['fr', 'de-AT', 'ja']), 'Farbe');
  assert.equal(localized({ ja: '色' }, ['de']), '色');
  assert.equal(localized({}), '');
});

const nested = (levels: number): Json =>
  levels === 0 ? 'integer' : { '@type': 'Object', fields: [{ name: 'f', schema: nested(levels - 1) }] };

const WRONG: { what: string; document: Json; path: string; says: RegExp }[] = [
  { what: 'a number', document: 5, path: '$', says: /interface must stand here/ },
  { what: 'an empty list', document: [], path: '$', says: /no interface/ },
  { what: 'no id', document: { '@type': 'Interface', '@context': 'dtmi:dtdl:context;2' }, path: '$', says: /no @id/ },
  { what: 'a bad id', document: dtdl('dtmi:../x;1', {}), path: '$.@id', says: /'dtmi:..\/x;1' is not a DTMI/ },
  { what: 'no context', document: dtdl('dtmi:test:a;1', { '@context': [] }), path: '$', says: /no version of DTDL/ },
  {
    what: 'version 4',
    document: dtdl('dtmi:test:a;1', { '@context': 'dtmi:dtdl:context;4' }),
    path: '$.@context',
    says: /DTDL '4' is not known, only versions 2 and 3/,
  },
  {
    what: 'itself twice',
    document: [dtdl('dtmi:test:a;1', {}), dtdl('dtmi:test:a;1', {})],
    path: '$[1]',
    says: /second time/,
  },
  ...contents('no kind', { name: 'x', schema: 'double' }, '', /@type must be one of/),
  ...contents(
    'two kinds',
    { '@type': ['Property', 'Command'], name: 'x', schema: 'double' },
    '',
    /@type must be one of/,
  ),
  ...contents('no name', { '@type': 'Telemetry', schema: 'double' }, '', /name is missing/),
  ...contents('a bad name', { '@type': 'Telemetry', name: 'x\u001b[2J', schema: 'double' }, '.name', /is no name/),
  ...contents(
    'a long name',
    { '@type': 'Command', name: 'x'.repeat(512) },
    '.name',
    /at most 64 characters, this one has 512/,
  ),
  ...contents('no schema', { '@type': 'Telemetry', name: 'x' }, '', /schema is missing/),
  ...contents(
    'an unknown schema',
    { '@type': 'Telemetry', name: 'x', schema: 'uuid' },
    '.schema',
    /'uuid' is no schema/,
  ),
  ...contents(
    'a lost reference',
    { '@type': 'Telemetry', name: 'x', schema: 'dtmi:no:where;1' },
    '.schema',
    /'dtmi:no:where;1' is not defined/,
  ),
  ...contents(
    'two schemas',
    { '@type': 'Telemetry', name: 'x', schema: ['double', 'long'] },
    '.schema',
    /one value, not a list/,
  ),
  ...contents(
    'a schema of no kind',
    { '@type': 'Telemetry', name: 'x', schema: {} },
    '.schema',
    /Array, Enum, Map or Object/,
  ),
  ...contents(
    'deep schemas',
    { '@type': 'Telemetry', name: 'x', schema: nested(6) },
    `.schema${'.fields[0].schema'.repeat(5)}`,
    /more than 5 levels/,
  ),
  ...contents(
    'a writable that is none',
    { '@type': 'Property', name: 'x', schema: 'long', writable: 'yes' },
    '.writable',
    /'yes' is not true or false/,
  ),
  ...contents(
    'a request without a schema',
    { '@type': 'Command', name: 'x', request: { name: 'r' } },
    '.request',
    /schema is missing/,
  ),
  ...contents(
    'a component that is none',
    { '@type': 'Component', name: 'x', schema: '../../etc' },
    '.schema',
    /the DTMI of one/,
  ),
  ...enums('no values', 'integer', [], '', /has no values/),
  ...enums('another type', 'boolean', [{ name: 'a', enumValue: true }], '.valueSchema', /integer or string/),
  ...enums(
    'a value of another type',
    'integer',
    [{ name: 'a', enumValue: '1' }],
    '.enumValues[0].enumValue',
    /'1' does not have/,
  ),
  ...enums('a fraction', 'integer', [{ name: 'a', enumValue: 1.5 }], '.enumValues[0].enumValue', /does not have/),
  ...enums(
    'a value twice',
    'string',
    [
      { name: 'a', enumValue: 'v' },
      { name: 'b', enumValue: 'v' },
    ],
    '.enumValues[1]',
    /value v occurs twice/,
  ),
  ...enums(
    'a name twice',
    'string',
    [
      { name: 'a', enumValue: 'v' },
      { name: 'a', enumValue: 'w' },
    ],
    '.enumValues[1]',
    /name a occurs twice/,
  ),
  {
    what: 'a schema that contains itself',
    document: dtdl('dtmi:test:a;1', {
      schemas: [{ '@id': 'dtmi:test:loop;1', '@type': 'Array', elementSchema: 'dtmi:test:loop;1' }],
      contents: [{ '@type': 'Telemetry', name: 'x', schema: 'dtmi:test:loop;1' }],
    }),
    path: '$.schemas[0].elementSchema',
    says: /more than 5 levels/,
  },
  {
    what: 'a few lines that describe a billion elements',
    document: dtdl('dtmi:test:a;1', {
      '@context': 'dtmi:dtdl:context;3',
      schemas: [1, 2, 3, 4, 5].map((level) => ({
        '@id': `dtmi:test:l${level};1`,
        '@type': 'Object',
        fields: Array.from({ length: 100 }, (_, index) => {
          return { name: `f${index}`, schema: level < 5 ? `dtmi:test:l${level + 1};1` : 'double' };
        }),
      })),
      contents: [{ '@type': 'Telemetry', name: 'x', schema: 'dtmi:test:l1;1' }],
    }),
    path: '$.schemas[4].fields[12]',
    says: /more than 100000 elements/,
  },
  {
    what: 'JSON that is nested to exhaust the stack',
    document: dtdl('dtmi:test:a;1', { comment: JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) }),
    path: `$.comment${'[0]'.repeat(64)}`,
    says: /more than 64 levels/,
  },
];

function contents(what: string, content: JsonObject, path: string, says: RegExp): typeof WRONG {
  return [{ what, document: dtdl('dtmi:test:a;1', { contents: [content] }), path: `$.contents[0]${path}`, says }];
}

function enums(what: string, valueSchema: string, enumValues: Json, path: string, says: RegExp): typeof WRONG {
  const schema = { '@type': 'Enum', valueSchema, enumValues };
  return contents(`an enum with ${what}`, { '@type': 'Telemetry', name: 'x', schema }, `.schema${path}`, says);
}

for (const { what, document, path, says } of WRONG) {
  test(`${what} is refused with its place`, () => {
    assert.throws(
      () => model(document),
      (error) => {
        assert.ok(error instanceof ModelError && error.problem.kind === 'invalid', String(error));
        assert.deepEqual({ file: error.problem.file, path: error.problem.path }, { file: 'test.json', path });
        assert.match(error.problem.reason, says);
        return true;
      },
    );
  });
}

test('five levels of schemas and names of 64 letters, in DTDL 3 of 512, are permitted', () => {
  schemaOf(nested(5));
  const named = (length: number): Json => [{ '@type': 'Telemetry', name: 'x'.repeat(length), schema: 'double' }];
  model(dtdl('dtmi:test:a;1', { contents: named(64) }));
  model(dtdl('dtmi:test:a;1', { '@context': 'dtmi:dtdl:context;3', contents: named(512) }));
});

test('interfaces that extend themselves, or one another for ever, are refused', () => {
  const a = dtdl('dtmi:test:a;1', { extends: 'dtmi:test:b;1' });
  const b = dtdl('dtmi:test:b;1', { extends: ['dtmi:test:a;1'] });
  assert.throws(
    () => loadModel('dtmi:test:a;1', memory(a, b)),
    /\$\.extends\[0\]: the interface extends itself: dtmi:test:a;1 → dtmi:test:b;1 → dtmi:test:a;1/,
  );
  const chain = (length: number) =>
    Array.from({ length: length + 1 }, (_, index) =>
      dtdl(`dtmi:test:c${index};1`, index < length ? { extends: `dtmi:test:c${index + 1};1` } : {}),
    );
  loadModel('dtmi:test:c0;1', memory(...chain(10)));
  assert.throws(() => loadModel('dtmi:test:c0;1', memory(...chain(11))), /more than 10 interfaces/);
});

test('a name that an extended interface has too is refused, and so is a component in a component', () => {
  const contents: Json = [{ '@type': 'Telemetry', name: 'same', schema: 'double' }];
  const base = dtdl('dtmi:test:base;1', { contents });
  assert.throws(
    () => model(dtdl('dtmi:test:a;1', { extends: 'dtmi:test:base;1', contents }), base),
    /\$\.contents\[0\]: the name same occurs twice, here and in dtmi:test:base;1/,
  );
  const inner = dtdl('dtmi:test:in;1', { contents: { '@type': 'Component', name: 'c', schema: 'dtmi:test:base;1' } });
  const outer = dtdl('dtmi:test:out;1', { contents: { '@type': 'Component', name: 'o', schema: 'dtmi:test:in;1' } });
  assert.throws(() => model(outer, inner, base), /the component o has components of its own/);
  const self = dtdl('dtmi:test:self;1', { contents: { '@type': 'Component', name: 'o', schema: 'dtmi:test:self;1' } });
  assert.throws(() => model(self), /the component o has components of its own/);
});

test('a missing interface is named with what needs it and where it was looked for', () => {
  const document = dtdl('dtmi:test:a;1', { contents: { '@type': 'Component', name: 'c', schema: 'dtmi:no:where;1' } });
  assert.throws(() => model(document), {
    message:
      'The model dtmi:no:where;1, which test.json refers to at $.contents.schema, is not found: tried memory.json',
  });
});
