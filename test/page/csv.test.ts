import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csv } from '../../console/csv.js';

const TIME = '1970-01-01T00:00:00.000Z';

test('a table of numbers holds no formula, whatever a device calls them, and nothing but numbers', () => {
  for (const [name, field] of [
    ['temperature', 'temperature'],
    ['a.b', 'a.b'],
    ['a,"b"', '"a,""b"""'],
    ['a\nb', '"a\nb"'],
    ['=1+1', `"'=1+1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['-2', `"'-2"`],
    ['\t=1', `"'\t=1"`],
    [' \u0000\u202e+1', `"' \u0000\u202e+1"`],
  ] as const) {
    assert.equal(csv([[0, name, 5]]), `time,name,value\n${TIME},${field},5\n`);
  }
  assert.equal(
    csv([
      [0, 'text', "=cmd|' /C calc'!A0"],
      [0, 'is', true],
    ]),
    'time,name,value\n',
  );
  assert.match(
    csv([
      [2, 'n', 2],
      [1, 'n', 1],
    ]),
    /,n,1\n.*,n,2\n$/s,
  );
});
