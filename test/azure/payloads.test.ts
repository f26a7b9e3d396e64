import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asciiJson, isJsonObject, parseJson } from '../../src/azure/json.ts';
import { packMembers } from '../../src/azure/packing.ts';
import { type Ack, parseAck, toReported } from '../../src/azure/plug-and-play.ts';
import { parseServiceError } from '../../src/azure/service-error.ts';
import { parseDesiredPatch, parseTwin } from '../../src/azure/twin.ts';
import type { Json, JsonObject } from '../../src/events.ts';
import { anyCharacter } from '../helpers/any-text.ts';

const jsonValue = fc.jsonValue({ maxDepth: 4, stringUnit: anyCharacter }).map((value) => value as Json);

test('payloads are read as JSON, and an empty one is no error', () => {
  const table: [string, ReturnType<typeof parseJson>][] = [
    ['', { ok: true, value: undefined }],
    [' ', { ok: true, value: undefined }],
    ['null', { ok: true, value: null }],
    ['5.0', { ok: true, value: 5 }],
    ['{"delay":"PT5S"}', { ok: true, value: { delay: 'PT5S' } }],
    ['{"a":1', { ok: false, reason: 'it is not JSON' }],
    ["{'a':1}", { ok: false, reason: 'it is not JSON' }],
    ['\u0000', { ok: false, reason: 'it is not JSON' }],
    [`${'['.repeat(32)}1${']'.repeat(32)}`, { ok: true, value: JSON.parse(`${'['.repeat(32)}1${']'.repeat(32)}`) }],
    [`${'['.repeat(33)}1${']'.repeat(33)}`, { ok: false, reason: 'it is nested too deeply' }],
  ];
  table.push(
    [
      '{"a":1e400,"b":[-1E+999, 1e308],"c":"1e400 \\" 1e400"}',
      { ok: true, value: { a: '1e400', b: ['-1E+999', 1e308], c: '1e400 " 1e400' } },
    ],
    [`{"1e400":${'9'.repeat(400)}}`, { ok: true, value: { '1e400': '9'.repeat(400) } }],
    ['1e-400', { ok: true, value: 0 }],
  );
  for (const [text, parsed] of table) assert.deepEqual(parseJson(Buffer.from(text)), parsed, text);
  assert.deepEqual(parseJson(Uint8Array.of(0x22, 0xff, 0x22)), { ok: false, reason: 'it is not UTF-8' });
  assert.equal(parseJson(Buffer.from('['.repeat(500_000))).ok, false);
  assert.deepEqual(parseDesiredPatch(Buffer.from('{"x":1e400,"$version":2}'), null), {
    patch: { x: '1e400' },
    version: 2,
  });
  assert.equal(parseJson(Buffer.from('['.repeat(500_000) + ']'.repeat(500_000))).ok, false);
});

test('a member named __proto__ does not survive', () => {
  const parsed = parseJson(Buffer.from('{"a":{"__proto__":{"x":1},"b":2},"__proto__":5}'));
  assert.ok(parsed.ok && isJsonObject(parsed.value));
  assert.deepEqual(Object.keys(parsed.value), ['a']);
  assert.deepEqual(parsed.value['a'], { b: 2 });
});

test('no bytes make the readers throw', () => {
  const bytes = fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from));
  fc.assert(
    fc.property(bytes, (payload) => {
      parseJson(payload);
      parseTwin(payload);
      parseDesiredPatch(payload, null);
      parseServiceError(payload);
    }),
  );
});

