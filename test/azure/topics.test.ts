import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dpsUserName, hubUserName } from '../../src/azure/credentials.ts';
import {
  type DpsTopic,
  type HubTopic,
  methodResponseTopic,
  parseDpsTopic,
  parseHubTopic,
  pollTopic,
  registerTopic,
  reportedTopic,
  telemetryTopic,
  twinGetTopic,
} from '../../src/azure/topics.ts';

test('what is published goes to the topics that Azure documents (Azure 1.2, 2.2)', () => {
  const operationId = '4.65f62b2644c85bb1.331ffb1b-35e2-4b5a-9e68-f1fa7d5efc33';
  assert.equal(registerTopic('1'), '$dps/registrations/PUT/iotdps-register/?$rid=1');
  assert.equal(
    pollTopic('2', operationId),
    `$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId=${operationId}`,
  );
  assert.equal(pollTopic('999', operationId).length, 127, 'the longest topic that the module takes (T13)');
  assert.equal(pollTopic('2', 'a/+#&b').split('operationId=')[1], 'a%2F%2B%23%26b');
  assert.equal(twinGetTopic('4'), '$iothub/twin/GET/?$rid=4');
  assert.equal(reportedTopic('8'), '$iothub/twin/PATCH/properties/reported/?$rid=8');
  assert.equal(methodResponseTopic(200, '1a'), '$iothub/methods/res/200/?$rid=1a');
});

test('telemetry carries its property bag URL-encoded (Azure 2.3)', () => {
  assert.equal(telemetryTopic('dev1'), 'devices/dev1/messages/events/');
  assert.equal(
    telemetryTopic('dev1', { '$.ct': 'application/json;charset=utf-8', 'k v': 'a&b=c+#' }),
    'devices/dev1/messages/events/$.ct=application%2Fjson%3Bcharset%3Dutf-8&k%20v=a%26b%3Dc%2B%23',
  );
});

test('the user names are those of the walkthrough, with the model where it is given', () => {
  assert.equal(dpsUserName('0ne00123456', 'dev1'), '0ne00123456/registrations/dev1/api-version=2019-03-31');
  assert.equal(hubUserName('h.azure-devices.net', 'dev1'), 'h.azure-devices.net/dev1/?api-version=2021-04-12');
  assert.equal(
    hubUserName('h.azure-devices.net', 'dev1', 'dtmi:com:Microchip:WBZ451_Curiosity;1'),
    'h.azure-devices.net/dev1/?api-version=2021-04-12&model-id=dtmi:com:Microchip:WBZ451_Curiosity;1',
  );
});

test('topics of DPS are read', () => {
  const table: [string, DpsTopic | null][] = [
    ['$dps/registrations/res/202/?$rid=2&retry-after=3', { status: 202, rid: '2', retryAfter: 3 }],
    ['$dps/registrations/res/202/?$rid=&retry-after=3', { status: 202, rid: '', retryAfter: 3 }],
    ['$dps/registrations/res/429/?Retry-After=7&$rid=a%20b', { status: 429, rid: 'a%20b', retryAfter: 7 }],
    ['$dps/registrations/res/200/?$rid=3', { status: 200, rid: '3', retryAfter: null }],
    ['$dps/registrations/res/200/?$rid=3=4&$rid=5', { status: 200, rid: '3=4', retryAfter: null }],
    ['$dps/registrations/res/200/?', { status: 200, rid: '', retryAfter: null }],
    ['$dps/registrations/res/200/', { status: 200, rid: '', retryAfter: null }],
    ['$dps/registrations/res/500', { status: 500, rid: '', retryAfter: null }],
    ['$dps/registrations/res/503/?retry-after=0', { status: 503, rid: '', retryAfter: 0 }],
    [
      '$dps/registrations/res/503/?retry-after=99999999999999999999',
      { status: 503, rid: '', retryAfter: 1_000_000_000 },
    ],
    ['$dps/registrations/res/503/?retry-after=-1', { status: 503, rid: '', retryAfter: null }],
    ['$dps/registrations/res/503/?retry-after=', { status: 503, rid: '', retryAfter: null }],
    ['$dps/registrations/res/503/?retry-after=soon', { status: 503, rid: '', retryAfter: null }],
    ['$dps/registrations/res/20/?$rid=3', null],
    ['$dps/registrations/res/2000/?$rid=3', null],
    ['$dps/registrations/res/', null],
    ['x$dps/registrations/res/200/?$rid=3', null],
    ['$iothub/twin/res/200/?$rid=4', null],
    ['', null],
  ];
  for (const [topic, parsed] of table) assert.deepEqual(parseDpsTopic(topic), parsed, topic);
});

