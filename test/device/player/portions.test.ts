import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fittingPart, inPortions, portionsOf } from '../../../src/device/player/portions.ts';
import type { Json, JsonObject } from '../../../src/events.ts';

test('a value that fits is one portion', () => {
  for (const value of [5, 'x'.repeat(1000), [1, 2], {}, { a: 1 }]) assert.deepEqual(portionsOf(value), [value]);
});

test('an object is divided by members, and a member that is one by its own', () => {
  const long = 'x'.repeat(30);
  const value = { a: long, b: 1, c: { d: long, e: { f: long, g: 2 }, h: 3 }, i: 4 };
  assert.deepEqual(portionsOf(value, 70), [
    { a: long, b: 1 },
    { c: { d: long } },
    { c: { e: { f: long } } },
    { c: { e: { g: 2 }, h: 3 }, i: 4 },
  ]);
  assert.deepEqual(fittingPart({ a: 1, b: 'x'.repeat(300), c: 2 }), { a: 1 });
});

test('a series of large values comes in portions, each value whole before the next', () => {
  let n = 0;
  const next = inPortions(() => ({ n: ++n, text: 'x'.repeat(260), more: true }));
  const texts = [1, 2].flatMap((each) => [{ n: each }, { text: 'x'.repeat(260) }, { more: true }]);
  assert.deepEqual(Array.from({ length: 6 }, next), texts);
});

const key = fc.stringMatching(/^[a-z]{1,8}$/);
const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.string({ maxLength: 20 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 6, noNullPrototype: true }),
  ),
}));

test('portions together are the value, and what is no single leaf fits', () => {
  fc.assert(
    fc.property(fc.dictionary(key, tree, { noNullPrototype: true }), (value) => {
      const portions = portionsOf(value, 150);
      assert.deepEqual(portions.reduce(merged, {}), value);
      for (const portion of portions) {
        assert.ok(
          JSON.stringify(JSON.stringify(portion)).length <= 150 || leaves(portion) <= 1,
          JSON.stringify(portion),
        );
      }
    }),
  );
});

function merged(first: Json, second: Json): Json {
  if (!isObject(first) || !isObject(second)) return second;
  const members = Object.entries(second).map(([name, value]): [string, Json] => {
    const before = first[name];
    return [name, before === undefined ? value : merged(before, value)];
  });
  return { ...first, ...Object.fromEntries(members) };
}

function leaves(value: Json): number {
  return isObject(value) ? Object.values(value).reduce((sum: number, member) => sum + leaves(member), 0) : 1;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
