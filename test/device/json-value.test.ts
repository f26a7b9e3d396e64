import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toJson } from '../../src/device/json-value.ts';
import { mergePatch, replacement, sameJson } from '../../src/device/merge-patch.ts';
import type { Json } from '../../src/events.ts';

/** JSON as the twin can hold it: no member is null. */
const { value: json } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(fc.boolean(), fc.integer(), fc.constantFrom('', 'a', '__proto__')),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__'), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
}));

test('what JSON holds comes out as it went in, as a copy', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const copy = toJson(value);
      assert.equal(JSON.stringify(copy), JSON.stringify(value));
      if (typeof value === 'object' && value !== null) assert.notEqual(copy, value);
    }),
    { numRuns: 100 },
  );
  assert.deepEqual(toJson({ at: new Date(0), none: undefined, map: { x: [null] } }), {
    at: '1970-01-01T00:00:00.000Z',
    map: { x: [null] },
  });
  assert.deepEqual(toJson(Object.assign(Object.create(null), { a: 1 })), { a: 1 });
  assert.deepEqual(toJson([-0]), [0]);
});

test('what JSON cannot hold is named, with its place', () => {
  const circle: unknown[] = [];
  circle.push({ circle, again: circle });
  let deep: unknown = 1;
  for (let depth = 0; depth < 40; depth++) deep = [deep];
  const table: [unknown, string][] = [
    [undefined, 'JSON cannot hold undefined'],
    [Number.NaN, 'JSON cannot hold NaN'],
    [{ a: [1, { b: Number.NEGATIVE_INFINITY }] }, 'JSON cannot hold -Infinity (at a[1].b)'],
    [[undefined], 'JSON cannot hold undefined (at [0])'],
    [{ n: 5n }, 'JSON cannot hold bigint (at n)'],
    [() => 1, 'JSON cannot hold function'],
    [Symbol('x'), 'JSON cannot hold symbol'],
    [new Map([[1, 2]]), 'JSON cannot hold Map'],
    [{ bytes: new Uint8Array(2) }, 'JSON cannot hold Uint8Array (at bytes)'],
    [(function* () {})(), 'JSON cannot hold Generator'],
    [circle, 'it is nested too deeply, or holds itself'],
    [deep, 'it is nested too deeply, or holds itself'],
    [Array.from({ length: 100_001 }, () => 0), 'it holds too many values'],
  ];
  for (const [value, sentence] of table) assert.throws(() => toJson(value), { name: 'TypeError', message: sentence });
});

test('a replacement makes one value into the other, as the cloud merges it', () => {
  fc.assert(
    fc.property(json, json, (before, after) => {
      assert.ok(sameJson(mergePatch(before, replacement(before, after)), after));
    }),
    { numRuns: 500 },
  );
  assert.deepEqual(replacement({ a: 1, b: { c: 1 } }, { b: { d: 2 } }), { b: { d: 2, c: null }, a: null });
});

test('values are the same JSON or not', () => {
  const same: [Json, Json][] = [
    [0, -0],
    [
      { a: 1, b: [2] },
      { b: [2], a: 1 },
    ],
    [null, null],
  ];
  const different: [Json | undefined, Json | undefined][] = [
    [null, undefined],
    [[], {}],
    [{ a: 1 }, { b: 1 }],
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: 1 }, { a: 1, b: 2 }],
    [1, '1'],
    [{}, { constructor: 1 }],
    [null, {}],
  ];
  for (const [first, second] of same) assert.ok(sameJson(first, second));
  for (const [first, second] of different) assert.ok(!sameJson(first, second) && !sameJson(second, first));
});
