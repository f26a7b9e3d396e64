import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asciiJson } from '../../src/azure/json.ts';
import { type CommandAnswer, handleCommand } from '../../src/device/commands.ts';
import { TemperatureSensor } from '../../src/device/telemetry.ts';
import type { Json } from '../../src/events.ts';

test('commands are answered', () => {
  const ok = (delay: number) => ({
    status: 200,
    response: { status: 'Success', delay },
    effect: { kind: 'reboot', delaySeconds: delay },
  });
  const bad = (sentence: string) => ({ status: 400, response: { status: sentence } });
  const noDelay = bad('The request must hold a delay, an ISO 8601 duration such as PT5S');
  const noText = bad('The request must hold sendMsgString, a string');
  const message = (text: string) => ({
    status: 200,
    response: { status: 'Success' },
    effect: { kind: 'message', text },
  });
  const unusable = (why: string) => bad(`The delay${why}`);
  const form = 'it is not an ISO 8601 duration such as PT5S';
  const table: [string, string, Json, object][] = [
    ['reboot', '{"delay":"PT5S"}', { delay: 'PT5S' }, ok(5)],
    ['reboot', '{"delay":"PT1M30S","more":1}', { delay: 'PT1M30S', more: 1 }, ok(90)],
    ['reboot', '{"delay":"P1D"}', { delay: 'P1D' }, ok(86_400)],
    ['reboot', '{"delay":"PT0.5S"}', { delay: 'PT0.5S' }, ok(1)],
    ['reboot', '{"delay":"PT0.07H"}', { delay: 'PT0.07H' }, ok(252)],
    ['reboot', '{"delay":"PT0S"}', { delay: 'PT0S' }, ok(0)],
    [
      'reboot',
      '{"delay":"P1Y"}',
      { delay: 'P1Y' },
      unusable(" 'P1Y' cannot be used: years and months are not supported"),
    ],
    ['reboot', '{"delay":"P8D"}', { delay: 'P8D' }, unusable(" 'P8D' cannot be used: it is longer than 7 days")],
    ['reboot', '{"delay":"-PT5S"}', { delay: '-PT5S' }, unusable(` '-PT5S' cannot be used: ${form}`)],
    ['reboot', '{"delay":""}', { delay: '' }, unusable(` cannot be used: ${form}`)],
    ['reboot', '{"delay":"5\\"s"}', { delay: '5"s' }, unusable(` cannot be used: ${form}`)],
    ['reboot', '{"delay":5}', { delay: 5 }, noDelay],
    ['reboot', '{"Delay":"PT5S"}', { Delay: 'PT5S' }, noDelay],
    ['reboot', '', null, noDelay],
    ['reboot', '"PT5S"', 'PT5S', noDelay],
    ['reboot', '["PT5S"]', ['PT5S'], noDelay],
    ['reboot', '{"delay":', '{"delay":', bad('The request cannot be read: it is not JSON')],
    ['sendMsg', '{"sendMsgString":"Grüße"}', { sendMsgString: 'Grüße' }, message('Grüße')],
    ['sendMsg', '{"sendMsgString":""}', { sendMsgString: '' }, message('')],
    ['sendMsg', '{"sendMsgString":null}', { sendMsgString: null }, noText],
    ['sendMsg', '{}', {}, noText],
    [
      'Reboot',
      '{"delay":"PT5S"}',
      { delay: 'PT5S' },
      { status: 404, response: { status: "This device has no command 'Reboot'" } },
    ],
    ['a"b', 'x', 'x', { status: 404, response: { status: 'This device has no command' } }],
    ['constructor', '', null, { status: 404, response: { status: "This device has no command 'constructor'" } }],
  ];
  for (const [name, payload, request, expected] of table) {
    const answer = handleCommand(name, Buffer.from(payload));
    assert.deepEqual(answer, { name, request, ...expected } as CommandAnswer, `${name} ${payload}`);
  }
  assert.equal(handleCommand('reboot', Uint8Array.of(0xff)).request, '\ufffd');
});

test('any command with any payload gets a small answer', () => {
  const name = fc.oneof(fc.constantFrom('reboot', 'sendMsg'), fc.string({ unit: 'binary', maxLength: 200 }));
  const member = fc.string({ unit: 'binary', maxLength: 300 });
  const payload = fc.oneof(
    fc.uint8Array(),
    fc.json().map(Buffer.from),
    member.map((delay) => Buffer.from(JSON.stringify({ delay, sendMsgString: delay }))),
  );
  fc.assert(
    fc.property(name, payload, (command, body) => {
      const { status, response, effect } = handleCommand(command, body);
      assert.ok(asciiJson(response).length <= 300);
      assert.equal(typeof response['status'], 'string');
      assert.equal(status === 200, effect !== undefined);
    }),
  );
});

test('the temperature rises in quarters from 15 to 25 and starts again', () => {
  const sensor = new TemperatureSensor();
  const values = Array.from({ length: 83 }, () => sensor.next()['temperature']);
  const ramp = Array.from({ length: 41 }, (_, index) => (60 + index) / 4);
  assert.deepEqual(values, [...ramp, ...ramp, 15]);
  assert.deepEqual(ramp.slice(-1), [25]);
});
