import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from '../../src/device/define.ts';
import { assertDefinition, defineDevice } from '../../src/device/definition.ts';

const nothing = () => null;

test('what is a device is known by its shape', () => {
  const definition = {
    model: 'dtmi:com:example:Thermostat;1',
    interval: 0.5 + 0.5,
    telemetry: {
      plain: nothing,
      paced: { every: 0.1, read: nothing },
      'left.level': { read: nothing },
      stream: (async function* (): AsyncGenerator<null> {})(),
    },
    properties: { constructor: { initial: 1 }, 'left.target': { minimum: 0, maximum: 0, set: nothing }, grün: {} },
    commands: { toString: nothing, 'left*reset': nothing },
    onMessage: nothing,
    start: nothing,
    connected: nothing,
    stop: nothing,
  };
  assert.equal(defineDevice(definition), definition);
  assertDefinition({ model: { '@id': 'x' }, start() {} });
  assertDefinition(Object.assign(Object.create(null), { telemetry: {} }));
});

test('a definition that is none is refused with the member that is wrong', () => {
  const table: [unknown, string][] = [
    [undefined, 'a device must be an object'],
    [null, 'a device must be an object'],
    [[], 'a device must be an object'],
    [nothing, 'a device must be an object'],
    [{}, 'a device needs at least one of telemetry, properties, commands, onMessage, start, connected, stop'],
    [{ model: 'dtmi:com:example:Thermostat;1' }, 'a device needs at least one of telemetry, properties, commands'],
    [{ propertys: {} }, 'a device has no member "propertys"; it may have model, interval, telemetry, properties, '],
    [
      { model: 'Thermostat', start: nothing },
      'model must be a DTMI such as "dtmi:com:example:Thermostat;1", or a DTDL',
    ],
    [{ model: 5, start: nothing }, 'model must be a DTMI'],
    [{ interval: 0.9, telemetry: {} }, 'interval must be a number of seconds from 1 to 86400'],
    [{ interval: '10', telemetry: {} }, 'interval must be a number of seconds from 1 to 86400'],
    [{ interval: Number.NaN, telemetry: {} }, 'interval must be a number of seconds from 1 to 86400'],
    [{ stop: true }, 'stop must be a function'],
    [{ telemetry: [] }, 'telemetry must be an object'],
    [{ telemetry: null }, 'telemetry must be an object'],
    [{ telemetry: { load: 5 } }, 'telemetry.load must be a function, an object with "read", or an async iterable'],
    [{ telemetry: { load: { every: 5 } } }, 'telemetry.load.read must be a function'],
    [
      { telemetry: { load: { every: 0, read: nothing } } },
      'telemetry.load.every must be a number of seconds from 0.1 to',
    ],
    [
      { telemetry: { load: { evry: 5, read: nothing } } },
      'telemetry.load has no member "evry"; it may have every, read',
    ],
    [{ telemetry: { 'a.b.c': nothing } }, 'telemetry: "a.b.c" cannot be a name'],
    [{ telemetry: { '': nothing } }, 'telemetry: "" cannot be a name'],
    [{ properties: { $version: {} } }, 'properties: "$version" cannot be a name'],
    [{ properties: { 'a b': {} } }, 'properties: "a b" cannot be a name'],
    [{ properties: { __t: {} } }, 'properties: "__t" cannot be a name'],
    [{ properties: JSON.parse('{"__proto__":{}}') }, 'properties: "__proto__" cannot be a name'],
    [{ properties: { led: 1 } }, 'properties.led must be an object'],
    [{ properties: { led: { set: 1 } } }, 'properties.led.set must be a function'],
    [{ properties: { led: { writable: 'yes' } } }, 'properties.led.writable must be a boolean'],
    [{ properties: { led: { writable: false, set: nothing } } }, 'properties.led has a "set", and is not writable'],
    [{ properties: { led: { default: 1 } } }, 'properties.led has no member "default"; it may have writable, initial,'],
    [{ properties: { led: { minimum: '1' } } }, 'properties.led.minimum must be a number'],
    [{ properties: { led: { minimum: 2, maximum: 1 } } }, 'properties.led.minimum is above its maximum'],
    [{ properties: { left: {}, 'left.target': {} } }, 'properties: "left" cannot be a property and a component'],
    [{ commands: { reboot: {} } }, 'commands.reboot must be a function'],
    [{ commands: { 'left.reset': nothing } }, 'commands: "left.reset" cannot be a name'],
  ];
  for (const [value, sentence] of table) {
    assert.throws(
      () => assertDefinition(value),
      (error) => error instanceof TypeError && error.message.startsWith(sentence),
      sentence,
    );
  }
});

test('a CommandError has a status like HTTP’s', () => {
  assert.deepEqual({ ...new CommandError(409, 'it is running') }, { name: 'CommandError', status: 409 });
  for (const status of [0, 199, 600, 200.5, Number.NaN]) assert.throws(() => new CommandError(status, 'x'), RangeError);
});
