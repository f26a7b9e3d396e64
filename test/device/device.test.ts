import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asciiJson } from '../../src/azure/json.ts';
import { type CommandAnswer, handleCommand } from '../../src/device/commands.ts';
import { loadModel, readModel, type Schema } from '../../src/device/model.ts';
import { TemperatureSensor } from '../../src/device/telemetry.ts';
import { type Range, refusal } from '../../src/device/validation.ts';
import type { Json } from '../../src/events.ts';

test('the model of the board is read, with its references resolved (Azure 4)', () => {
  const { id, properties, telemetry, commands } = loadModel();
  assert.equal(id, 'dtmi:com:Microchip:WBZ451_Curiosity;1');
  assert.deepEqual([...telemetry], ['temperature', 'button_event']);
  assert.deepEqual([...commands], ['reboot', 'sendMsg']);
  const duty = {
    enum: [
      { value: 0, name: 'duty_000' },
      { value: 100, name: 'duty_100' },
    ],
  };
  const led = {
    enum: [
      { value: 1, name: 'On' },
      { value: 2, name: 'Off' },
      { value: 3, name: 'Blink' },
    ],
  };
  assert.deepEqual(
    [...properties.values()],
    [
      { name: 'ipAddress', writable: false, schema: 'string' },
      { name: 'rgb_led_blue', writable: true, schema: duty, initial: 0 },
      { name: 'rgb_led_green', writable: true, schema: duty, initial: 0 },
      { name: 'rgb_led_red', writable: true, schema: duty, initial: 0 },
      { name: 'led_user', writable: true, schema: led, initial: 3 },
      { name: 'telemetryInterval', writable: true, schema: 'integer', unit: 'second' },
    ],
  );
});

test('a document that is no model is refused, not half read', () => {
  const property = (schema: Json): Json => ({ '@id': 'x', contents: [{ '@type': 'Property', name: 'p', schema }] });
  assert.deepEqual(readModel(property('boolean')).properties.get('p'), {
    name: 'p',
    writable: false,
    schema: 'boolean',
  });
  const documents: Json[] = [null, 5, [], {}, { '@id': 'x' }, { '@id': 'x', contents: [{ '@type': 'Telemetry' }] }];
  documents.push(property('duration'), property({ '@type': 'Object', fields: [] }), property('dtmi:no:such:schema;1'));
  documents.push(property({ '@type': 'Enum', valueSchema: 'integer', enumValues: [{ name: 'On', enumValue: '1' }] }));
  for (const document of documents) assert.throws(() => readModel(document), /model cannot be read/);
});

test('values are judged by their schema', () => {
  const led = {
    enum: [
      { value: 1, name: 'On' },
      { value: 2, name: 'Off' },
      { value: 3, name: 'Blink' },
    ],
  };
  const day = { minimum: 1, maximum: 86_400 };
  const cases: [Schema, Range, Json[], Json[], string][] = [
    [
      'integer',
      day,
      [1, 5, 86_400, 1e1],
      [0, -1, 86_401, 5.5, '5', true, null, [5], {}],
      'n must be an integer from 1 to 86400',
    ],
    ['integer', {}, [0, -5], [5.5, 2 ** 53, Number.POSITIVE_INFINITY, '5'], 'n must be an integer'],
    ['double', {}, [0, 5.5], [Number.POSITIVE_INFINITY, '5', null], 'n must be a number'],
    ['string', {}, ['', 'a'], [5, null], 'n must be a string'],
    ['boolean', {}, [true, false], [0, 'true', null], 'n must be a boolean'],
    ['integer', { minimum: 0 }, [0, 7], [-1, 0.5], 'n must be an integer, 0 or more'],
    ['double', { maximum: 1 }, [1, -7.5], [1.1, null], 'n must be a number, 1 or less'],
    [led, {}, [1, 2, 3], [0, 4, 1.5, '1', 'On', null, [1]], 'n must be 1 (On), 2 (Off) or 3 (Blink)'],
  ];
  for (const [schema, range, good, bad, sentence] of cases) {
    for (const value of good) assert.equal(refusal({ name: 'n', schema }, value, range), null);
    for (const value of bad) assert.equal(refusal({ name: 'n', schema }, value, range), sentence);
  }
});

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

test('every command of the model is known', () => {
  for (const name of loadModel().commands) assert.equal(handleCommand(name, Buffer.of()).status, 400, name);
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
