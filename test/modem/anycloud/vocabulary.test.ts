import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../../../src/modem/anycloud/limits.ts';
import { quote, readEscapes, readString } from '../../../src/modem/anycloud/quoting.ts';
import { parseDiagnostic } from '../../../src/modem/anycloud/signals.ts';
import { parseTime, parseUrc, type Urc } from '../../../src/modem/anycloud/urc.ts';
import { checkLimit } from '../../../src/modem/limits.ts';

test('events are read', () => {
  const table: [string, Urc | null][] = [
    ['+WSTALU:"02:AA:BB:CC:DD:01",6', { type: 'link-up', bssid: '02:AA:BB:CC:DD:01', channel: 6 }],
    ['+WSTALD', { type: 'link-down' }],
    ['+WSTAAIP:"192.168.1.50"', { type: 'address', ip: '192.168.1.50' }],
    ['+WSTA:ERROR:24,"STA Connection Failed"', { type: 'join-failed', code: 24 }],
    ['+WSTA:ERROR', { type: 'join-failed', code: null }],
    ['+WSTA:1:24', { type: 'join-failed', code: 24 }],
    ['+WSTA:1,"ssid",0,3', null],
    ['+TIME:2,4004375916', { type: 'time', unixSeconds: 1_795_387_116 }],
    ['+MQTTCONNACK:0,0', { type: 'connack', accepted: true }],
    ['+MQTTCONNACK:1,1', { type: 'connack', accepted: false }],
    ['+MQTTCONN:1', { type: 'broker', connected: true }],
    ['+MQTTCONN:0', { type: 'broker', connected: false }],
    ['+MQTTSUB:0', { type: 'suback', ok: true }],
    ['+MQTTSUB:1', { type: 'suback', ok: false }],
    ['+MQTTUNSUB:1', { type: 'unsuback', ok: true }],
    ['+MQTTPUBACC', { type: 'published', ok: true }],
    ['+MQTTPUBERR', { type: 'published', ok: false }],
    ['+MQTTCONN:2', null],
    ['+MQTTPUB:3,"t/a",4,"qos', null],
    ['+NOPE:1', null],
    ['OK', null],
    ['', null],
  ];
  for (const [line, urc] of table) assert.deepEqual(parseUrc(line), urc, line);
});

test('the time is read in each of its formats (AT protocol 7.6)', () => {
  const table: [string, number | null][] = [
    ['1,1795387118', 1_795_387_118],
    ['2,4004375918', 1_795_387_118],
    ['3,"2026-11-22T22:38:38.00Z"', 1_795_387_118],
    ['3,"1970-01-01T00:00:08.00Z"', 8],
    ['3,1795387118', null],
    ['1,"2026-11-22T22:38:38.00Z"', null],
    ['3,"2026-13-22T22:38:38.00Z"', null],
    ['4,1', null],
    ['', null],
  ];
  for (const [value, seconds] of table) assert.equal(parseTime(value), seconds, value);
});

test('every recorded message is decoded to the bytes that the broker published', () => {
  const text = readFileSync(new URL('../../transcripts/at-engine.txt', import.meta.url), 'utf8');
  const section = text.slice(text.indexOf('### D.'), text.indexOf('(burst of 6'));
  const published = /broker publishes (\d+) bytes on (\S+?): (.*?)(?: {3}#.*)?\n *[\d.]+ RX {2}\\r(.*)\\r\\n>$/gm;
  let count = 0;
  for (const [, length, topic, payload, line] of section.matchAll(published)) {
    const urc = parseUrc(unrecorded(line ?? '').toString('latin1'));
    assert.ok(urc?.type === 'message', line);
    assert.equal(urc.payload.length, Number(length), line);
    assert.equal(urc.topic, topic?.startsWith('t/a"') ? 't/a",1,"b' : topic, line);
    const start = unrecorded((payload ?? '').replace(/\.\.\.$/, ''));
    assert.deepEqual(urc.payload.subarray(0, start.length), start, line);
    count++;
  }
  assert.ok(count >= 20, String(count));
});

/** The bytes of a recorded text: \r, \n, \xNN and \\ stand for one byte each. */
function unrecorded(escaped: string): Buffer {
  const plain = escaped.replace(/\\(?:x([0-9a-f]{2})|([rn\\]))/g, (_, hex: string | undefined, char: string) =>
    hex === undefined ? ({ r: '\r', n: '\n' }[char] ?? '\\') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(plain, 'latin1');
}

// The module's own output rules (AT protocol 5), written for this test only.
function printed(bytes: Uint8Array): string {
  const all = [...bytes];
  const control = (b: number) => b === 0 || (b >= 7 && b <= 13) || b === 0x1b;
  if (all.length === 0) return '[]';
  if (all.some((b) => !control(b) && (b < 0x20 || b > 0x7e)))
    return `[${Buffer.from(bytes).toString('hex').toUpperCase()}]`;
  const raw = Buffer.from(bytes).toString('latin1');
  if (!all.some(control)) return `"${raw}"`;
  const letters: Record<number, string> = {
    0: '0',
    7: 'a',
    8: 'b',
    9: 't',
    10: 'n',
    11: 'v',
    12: 'f',
    13: 'r',
    27: 'e',
  };
  const body = all.map((b) =>
    control(b) ? `\\${letters[b]}` : raw && (b === 0x22 || b === 0x5c ? '\\' : '') + String.fromCharCode(b),
  );
  return `"${body.join('')}"`;
}

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc
    .array(fc.constantFrom(...Buffer.from('",\\[]{}:+>\r\n\0\x1bOK10a')), { maxLength: 40 })
    .map((b) => Uint8Array.from(b)),
);

test('any topic and payload, in whatever forms the module prints them, are decoded to the same bytes', () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, (topic, payload) => {
      const line = `+MQTTPUB:${topic.length},${printed(topic)},${payload.length},${printed(payload)}`;
      const urc = parseUrc(line);
      assert.ok(urc?.type === 'message', line);
      assert.deepEqual(urc.payload, Buffer.from(payload), line);
      assert.equal(urc.topic, Buffer.from(topic).toString('utf8'), line);
    }),
    { numRuns: 2_000 },
  );
});