test('JSON is written in ASCII that reads back as the same value', () => {
  assert.equal(
    asciiJson({ a: 'Grüße \u007f 🎈', b: [1, null] }),
    '{"a":"Gr\\u00fc\\u00dfe \\u007f \\ud83c\\udf88","b":[1,null]}',
  );
  fc.assert(
    fc.property(jsonValue, (value) => {
      const text = asciiJson(value);
      assert.match(text, /^[ -~]*$/);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('an acknowledgement is written in the order of the walkthrough, and read back', () => {
  const ack: Ack = { value: 5, ac: 200, av: 105, ad: 'telemetryInterval set to: 5' };
  const reported = toReported('telemetryInterval', ack);
  assert.equal(
    JSON.stringify(reported),
    '{"telemetryInterval":{"ac":200,"av":105,"ad":"telemetryInterval set to: 5","value":5}}',
  );
  assert.deepEqual(parseAck(reported['telemetryInterval']), ack);
  assert.deepEqual(toReported('x', { value: 1, ac: 203, av: 0 }), { x: { ac: 203, av: 0, value: 1 } });
  assert.deepEqual(parseAck({ value: null, ac: 200, av: 0, ad: 7 }), { value: null, ac: 200, av: 0 });
  const useless: (Json | undefined)[] = [
    undefined,
    null,
    5,
    [],
    {},
    { value: 5 },
    { value: 5, ac: 200 },
    { ac: 200, av: 1 },
    { value: 5, ac: '200', av: 1 },
    { value: 5, ac: 200, av: -1 },
    { value: 5, ac: 200, av: 1.5 },
  ];
  for (const value of useless) assert.equal(parseAck(value), null, JSON.stringify(value));
});

test('a twin is read without the members of the hub itself', () => {
  const twin = {
    desired: { a: 1, $metadata: {}, $version: 101 },
    reported: { a: { ac: 200, av: 9, value: 1 }, $version: 145 },
  };
  assert.deepEqual(parseTwin(Buffer.from(JSON.stringify(twin))), {
    desired: { a: 1 },
    desiredVersion: 101,
    reported: { a: { ac: 200, av: 9, value: 1 } },
  });
  assert.deepEqual(parseTwin(Buffer.from('{"desired":{"$version":1}}')), {
    desired: {},
    desiredVersion: 1,
    reported: {},
  });
  for (const text of [
    ...['', 'x', '[]', '5', '{}', '{"desired":5,"reported":{}}', '{"desired":{},"reported":{}}'],
    ...['{"desired":{"$version":1},"reported":[]}', '{"desired":{"$version":"1"}}', '{"desired":{"$version":1.5}}'],
  ]) {
    assert.ok('malformed' in parseTwin(Buffer.from(text)), text);
  }
});

test('a desired patch takes its version from the body, else from the topic', () => {
  const read = (text: string, version: number | null) => parseDesiredPatch(Buffer.from(text), version);
  assert.deepEqual(read('{"a":null,"$version":105}', 104), { patch: { a: null }, version: 105 });
  assert.deepEqual(read('{"a":1}', 104), { patch: { a: 1 }, version: 104 });
  assert.deepEqual(read('{"a":1,"$version":"105"}', 104), { patch: { a: 1 }, version: 104 });
  assert.deepEqual(read('{"a":1}', null), { malformed: 'it has no $version' });
  for (const text of ['', '[1]', 'null', '{"a":']) assert.ok('malformed' in read(text, 104), text);
});

test('the body of a refusal is read as far as it goes', () => {
  const read = (text: string) => parseServiceError(Buffer.from(text));
  assert.deepEqual(read('{"errorCode":400004,"message":"Argument invalid."}'), {
    errorCode: 400004,
    message: 'Argument invalid.',
  });
  for (const text of ['', 'busy', '[]', '{"errorCode":"x","message":5}', '{"message":" \\n "}']) {
    assert.deepEqual(read(text), { errorCode: null, message: null }, text);
  }
});

test('a component that does not fit is reported in parts, each with its mark', () => {
  const info = { __t: 'c', a: 'x'.repeat(20), b: 'y'.repeat(20), c: 'z'.repeat(90), d: 1 };
  const { patches, tooLarge } = packMembers({ first: 1, info, last: 2 }, (json) => json.length <= 60);
  assert.deepEqual(patches, [
    { first: 1 },
    { info: { __t: 'c', a: info.a } },
    { info: { __t: 'c', b: info.b, d: 1 } },
    { last: 2 },
  ]);
  assert.deepEqual(tooLarge, ['info.c']);
  // An object that is a value is whole or not there.
  const value = { a: 'x'.repeat(40), b: 'y'.repeat(40) };
  assert.deepEqual(
    packMembers({ value }, (json) => json.length <= 60),
    { patches: [], tooLarge: ['value'] },
  );
});

test('members are packed in order, everything once, as tightly as order allows', () => {
  const members = fc.dictionary(fc.string({ maxLength: 12 }), jsonValue, { maxKeys: 12 }) as fc.Arbitrary<JsonObject>;
  fc.assert(
    fc.property(members, fc.integer({ min: 5, max: 120 }), (all, limit) => {
      const fits = (json: string) => json.length <= limit;
      const { patches, tooLarge } = packMembers(all, fits);
      const lost = new Set(tooLarge);
      const packed = patches.flatMap((patch) => Object.entries(patch));
      assert.deepEqual(
        packed,
        Object.entries(all).filter(([name]) => !lost.has(name)),
      );
      for (const patch of patches) {
        assert.ok(Object.keys(patch).length > 0);
        assert.ok(fits(asciiJson(patch)));
      }
      for (const [index, patch] of patches.entries()) {
        const [next] = Object.entries(patches[index + 1] ?? {});
        if (next) assert.ok(!fits(asciiJson({ ...patch, [next[0]]: next[1] })), 'a patch was begun too early');
      }
      for (const [name, value] of Object.entries(all)) {
        assert.equal(lost.has(name), !fits(asciiJson({ [name]: value })), name);
      }
    }),
  );
});
