import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { difference } from '../../console/difference.js';
import { own } from '../../console/json.js';

test('the difference of two messages names each place once, with both values', () => {
  const before = { t: 1, acc: { x: 1, y: 2 }, list: [1, 2], gone: true, kind: {} };
  const after = { t: 2, acc: { x: 1, y: 3, z: null }, list: [1], kind: [], __proto: 0 };
  assert.deepEqual(difference(before, after), [
    { path: 't', before: 1, after: 2 },
    { path: 'acc.y', before: 2, after: 3 },
    { path: 'acc.z', before: undefined, after: null },
    { path: 'list.1', before: 2, after: undefined },
    { path: 'gone', before: true, after: undefined },
    { path: 'kind', before: {}, after: [] },
    { path: '__proto', before: undefined, after: 0 },
  ]);
});

test('it is empty for a value and itself, bounded, and says what stands there', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
      assert.deepEqual(difference(before, structuredClone(before)), []);
      const found = difference(before, after, 3);
      assert.ok(found.length <= 3);
      for (const { path, before: old } of found)
        if (path !== '' && !path.includes('.') && own(before, path) !== undefined)
          assert.deepEqual(old, own(before, path));
    }),
  );
});
