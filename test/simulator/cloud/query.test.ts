import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/json.ts';
import { AzureError } from '../../../src/simulator/cloud/azure-error.ts';
import { meets, select } from '../../../src/simulator/cloud/query/evaluate.ts';
import { parseQuery } from '../../../src/simulator/cloud/query/parse.ts';

const TWIN: JsonObject = {
  deviceId: 'board-1',
  status: 'enabled',
  tags: { site: "Cork's", floor: 3, 'odd name': true, none: null, nested: { a: [1, 2] } },
  properties: { desired: { $version: 4 }, reported: { temperature: 21.5, on: false } },
};

suite('a condition', () => {
  const conditions: [condition: string, holds: boolean][] = [
    ["deviceId = 'board-1'", true],
    ["DEVICEID = 'board-1'", false],
    ['deviceId = "board-1"', true],
    ["deviceId != 'board-1'", false],
    ["deviceId <> 'board-2'", true],
    ["'board-1' = deviceId", true],
    ["deviceId = 'BOARD-1'", false],
    ["tags.site = 'Cork''s'", true],
    ["tags.site = 'Cork\\'s'", true],
    ['tags.floor > 2 AND tags.floor < 4', true],
    ['tags.floor>=3 and tags.floor<=3', true],
    ['tags.floor = 3.0', true],
    ['tags.floor > -1e3', true],
    ["tags.floor = '3'", false],
    ["tags.floor > '2'", false],
    ["tags['odd name'] = true", true],
    ['tags.none = null', true],
    ['tags.missing = null', false],
    ['tags.missing != 1', false],
    ['NOT tags.missing = 1', true],
    ['is_defined(tags.none)', true],
    ['is_defined(tags.missing)', false],
    ['IS_NULL(tags.none) AND IS_BOOL(properties.reported.on) AND is_number(tags.floor)', true],
    ["startswith(deviceId, 'board') AND endswith(deviceId, '-1') AND contains(deviceId, 'ard')", true],
    ["deviceId IN ['a', 'board-1']", true],
    ["deviceId NOT IN ['a', 'board-1']", false],
    ['tags.floor NIN [1, 2]', true],
    ['tags.floor IN []', false],
    ["properties.desired.$version = 4 AND devices.deviceId = 'board-1'", false],
    ["deviceId = 'x' OR tags.floor = 3 AND status = 'enabled'", true],
    ["(deviceId = 'x' OR tags.floor = 3) AND status = 'disabled'", false],
    ['properties.reported.temperature > tags.floor', true],
    ['tags.__proto__ = null', false],
    ['is_defined(tags.constructor)', false],
    ['properties.reported.on', false],
  ];
  for (const [condition, holds] of conditions.slice(0, -1)) {
    test(`${condition} is ${holds}`, () => {
      const { where } = parseQuery(`SELECT * FROM devices WHERE ${condition}`);
      assert.ok(where);
      assert.equal(meets(TWIN, where), holds);
    });
  }

  test('may use an alias of the devices', () => {
    const { where, selection } = parseQuery(
      'select c.deviceId, c.tags.floor as level from devices c where c.tags.floor = 3',
    );
    assert.ok(where && meets(TWIN, where));
    assert.deepEqual(select(TWIN, selection), { deviceId: 'board-1', level: 3 });
  });
});

suite('what is not understood says so, and where', () => {
  const queries: [query: string, says: RegExp][] = [
    ['', /at its end: SELECT is expected/],
    ['SELECT', /at its end: a name is expected/],
    ['SELECT * FROM devices.modules', /there are no modules/],
    ['SELECT * FROM devices.jobs', /there are no modules and no jobs/],
    ['SELECT * FROM jobs', /at "jobs": only 'devices'/],
    ['SELECT * FROM devices WHERE', /at its end: a value is expected/],
    ['SELECT * FROM devices WHERE properties.reported.on', /at its end: a comparison is expected/],
    ["SELECT * FROM devices WHERE a = 'x", /this is no word of a query/],
    ['SELECT * FROM devices WHERE a = 1 GROUP BY a', /at "GROUP BY a": nothing more is expected/],
    ['SELECT * FROM devices ORDER BY a', /nothing more is expected/],
    ['SELECT * FROM devices; DROP TABLE devices', /at "; DROP/],
    ['SELECT * FROM devices WHERE st_distance(a, b) < 3', /there is no such function/],
    ['SELECT * FROM devices WHERE toString(a)', /there is no such function/],
    ['SELECT * FROM devices WHERE startswith(a)', /startswith takes 2/],
    ['SELECT * FROM devices WHERE a IN [b]', /a constant is expected/],
    [`SELECT * FROM devices WHERE ${'('.repeat(60)}a = 1${')'.repeat(60)}`, /it nests too deep/],
    [`SELECT * FROM devices WHERE ${'NOT '.repeat(1000)}a = 1`, /it nests too deep/],
    [`SELECT * FROM devices WHERE a = '${'x'.repeat(9000)}'`, /longer than 8192 characters/],
  ];
  for (const [query, says] of queries) {
    test(query.slice(0, 60), () => {
      assert.throws(
        () => parseQuery(query),
        (error: unknown) => error instanceof AzureError && error.code === 400004 && says.test(error.message),
      );
    });
  }

  test('whatever it is, reading and asking end, with an answer or a refusal', () => {
    const word = fc.oneof(
      fc.constantFrom(
        'SELECT',
        '*',
        'FROM',
        'devices',
        'WHERE',
        'a',
        '=',
        '1',
        "'x'",
        '(',
        ')',
        'AND',
        'NOT',
        'IN',
        '[',
        ']',
        '.',
      ),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), fc.boolean(), (words, whole) => {
        const query = `${whole ? 'SELECT * FROM devices WHERE ' : ''}${words.join(' ')}`;
        try {
          const { where } = parseQuery(query);
          if (where) meets(TWIN, where);
        } catch (error) {
          assert.ok(error instanceof AzureError, `${query}: ${String(error)}`);
        }
      }),
    );
  });
});
