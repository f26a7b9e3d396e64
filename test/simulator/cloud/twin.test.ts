import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { ModelRepository, PACKAGED_MODELS } from '../../../src/dtdl/repository.ts';
import type { Json, JsonObject } from '../../../src/json.ts';
import { parseJson } from '../../../src/json.ts';
import type { DeviceRecord } from '../../../src/simulator/cloud/device-record.ts';
import { parseFault } from '../../../src/simulator/cloud/fault-request.ts';
import { ModelCatalog } from '../../../src/simulator/cloud/models.ts';
import { describeProperties } from '../../../src/simulator/cloud/plug-and-play.ts';
import { formatPropertyBag, parsePropertyBag } from '../../../src/simulator/cloud/property-bag.ts';
import {
  applyPatch,
  applyTags,
  merge,
  newTwin,
  replacement,
  sectionForService,
} from '../../../src/simulator/cloud/twin.ts';
import { anyText } from '../../helpers/any-text.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const key = fc.oneof(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'toString'), fc.string());
const leaf = fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.string({ maxLength: 5 }));
// Through text, as from the wire: so that a member called __proto__ is one.
const objectOf = (entries: [string, Json][]): JsonObject =>
  JSON.parse(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`);
const { object } = fc.letrec<{ json: Json; object: JsonObject }>((tie) => ({
  json: fc.oneof({ maxDepth: 3 }, leaf, tie('object'), fc.array(leaf, { maxLength: 3 })),
  object: fc.array(fc.tuple(key, tie('json')), { maxLength: 4 }).map(objectOf),
}));

type Leaves = Map<string, string>;

/** An oracle of another kind: an object as the list of its leaves, by path; an empty object is a leaf. */
function leaves(value: Json, path: string[] = [], found: Leaves = new Map()): Leaves {
  const isBranch = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isBranch && path.length > 0) found.set(JSON.stringify(path), 'object');
  if (isBranch) for (const [name, member] of Object.entries(value)) leaves(member, [...path, name], found);
  else found.set(JSON.stringify(path), JSON.stringify(value));
  return found;
}

function mergeLeaves(target: Leaves, patch: Leaves): Leaves {
  const merged = new Map(target);
  for (const [path, value] of patch) {
    const stem = path.slice(0, -1);
    const below = [...merged.keys()].filter((other) => other.startsWith(`${stem},`));
    const staysBranch = value === 'object' && merged.get(path) === 'object';
    if (!staysBranch) for (const other of below) merged.delete(other);
    if (value === 'null') merged.delete(path);
    else merged.set(path, value);
  }
  return merged;
}

const withoutNulls = (value: JsonObject) => merge({}, value);

suite('merging', () => {
  test('agrees with an oracle that knows only paths and leaves', () => {
    fc.assert(
      fc.property(object, object, (first, patch) => {
        const target = withoutNulls(first);
        const expected = mergeLeaves(leaves(target), leaves(patch));
        assert.deepEqual(new Map([...leaves(merge(target, patch))].sort()), new Map([...expected].sort()));
      }),
    );
  });

  test('changes neither of its arguments, and is settled after the first time', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        const once = merge(target, patch);
        assert.deepEqual(merge(once, patch), once);
        assert.equal(JSON.stringify([target, patch]), before);
      }),
    );
  });

  test('a replacement ends at exactly what was asked for', () => {
    fc.assert(
      fc.property(object, object, (target, wanted) => {
        const before = withoutNulls(target);
        assert.deepEqual(merge(before, replacement(before, wanted)), withoutNulls(wanted));
      }),
    );
  });

  test('nothing reaches the prototype of all objects', () => {
    const patch = parseJson('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as JsonObject;
    const section = applyPatch(newTwin({}, NOW).reported, patch, NOW);
    assert.equal(JSON.stringify(section.properties), JSON.stringify(patch));
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    assert.equal(({} as Record<string, unknown>).constructor, Object);
  });

  test('the version grows with every patch, and the times of change follow the properties', () => {
    const first = applyPatch(newTwin({ a: 1, b: 2 }, NOW).desired, { a: 3 }, NOW + 1000);
    const second = applyPatch(first, { b: null }, NOW + 2000);
    assert.deepEqual(second, {
      properties: { a: 3 },
      version: 3,
      at: '2026-11-23T12:00:02.0000000Z',
      changes: { a: { at: '2026-11-23T12:00:01.0000000Z', version: 2 } },
    });
  });
});

suite('twins as Azure counts and shows them', () => {
  const nested = (depth: number): JsonObject => (depth === 0 ? { property: 'value' } : { level: nested(depth - 1) });
  const desired = (patch: Json) => applyPatch(newTwin({}, NOW).desired, patch, NOW);
  for (const [name, patch] of [
    ['ten levels below the section', nested(10)],
    ['the largest integer', { a: 2 ** 52 - 1, b: -(2 ** 52) }],
    ['doubles of any size', { a: 1e300, b: 1e21, c: 0.5, d: -1.5e-300 }],
    ['32 KB of characters, of which controls do not count', texts(8, 4095)],
    ['characters that take more than one byte', { a: 'é'.repeat(2048), b: 'é'.repeat(2048), c: 'é'.repeat(2048) }],
  ] as [string, Json][]) {
    test(`takes ${name}`, () => assert.doesNotThrow(() => desired(patch)));
  }
  for (const [name, patch] of [
    ['eleven levels', nested(11)],
    ['an integer of 53 bits', { a: 2 ** 52 }],
    ['one below the least', { a: -(2 ** 52) - 1 }],
    ['infinity', parseJson('{"a":1e999}') ?? null],
    ['more than 32 KB', texts(9, 3641)],
    ['numbers of 8 bytes each', { a: Array.from({ length: 4096 }, () => 1) }],
  ] as [string, Json][]) {
    test(`refuses ${name}`, () => assert.throws(() => desired(patch), { code: 400004 }));
  }

  test('tags hold 8 KB', () => {
    assert.doesNotThrow(() => applyTags({}, texts(2, 4095)));
    assert.throws(() => applyTags({}, texts(3, 2731)), { code: 400004 });
  });

  test('every level has the time and, when it is desired, the version of its last change', () => {
    const first = applyPatch(newTwin({}, NOW).desired, { a: { b: { c: 1 }, d: 1 } }, NOW + 1000);
    const section = applyPatch(first, { a: { b: { c: 2 } } }, NOW + 2000);
    const at = (second: number, version: number) => ({
      $lastUpdated: `2026-11-23T12:00:0${second}.0000000Z`,
      $lastUpdatedVersion: version,
    });
    assert.deepEqual(sectionForService(section, 'desired')['$metadata'], {
      ...at(2, 3),
      a: { ...at(2, 3), b: { ...at(2, 3), c: at(2, 3) }, d: at(1, 2) },
    });
    const reported = sectionForService(applyPatch(newTwin({}, NOW).reported, { a: 1 }, NOW), 'reported');
    assert.deepEqual(reported['$metadata'], {
      $lastUpdated: '2026-11-23T12:00:00.0000000Z',
      a: { $lastUpdated: '2026-11-23T12:00:00.0000000Z' },
    });
  });
});

/** So many texts under names of one character, each of so many characters. */
function texts(count: number, length: number): JsonObject {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [String(index), `${'x'.repeat(length)}\u0007`]),
  );
}

suite('properties as IoT Central shows them', () => {
  const recordOf = (desired: JsonObject, reported: JsonObject): DeviceRecord => ({
    id: 'x',
    hub: null,
    enabled: true,
    thumbprint: null,
    symmetricKey: null,
    secondaryThumbprint: null,
    byAuthority: false,
    statusReason: null,
    statusUpdatedAt: null,
    generationId: '1',
    iotEdge: false,
    modelId: 'dtmi:com:Microchip:WBZ451_Curiosity;1',
    movedTo: null,
    registration: null,
    session: null,
    displayName: null,
    simulated: false,
    organizations: [],
    revision: 1,
    twin: {
      ...newTwin({}, NOW),
      desired: applyPatch({ properties: {}, version: 6, at: '', changes: {} }, desired, NOW),
      reported: applyPatch({ properties: {}, version: 1, at: '', changes: {} }, reported, NOW),
    },
  });
  const time = '2026-11-23T12:00:00.0000000Z';
  const catalog = new ModelCatalog(new ModelRepository([PACKAGED_MODELS]), assert.fail);
  const model = catalog.find('dtmi:com:Microchip:WBZ451_Curiosity;1');
  assert.ok(model);

  for (const [name, reported, state] of [
    ['no answer', undefined, 'pending'],
    ['an answer to an earlier version', { ac: 200, av: 6, value: 5 }, 'pending'],
    ['an answer that is still at work', { ac: 202, av: 7, value: 5 }, 'pending'],
    ['a value without an answer', 5, 'pending'],
    ['an answer', { ac: 200, av: 7, value: 5 }, 'accepted'],
    ['an answer to a later version', { ac: 200, av: 9, value: 5 }, 'accepted'],
    ['a refusal', { ac: 400, av: 7, value: 5 }, 'rejected'],
  ] as [string, Json | undefined, string][]) {
    test(`${name}: ${state}`, () => {
      const record = recordOf({ telemetryInterval: 5 }, reported === undefined ? {} : { telemetryInterval: reported });
      const metadata = describeProperties(record, model)['$metadata'] as Record<string, JsonObject>;
      assert.equal(metadata['telemetryInterval']?.['state'], state);
    });
  }

  test('values in force, what was wanted and answered, and names that the model does not have', () => {
    const record = recordOf(
      { led_user: 1, constructor: 1 },
      { led_user: { ac: 400, av: 7, ad: 'no', value: 3 }, ipAddress: '10.0.0.7', other: { ac: 1 } },
    );
    assert.deepEqual(describeProperties(record, model), {
      led_user: 3,
      ipAddress: '10.0.0.7',
      other: { ac: 1 },
      $metadata: {
        led_user: {
          desiredValue: 1,
          desiredVersion: 7,
          ackVersion: 7,
          ackCode: 400,
          ackDescription: 'no',
          lastUpdateTime: time,
          state: 'rejected',
        },
        ipAddress: { lastUpdateTime: time },
        other: { lastUpdateTime: time, unmodelled: true },
        constructor: {
          desiredValue: 1,
          desiredVersion: 7,
          lastUpdateTime: time,
          state: 'pending',
          unmodelled: true,
        },
      },
    });
  });

  test('a component has its own properties', () => {
    const component = { __t: 'c', target: { ac: 200, av: 7, value: 20 } };
    const record = recordOf({ thermo: { __t: 'c', target: 21 } }, { thermo: component });
    assert.deepEqual(describeProperties(record, undefined), {
      thermo: {
        target: 20,
        $metadata: {
          target: {
            desiredValue: 21,
            desiredVersion: 7,
            ackVersion: 7,
            ackCode: 200,
            lastUpdateTime: time,
            state: 'accepted',
          },
        },
      },
      $metadata: {},
    });
  });
});

test('a property bag comes back as it was', () => {
  const bag = fc.dictionary(anyText({ minLength: 1 }), fc.option(anyText()), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(bag, (properties) => {
      const map = new Map(Object.entries(properties));
      assert.deepEqual(parsePropertyBag(formatPropertyBag(map)), map);
    }),
  );
});

suite('faults that are asked for over HTTP', () => {
  const right: Json[] = [
    { type: 'dps', answer: 'status', status: 429, retryAfter: 5, count: 3, on: 'poll', deviceId: 'a' },
    { type: 'twin', answer: 'delay', delay: 100 },
    { type: 'connect', answer: 'code', code: 5, service: 'hub' },
    { type: 'lose', packet: 'puback' },
    { type: 'throttle', seconds: 10 },
    { type: 'throttle', seconds: 10, service: 'hub', deviceId: 'a' },
    { type: 'move', deviceId: 'a', hub: 'b' },
  ];
  for (const fault of right) {
    test(JSON.stringify(fault), () => assert.deepEqual(parseFault(fault), fault));
  }
  for (const [fault, complaint] of [
    [null, /type/],
    [{ type: 'constructor' }, /type/],
    [{ type: 'dps' }, /'answer' is missing/],
    [{ type: 'dps', answer: 'oversize' }, /'answer'/],
    [{ type: 'dps', answer: 'none', count: 0 }, /'count'/],
    [{ type: 'twin', answer: 'none', toString: 1 }, /'toString' is not known/],
    [{ type: 'connect', answer: 'code', code: 6 }, /'code'/],
    [{ type: 'move', deviceId: 'a' }, /'hub' is missing/],
  ] as [Json, RegExp][]) {
    test(`not ${JSON.stringify(fault)}`, () => assert.throws(() => parseFault(fault), complaint));
  }
});
