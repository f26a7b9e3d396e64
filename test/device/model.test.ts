import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadModel, readModel, type Schema } from '../../src/device/model.ts';
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
