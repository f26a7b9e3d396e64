import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDuration } from '../../src/azure/duration.ts';

test('durations of ISO 8601 are read', () => {
  const table: [string, number][] = [
    ['PT5S', 5],
    ['PT1M30S', 90],
    ['P1D', 86_400],
    ['PT0.5S', 0.5],
    ['PT0,5S', 0.5],
    ['PT0S', 0],
    ['P0D', 0],
    ['PT1H', 3_600],
    ['P1DT2H3M4.25S', 93_784.25],
    ['P1DT5S', 86_405],
    ['PT0.07H', 252],
    ['PT1.5M', 90],
    ['P0.5D', 43_200],
    ['P1W', 604_800],
    ['P7D', 604_800],
    ['PT168H', 604_800],
    ['PT604800S', 604_800],
    ['PT90S', 90],
    ['PT005S', 5],
    ['PT0.000000001S', 1e-9],
    ['P0Y0M0DT0H0M5S', 5],
    ['P0Y0M1DT0H0M0S', 86_400],
    ['P0Y', 0],
    ['P0M', 0],
    ['P00Y00M00DT00H01M30S', 90],
    ['P0MT5M', 300],
    ['P0,0Y', 0],
  ];
  for (const [text, seconds] of table) assert.deepEqual(parseDuration(text), { seconds }, text);
});

test('everything else is refused with a reason', () => {
  const form = 'it is not an ISO 8601 duration such as PT5S';
  const long = 'it is longer than 7 days';
  const calendar = 'years and months are not supported';
  const fraction = 'only its last part may have a fraction';
  const table: [string, string][] = [
    ...[
      '',
      'P',
      'PT',
      'P1DT',
      'P5',
      'PT5',
      '5',
      '5S',
      'T5S',
      'PTS',
      'pt5s',
      'PT5s',
      ' PT5S',
      'PT5S ',
      'PT5S\n',
      'XPT5S',
    ],
    ...['-PT5S', '+PT5S', 'PT-5S', 'PT+5S', 'P1H', 'PT1D', 'PT1W', 'P1WT1S', 'P1W1D', 'PT1S1M', 'PT1S2S', 'PT1M1H'],
    ...['PT.5S', 'PT5.S', 'PT1.2.3S', 'PT1e3S', 'PT0x5S', 'PT٥S', 'PT0.0000000001S', 'PTINFINITYS', 'five seconds'],
  ].map((text): [string, string] => [text, form]);
  table.push(
    ['P1Y', calendar],
    ['P1M', calendar],
    ['P1Y2M3DT4H', calendar],
    ['P1M2D', calendar],
    ['P0Y1MT5S', calendar],
    ['P0.5Y', calendar],
  );
  table.push(['P0M0Y', form], ['P0Y0W', form], ['P0D0M', form], ['P0YT', form], ['P0.0YT5S', fraction]);
  table.push(['PT1.5M3S', fraction], ['P0.5DT1S', fraction]);
  table.push(['P8D', long], ['P7DT1S', long], ['P1.1W', long], ['PT604800.000000001S', long]);
  table.push([`PT${'9'.repeat(1000)}S`, long]);
  for (const [text, invalid] of table) assert.deepEqual(parseDuration(text), { invalid }, text);
});

/** ISO 8601 read in another way: letter by letter, in whole nanoseconds. Null for what must be refused. */
function oracle(text: string): bigint | null {
  const seconds: Record<string, bigint> = { Y: 0n, M: 0n, D: 86_400n, TH: 3_600n, TM: 60n, TS: 1n };
  const order = ['Y', 'M', 'D', 'TH', 'TM', 'TS'];
  const weeks = text.endsWith('W');
  const [date = '', time, more] = (weeks ? `${text.slice(0, -1)}D` : text).split('T');
  if (!date.startsWith('P') || more !== undefined || time === '' || (weeks && /[YMD]/.test(text))) return null;
  let total = 0n;
  let previous = -1;
  let digits = '';
  let fractions = 0;
  let parts = 0;
  for (const [place, part] of [date.slice(1), time ?? ''].entries()) {
    for (const letter of part) {
      if (/[\d.,]/.test(letter)) {
        digits += letter;
        continue;
      }
      const unit = (place === 1 ? 'T' : '') + letter;
      if ((unit === 'Y' || unit === 'M') && /[1-9]/.test(digits)) return null;
      const position = order.indexOf(unit);
      const [whole = '', fraction, rest] = digits.split(/[.,]/);
      if (position <= previous || whole === '' || fraction === '' || rest !== undefined || fractions > 0) return null;
      if (fraction !== undefined) fractions++;
      if ((fraction ?? '').length > 9) return null;
      total += (seconds[unit] ?? 0n) * (BigInt(whole) * 10n ** 9n + BigInt((fraction ?? '').padEnd(9, '0')));
      previous = position;
      digits = '';
      parts++;
    }
    if (digits !== '') return null;
  }
  if (weeks) total *= 7n;
  return parts === 0 || total > 604_800n * 10n ** 9n ? null : total;
}

test('durations are read as another reading of ISO 8601 does', () => {
  const amount = fc.oneof(
    fc.nat(200).map(String),
    fc.tuple(fc.nat(90), fc.constantFrom('.', ','), fc.stringMatching(/^\d{1,10}$/)).map((parts) => parts.join('')),
  );
  const part = (letters: string) =>
    fc.tuple(amount, fc.constantFrom(...letters)).map(([number, letter]) => number + letter);
  const some = (letter: string) => fc.option(part(letter), { nil: '' });
  const wellOrdered = fc
    .tuple(
      fc.constantFrom('', '0Y', '0M', '0Y0M', '1Y', '0Y2M').chain((head) => some('D').map((day) => head + day)),
      fc.option(fc.tuple(some('H'), some('M'), some('S')), { nil: null }),
    )
    .map(([day, time]) => `P${day}${time ? `T${time.join('')}` : ''}`);
  const anyOrder = fc
    .array(fc.oneof(part('YWDHMS'), fc.constant('T')), { maxLength: 4 })
    .map((all) => `P${all.join('')}`);
  const noise = fc.string({ unit: fc.constantFrom(...'PTYWDHMS00159.,-'), maxLength: 8 });
  fc.assert(
    fc.property(fc.oneof(wellOrdered, anyOrder, noise), (text) => {
      const expected = oracle(text);
      const parsed = parseDuration(text);
      if (expected === null) assert.ok('invalid' in parsed, text);
      else assert.deepEqual(parsed, { seconds: Number(expected) / 1e9 }, text);
    }),
    { numRuns: 1000 },
  );
});
