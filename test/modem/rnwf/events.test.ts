import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEvent, type RnwfEvent } from '../../../src/modem/rnwf/events.ts';
import { parseStatus } from '../../../src/modem/rnwf/status.ts';

const OTHER: RnwfEvent = { type: 'other' };

test('the lines of printed sessions are read (RNWF 12)', () => {
  const table: [string, RnwfEvent][] = [
    ['+WSTALU:1,"12:EC:81:FF:DC:77",11', { type: 'link-up' }],
    ['+WSTAAIP:1,"192.168.227.179"', { type: 'address', ip: '192.168.227.179' }],
    ['+WSTAAIP:1,"FE80::DA47:8FFF:FE68:FAA3"', OTHER],
    ['+TIME:3909622842', { type: 'time', unixSeconds: 1_700_634_042 }],
    ['+TIME:3907243262', { type: 'time', unixSeconds: 1_698_254_462 }],
    ['+TIME:"2025-10-24T18:03:43.00Z"', { type: 'time', unixSeconds: 1_761_329_023 }],
    ['+MQTTPROPRX:33', OTHER],
    ['+MQTTPROPRX:19', OTHER],
    ['+MQTTCONNACK:0,0', { type: 'connack', accepted: true }],
    ['+MQTTCONN:1', { type: 'broker', connected: true }],
    [
      '+MQTTSUBRX:0,0,0,"$iothub/twin/res/200/?$rid=getTwin",0,106',
      { type: 'announced', topic: '$iothub/twin/res/200/?$rid=getTwin', id: 0, length: 106 },
    ],
    ['+DNSERR:5.4,"DNS Non-Existent Domain",1,"0000.example.com"', { type: 'name-failed' }],
    ['+ASSOC:1,1,"12:EC:81:FF:DC:77",-55', OTHER],
    ['+PING:"192.168.227.1",3', OTHER],
    ['+WSTALU:1,"00:01:02:03:04:05",6', { type: 'link-up' }],
    ['+WSTAROAM:1', OTHER],
    ['+TIME:3969510551', { type: 'time', unixSeconds: 1_760_521_751 }],
    ['+MQTTPROPRX:34,10', OTHER],
    ['+MQTTPROPRX:3,"text/plain"', OTHER],
    ['+MQTTSUB:1', { type: 'suback', ok: true }],
    [
      '+MQTTSUBRX:0,1,0,"Topic/name","ExampleText1"',
      { type: 'message', topic: 'Topic/name', payload: Buffer.from('ExampleText1') },
    ],
    ['+MQTTSUBRX:0,1,0,"Topic/name",1,12', { type: 'announced', topic: 'Topic/name', id: 1, length: 12 }],
  ];
  for (const [line, event] of table) assert.deepEqual(parseEvent(line), event, line);
});

test('other events are read, in each form that a source has', () => {
  const table: [string, RnwfEvent | null][] = [
    ['+WSTALU:"12:EC:81:FF:DC:77",11', { type: 'link-up' }],
    ['+WSTALD:1', { type: 'link-down' }],
    ['+WSTALD', { type: 'link-down' }],
    ['+WSTAAIP:"10.0.0.2"', { type: 'address', ip: '10.0.0.2' }],
    ['+WSTAAIP:1,"10.0.0"', null],
    ['+WSTAERR:20.3', { type: 'join-failed', code: '20.3' }],
    ['+WSTAERR:20.3,"STA Connection Failed"', { type: 'join-failed', code: '20.3' }],
    ['+WSTA:ERROR:20.3,"STA Connection Failed"', { type: 'join-failed', code: '20.3' }],
    ['+TIME:1795387118', { type: 'time', unixSeconds: 1_795_387_118 }],
    ['+TIME:"yesterday"', null],
    ['+MQTTCONNACK:0,135', { type: 'connack', accepted: false }],
    ['+MQTTCONN:0', { type: 'broker', connected: false }],
    ['+MQTTCONN:2', null],
    ['+MQTTSUB:0', { type: 'suback', ok: true }],
    ['+MQTTSUB:1', { type: 'suback', ok: true }],
    ['+MQTTSUB:128', { type: 'suback', ok: false }],
    ['+MQTTSUB:ERROR:8.0', { type: 'suback', ok: false }],
    ['+MQTTUNSUB:0', { type: 'unsuback', ok: true }],
    ['+MQTTPUBACK:7', { type: 'published', ok: true, id: 7 }],
    ['+MQTTPUBERR:7', { type: 'published', ok: false, id: 7 }],
    ['+MQTTPUB:ERROR:8.0,"MQTT Error"', { type: 'published', ok: false, id: null }],
    ['+TLSERR:1,17.2', { type: 'tls-failed', code: '17.2' }],
    ['+TLSERR:1,17.1,"CA validation"', { type: 'tls-failed', code: '17.1' }],
    ['+SNTPERR:13.0', OTHER],
    ['+NEW:ERROR:1.0', OTHER],
    ['+WSCNDONE:3', { type: 'scanned' }],
    ['+WSCNDONE', { type: 'scanned' }],
    [
      '+WSCNIND:-70,3,6,"12:EC:81:FF:DC:77","\\0\\0\\0\\0"',
      { type: 'network', rssi: -70, security: 3, channel: 6, bssid: '12:EC:81:FF:DC:77', ssid: '' },
    ],
    ['+MQTTSUBRX:0,0,0,"t"', null],
    ['+MQTTSUBRX:0,0,0,"t","p",1,2', null],
    ['+MQTTSUBRX:0,0,0,"t",1', null],
    ['+WSTALU: 1,"12:EC:81:FF:DC:77",11', { type: 'link-up' }],
    ['+WSTAAIP: 1, "10.0.0.2" ', { type: 'address', ip: '10.0.0.2' }],
    ['+WSTAERR: 20.3 , "STA Connection Failed"', { type: 'join-failed', code: '20.3' }],
    ['+WSTA: ERROR:20.3', { type: 'join-failed', code: '20.3' }],
    ['+SOCKBR:ERROR:4', OTHER],
    ['+MQTTCONN: 1 ', { type: 'broker', connected: true }],
    ['+TIME:2,3864185092', { type: 'time', unixSeconds: 1_655_196_292 }],
    ['+FSUP:1,1,"ISRGRootX1",1391', { type: 'file-stored', name: 'ISRGRootX1' }],
    ['+FSUP', OTHER],
    ['+NOPE:1', null],
    ['OK', null],
    ['', null],
  ];
  for (const [line, event] of table) assert.deepEqual(parseEvent(line), event, line);
});

