import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { codeOf, integerOf, quote, readValues, textOf } from '../../../src/modem/rnwf/values.ts';

/** As the module prints a value (RNWF 3), written for this test only. */
function printed(bytes: Uint8Array): string {
  if (bytes.length === 0) return '[]';
  const letters: Record<number, string> = {
    7: 'a',
    8: 'b',
    9: 't',
    10: 'n',
    11: 'v',
    12: 'f',
    13: 'r',
    27: 'e',
    0: '0',
  };
  const all = [...bytes];
  if (all.some((byte) => byte > 0x7e || (byte < 0x20 && letters[byte] === undefined))) {
    return `[${Buffer.from(bytes).toString('hex').toUpperCase()}]`;
  }
  const escaped = (byte: number) => {
    if (letters[byte] !== undefined) return `\\${letters[byte]}`;
    return (byte === 0x22 || byte === 0x5c ? '\\' : '') + String.fromCharCode(byte);
  };
  return `"${all.map(escaped).join('')}"`;
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .array(fc.constantFrom(...Buffer.from('",\\[]{}:+>\r\n\0\x1bOK10a')), { maxLength: 40 })
    .map((b) => Uint8Array.from(b)),
);

test('values are read in all their forms', () => {
  const table: [string, (string | null)[] | null][] = [
    ['1', ['1']],
    ['-1', ['-1']],
    ['0x29C70053,0b101,0o17', ['0x29C70053', '0b101', '0o17']],
    ['20.3,"STA Connection Failed"', ['20.3', 'STA Connection Failed']],
    ['7, 1', ['7', '1']],
    [' 7 , "a" , [ 61 62 ] ', ['7', 'a', 'ab']],
    ['0X1f,0B1', ['0X1f', '0B1']],
    ['""', ['']],
    ['[]', ['']],
    ['[68656C6C6F]', ['hello']],
    ['[68656c6c6f]', ['hello']],
    ['"A\\r\\nB\\"C\\\\D\\tE"', ['A\r\nB"C\\D\tE']],
    ['"\\0\\a\\b\\v\\f\\e"', ['\0\x07\b\v\f\x1b']],
    ['"\\x41\\x7e\\xc3\\xA9"', ['A~é']],
    ['"a,b",1,"c"', ['a,b', '1', 'c']],
    // Not escaped, and the last one: as it stands between its quotes.
    ['0,0,0,"t","{"a":1,"b":"c"}"', ['0', '0', '0', 't', '{"a":1,"b":"c"}']],
    ['"\\q"', null],
    ['"\\x4"', null],
    ['"open', null],
    ['[6]', null],
    ['[6G]', null],
    ['[68656C6C6F', null],
    ['1,', null],
    ['abc', null],
    ['1 2', null],
    ['"a"b', null],
  ];
  for (const [text, values] of table) {
    const read = readValues(text)?.map((value) => (value.kind === 'number' ? value.text : textOf(value))) ?? null;
    assert.deepEqual(read, values, text);
  }
});

test('numbers and codes are what they say, and nothing else is', () => {
  const first = (text: string) => readValues(text)?.[0];
  for (const [text, number] of [
    ['0x10', 16],
    ['-3', -3],
    ['0b11', 3],
    ['5.1', null],
    ['"5"', null],
    ['99999999999999999999', null],
  ] as const) {
    assert.equal(integerOf(first(text)), number, text);
  }
  assert.deepEqual(
    ['20.3', '20', '"20.3"', '-1.2'].map((text) => codeOf(first(text))),
    ['20.3', null, null, null],
  );
});

test('any bytes are read as the module prints them', () => {
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      const read = readValues(`0,${printed(one)},${printed(other)}`);
      assert.deepEqual(
        read?.slice(1).map((value) => (value.kind === 'string' ? [...value.bytes] : null)),
        [[...one], [...other]],
      );
    }),
    { numRuns: 500 },
  );
});

test('any bytes are sent as one printable line that decodes to them', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const text = quote(value);
      assert.match(text, /^[\x20-\x7e]+$/);
      assert.match(text, /^(?:[^\\]|\\[abtnvfre"\\])*$/);
      const [read] = readValues(text) ?? [];
      assert.deepEqual(read, { kind: 'string', bytes: Buffer.from(value) });
    }),
    { numRuns: 500 },
  );
  assert.equal(quote('{"status" : "Success"}'), '"{\\"status\\" : \\"Success\\"}"');
  assert.equal(quote('hé'), '[68C3A9]');
});

test('no text whatever makes the reader fail', () => {
  fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => void readValues(text)));
});