test('topics of the hub are read', () => {
  const table: [string, HubTopic | null][] = [
    ['$iothub/methods/POST/reboot/?$rid=1', { kind: 'method', name: 'reboot', rid: '1' }],
    ['$iothub/methods/POST/a*b/?$rid=1A%2f', { kind: 'method', name: 'a*b', rid: '1A%2f' }],
    ['$iothub/methods/POST/reboot/?$rid=', { kind: 'method', name: 'reboot', rid: '' }],
    ['$iothub/methods/POST/reboot/?rid=1', null],
    ['$iothub/methods/POST/reboot/', null],
    ['$iothub/methods/POST//?$rid=1', null],
    ['$iothub/methods/POST/?$rid=1', null],
    ['$iothub/methods/POST/a/b/?$rid=1', null],
    ['$iothub/twin/res/200/?$rid=4', { kind: 'twin-result', status: 200, rid: '4', version: null }],
    ['$iothub/twin/res/204/?$rid=8&$version=6', { kind: 'twin-result', status: 204, rid: '8', version: 6 }],
    ['$iothub/twin/res/204/?$rid=8&$version=x', { kind: 'twin-result', status: 204, rid: '8', version: null }],
    ['$iothub/twin/res/429/?', { kind: 'twin-result', status: 429, rid: '', version: null }],
    ['$iothub/twin/res/ok/?$rid=4', null],
    ['$iothub/twin/PATCH/properties/desired/?$version=105', { kind: 'desired', version: 105 }],
    ['$iothub/twin/PATCH/properties/desired/?$version=9007199254740993', { kind: 'desired', version: null }],
    ['$iothub/twin/PATCH/properties/desired/?', { kind: 'desired', version: null }],
    ['$iothub/twin/PATCH/properties/desired/x/?$version=1', null],
    ['$iothub/twin/PATCH/properties/reported/?$rid=1', null],
    ['devices/dev1/messages/devicebound/', { kind: 'message', properties: new Map() }],
    [
      'devices/dev1/messages/devicebound/%24.mid=a%20b&k&empty=&bad=%E0%A4%A&__proto__=1',
      {
        kind: 'message',
        properties: new Map([
          ['$.mid', 'a b'],
          ['k', ''],
          ['empty', ''],
          ['bad', '%E0%A4%A'],
          ['__proto__', '1'],
        ]),
      },
    ],
    ['', null],
  ];
  for (const [topic, parsed] of table) assert.deepEqual(parseHubTopic(topic), parsed, topic);
});

test('a request id is echoed exactly, whatever it is', () => {
  const rid = fc.string({ unit: 'binary-ascii' }).filter((text) => !text.includes('&'));
  fc.assert(
    fc.property(rid, (text) => {
      const parsed = parseHubTopic(`$iothub/methods/POST/sendMsg/?$rid=${text}`);
      assert.deepEqual(parsed, { kind: 'method', name: 'sendMsg', rid: text });
      assert.equal(methodResponseTopic(404, text), `$iothub/methods/res/404/?$rid=${text}`);
      assert.equal(parseDpsTopic(`$dps/registrations/res/202/?retry-after=1&$rid=${text}`)?.rid, text);
    }),
  );
});