test('a message line that lost or gained a byte is never decoded to other bytes of the same length in silence', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), fc.nat(), (text, at) => {
      const payload = Buffer.from(text, 'utf8');
      const line = `+MQTTPUB:3,"t/x",${payload.length},${printed(payload)}`;
      const cut = at % line.length;
      const urc = parseUrc(line.slice(0, cut) + line.slice(cut + 1));
      if (urc?.type === 'message') assert.notEqual(`${urc.topic} ${urc.payload.length}`, `t/x ${payload.length}`);
    }),
  );
});

test('any bytes as a parameter: the line is printable ASCII, and reads back as the same bytes', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const text = quote(bytes);
      assert.match(text, /^[\x20-\x7e]+$/);
      const back = text.startsWith('[') ? Buffer.from(text.slice(1, -1), 'hex') : readEscapes(text.slice(1, -1));
      assert.deepEqual(back, Buffer.from(bytes));
    }),
    { numRuns: 1_000 },
  );
});

test('configuration values are read', () => {
  const table: [string, string | null][] = [
    ['[]', ''],
    ['"192.168.1.50"', '192.168.1.50'],
    ['[68C3A9]', 'hé'],
    ['"', null],
    ['[6]', null],
    ['8883', null],
  ];
  for (const [text, value] of table) assert.equal(readString(text)?.toString('utf8') ?? null, value, text);
});

test('the limits are those of the protocol document (AT protocol 2.4, 8.3, 8.6)', () => {
  const { command, receivedPacket, ...strings } = LIMITS;
  assert.deepEqual([command, receivedPacket], [510, 1500]);
  assert.deepEqual(strings, { brokerHost: 63, clientId: 23, userName: 127, topic: 127 });
});

test('limits are counted in bytes, and the error names what is too long', () => {
  checkLimit(LIMITS, 'clientId', 'c'.repeat(LIMITS.clientId));
  assert.throws(() => checkLimit(LIMITS, 'clientId', 'c'.repeat(LIMITS.clientId + 1)), /MQTT client id has 24 bytes/);
  assert.throws(() => checkLimit(LIMITS, 'brokerHost', 'é'.repeat(32)), /broker host name has 64 bytes/);
  assert.throws(() => checkLimit(LIMITS, 'topic', ''), /is empty/);
});

test('diagnostics are understood, also when they stand inside other text', () => {
  const table: [string, string | undefined][] = [
    ['Failed to allocate Handle', 'stuck'],
    ['SSL Connection Negotiation Failed - Aborting', 'tls-failed'],
    ['MQTTPublish() Failed (-1)', 'send-failed'],
    ['sendPacket() failed (-1)', 'send-failed'],
    ['Buffer Overflow', 'overflow'],
    ['+CFG:2,"PIC32Failed to allocate Handle', 'stuck'],
    ['Failed: Max Topics already subscribed', 'suback'],
    ['Topic (a/b) to Unsubscribe not in List', 'unsuback'],
    ['+MQTTPUB:3,"t/x",1', 'lost-message'],
    ['NET Intf Not Connected', undefined],
  ];
  for (const [line, type] of table) assert.equal(parseDiagnostic(line)?.type, type, line);
});

test('a packet whose body does not come is too large when it can never come, and else lost', () => {
  const line = (expected: number) => `Received packet with length = 1; Expected ${expected}`;
  assert.deepEqual(parseDiagnostic(line(1461)), { type: 'overflow', bytes: 1461 });
  assert.deepEqual(parseDiagnostic(line(1460)), { type: 'lost-message' });
  assert.deepEqual(parseDiagnostic('Buffer Overflow'), { type: 'overflow', bytes: null });
});