test('a message is the bytes that were published, in whatever form they are printed', () => {
  const table: [printed: string, topic: string, payload: string][] = [
    ['"t","{\\"desired\\":{\\"$version\\":1}}"', 't', '{"desired":{"$version":1}}'],
    ['"t",[7B2261223A22C3A9227D]', 't', '{"a":"é"}'],
    ['[74],[]', 't', ''],
    ['"t\\"x",">\\r\\nOK\\r\\n+MQTTCONN:0"', 't"x', '>\r\nOK\r\n+MQTTCONN:0'],
    ['"t","\\x7B\\x7D"', 't', '{}'],
    ['"t","{"a":"b"}"', 't', '{"a":"b"}'],
  ];
  for (const [text, topic, payload] of table) {
    const event = parseEvent(`+MQTTSUBRX:0,1,0,${text}`);
    assert.deepEqual(event, { type: 'message', topic, payload: Buffer.from(payload) }, text);
  }
});

test('statuses have two numbers, with a dot or a comma', () => {
  const table: [string, boolean, string | null | undefined, boolean?][] = [
    ['OK', true, null],
    ['ERROR:0.2,"Invalid AT Command"', false, '0.2'],
    ['ERROR:30.0,"No Bootable Image In Other Partition"', false, '30.0'],
    ['ERROR:8,0,"MQTT Error"', false, '8.0'],
    ['ERROR:16.0', false, '16.0'],
    ['ERROR: 8.0, "MQTT Error"', false, '8.0'],
    ['ERROR:8.0,MQTT Error', false, '8.0'],
    ['OK ', true, null],
    ['+WSTA:1', false, undefined],
    // AnyCloud's, and ESP-AT's.
    ['ERROR:47,"MQTT Error"', false, null, true],
    ['ERROR', false, null, true],
    // Damaged on its way: an answer, but not one to rely on.
    ['ERROR:8.0,"MQTT', false, null, true],
  ];
  for (const [line, ok, code, foreign = false] of table) {
    const status = parseStatus(line, false);
    if (code === undefined) assert.equal(status, null, line);
    else assert.deepEqual([status?.ok, status?.foreign, foreign || status?.code], [ok, foreign, foreign || code], line);
  }
  assert.deepEqual(
    ['0', '1', '1:8.0'].map((line) => parseStatus(line, true)?.ok),
    [true, false, false],
  );
  assert.equal(parseStatus('0', false), null);
});

test('no line whatever makes the reader fail', () => {
  const names = ['+WSTALU', '+WSTAAIP', '+TIME', '+MQTTSUBRX', '+MQTTCONN', '+WSCNIND', '+TLSERR', '+constructor'];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.string({ maxLength: 40 }), (name, text) => {
      parseEvent(`${name}:${text}`);
    }),
  );
});
