import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clipped, localized, number, span, unit, visible } from '../../console/format.js';
import { Ring } from '../../console/ring.js';
import { parseRoute } from '../../console/route.js';
import { SeriesStore } from '../../console/series.js';

suite('what is shown', () => {
  test('numbers have the digits that a reader can use', () => {
    const table: [number, string][] = [
      [15.25, '15.25'],
      [1 / 3, '0.333333'],
      [-273.15, '-273.15'],
      [1234567.891, '1234570'],
      [0, '0'],
      [5e-7, '5.000e-7'],
      [2 ** 60, '1.153e+18'],
      [Number.NaN, 'NaN'],
    ];
    for (const [value, text] of table) assert.equal(number(value), text);
  });

  test('nothing in a text is invisible, or turns what stands beside it', () => {
    assert.equal(visible('a\u202eb\u0000c\u200b'), 'a\\u202eb\\u0000c\\u200b');
    assert.equal(visible('two\n   lines'), 'two lines');
    assert.equal(clipped('x'.repeat(10), 4), 'xxxx…');
  });

  test('times, units and texts of a model', () => {
    assert.deepEqual(
      [span(5), span(4200), span(83_000), span(7_260_000)],
      ['5 ms', '4.2 s', '1 min 23 s', '2 h 1 min'],
    );
    assert.deepEqual(
      [unit('degreeCelsius'), unit('furlong'), unit(undefined), unit('__proto__')],
      ['°C', 'furlong', '', '__proto__'],
    );
    assert.equal(localized({ de: 'Druck', en: 'Pressure' }, ['de-AT']), 'Druck');
    assert.equal(localized({ fr: 'Pression' }, ['de']), 'Pression');
    assert.equal(localized({}, ['de']), '');
  });

  test('addresses of views, whatever a device is called', () => {
    const { section, id, view, query } = parseRoute(
      `#/devices/${encodeURIComponent('a/b?c#d')}/chart?path=x&window=60`,
    );
    assert.deepEqual([section, id, view, query.get('window')], ['devices', 'a/b?c#d', 'chart', '60']);
    assert.deepEqual(parseRoute('').section, 'devices');
    assert.equal(parseRoute('#/devices/%zz/raw').id, '%zz');
  });
});

suite('what is kept', () => {
  test('the last items, by number and by size', () => {
    const ring = new Ring(3, 100);
    for (const [id, size] of [
      [1, 10],
      [2, 10],
      [3, 10],
      [4, 10],
      [5, 85],
    ])
      ring.push({ id, size });
    assert.deepEqual(
      [...ring].map(({ id }) => id),
      [4, 5],
    );
    assert.deepEqual(
      ring.newest(1).map(({ id }) => id),
      [5],
    );
    for (let id = 0; id < 5000; id++) ring.push({ id, size: 1 });
    assert.deepEqual(
      [...ring].map(({ id }) => id),
      [4997, 4998, 4999],
    );
  });

  test('the past is put before what has come, once', () => {
    const series = new SeriesStore();
    series.push('d', 'x', 100, 1);
    series.push('d', 'x', 90, 9);
    series.prepend('d', 'x', [50, 60, 100, 110], [5, 6, 7, 8]);
    assert.deepEqual(series.get('d', 'x')?.times, [50, 60, 100]);
    assert.deepEqual(series.get('d', 'x')?.values, [5, 6, 1]);
  });

  test('of a series no more than an hour at a value a second', () => {
    const series = new SeriesStore();
    for (let at = 0; at < 20_000; at++) series.push('d', 'x', at, at);
    const { times = [] } = series.get('d', 'x') ?? {};
    assert.ok(times.length >= 3600 && times.length <= 7200);
    assert.equal(times.at(-1), 19_999);
  });
});
