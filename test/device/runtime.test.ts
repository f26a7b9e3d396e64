import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asciiJson } from '../../src/azure/json.ts';
import { CommandError, type DeviceContext, type DeviceDefinition } from '../../src/device/define.ts';
import type { Device } from '../../src/device/device.ts';
import { createDevice, type DeviceOptions } from '../../src/device/runtime.ts';
import type { Json, JsonObject } from '../../src/events.ts';
import { ScriptedHost } from '../helpers/device-host.ts';
import { settle } from '../helpers/virtual-clock.ts';

const EMPTY = { desired: {}, desiredVersion: 1, reported: {} };

async function started(definition: DeviceDefinition, options: DeviceOptions = {}) {
  const host = new ScriptedHost();
  const device = createDevice(definition, options);
  await host.clock.until(device.start(host));
  return { host, device };
}

async function connect(device: Device, reported: JsonObject = {}, address: string | null = '192.168.1.7') {
  await device.reconcile({ ...EMPTY, reported });
  device.connected(address);
  return device.missing();
}

function call(device: Device, name: string, request?: Json) {
  return device.command(name, new TextEncoder().encode(request === undefined ? '' : JSON.stringify(request)));
}

/** Sentences with the place where these tests have thrown left out, which must be there. */
function here(warnings: readonly string[]): string[] {
  return warnings.map((text) => text.replace(/ \([^()]*[\\/]runtime\.test\.ts:\d+\)$/, ' @'));
}

const forever = () => new Promise<never>(() => {});
const boom = (): never => {
  throw new Error('boom');
};

test('a command is answered, whatever its handler does', async () => {
  const circle: Json[] = [];
  circle.push(circle);
  const unwilling = new Proxy(new Error('x'), {
    get: () => boom(),
  });
  const commands: DeviceDefinition['commands'] = {
    echo: (request) => request,
    nothing: () => undefined,
    slow: async (request) => request,
    busy() {
      throw new CommandError(409, 'It is running already');
    },
    copied() {
      throw Object.assign(new Error('Of another copy'), { name: 'CommandError', status: 418 });
    },
    strange() {
      throw Object.assign(new Error('no such status'), { name: 'CommandError', status: 700 });
    },
    odd() {
      throw Object.assign(new Error('no status'), { name: 'CommandError', status: 'x' });
    },
    boom,
    text() {
      throw 'just a text';
    },
    none() {
      throw undefined;
    },
    unwilling() {
      throw unwilling;
    },
    async rejected() {
      await null;
      throw new TypeError('late\nwith a second line');
    },
    long() {
      throw new Error('ü'.repeat(1000));
    },
    bad: () => Number.NaN,
    big: () => JSON.parse('{}', () => 5n),
    circle: () => circle,
    constructor: () => 'built',
  };
  const { host, device } = await started({ commands });
  const table: [string, number, Json, string[]][] = [
    ['echo', 200, { a: 1 }, []],
    ['nothing', 200, null, []],
    ['slow', 200, { a: 1 }, []],
    ['constructor', 200, 'built', []],
    ['busy', 409, { status: 'It is running already' }, []],
    ['copied', 418, { status: 'Of another copy' }, []],
    [
      'strange',
      500,
      { status: 'The command has failed: no such status' },
      ['The command "strange" has failed: no such status @'],
    ],
    ['odd', 500, { status: 'The command has failed: no status' }, ['The command "odd" has failed: no status @']],
    ['boom', 500, { status: 'The command has failed: boom' }, ['The command "boom" has failed: boom @']],
    ['text', 500, { status: 'The command has failed: just a text' }, ['The command "text" has failed: just a text']],
    ['none', 500, { status: 'The command has failed: undefined' }, ['The command "none" has failed: undefined']],
    [
      'unwilling',
      500,
      { status: 'The command has failed: something without words was thrown' },
      ['The command "unwilling" has failed: something without words was thrown'],
    ],
    ['rejected', 500, { status: 'The command has failed: late' }, ['The command "rejected" has failed: late @']],
    [
      'bad',
      500,
      { status: 'The command "bad" gave a value that cannot be sent: JSON cannot hold NaN' },
      ['The command "bad" gave a value that cannot be sent: JSON cannot hold NaN'],
    ],
    [
      'big',
      500,
      { status: 'The command "big" gave a value that cannot be sent: JSON cannot hold bigint' },
      ['The command "big" gave a value that cannot be sent: JSON cannot hold bigint'],
    ],
    [
      'circle',
      500,
      { status: 'The command "circle" gave a value that cannot be sent: it is nested too deeply, or holds itself' },
      ['The command "circle" gave a value that cannot be sent: it is nested too deeply, or holds itself'],
    ],
    ['Echo', 404, { status: "This device has no command 'Echo'" }, []],
    ['toString', 404, { status: "This device has no command 'toString'" }, []],
    ['__proto__', 404, { status: "This device has no command '__proto__'" }, []],
    ['a"b', 404, { status: 'This device has no command' }, []],
  ];
  for (const [name, status, response, warnings] of table) {
    host.warnings.length = 0;
    assert.deepEqual(await call(device, name, { a: 1 }), { request: { a: 1 }, status, response }, name);
    assert.deepEqual(here(host.warnings), warnings, name);
  }
  const { response } = await call(device, 'long');
  assert.ok(asciiJson(response).length <= 260);
  for (const [payload, request, reason] of [
    ['{"a":', '{"a":', 'it is not JSON'],
    ['\xff', '\ufffd', 'it is not UTF-8'],
  ] as const) {
    const answer = await device.command('echo', Buffer.from(payload, 'latin1'));
    assert.deepEqual(answer, { request, status: 400, response: { status: `The request cannot be read: ${reason}` } });
  }
});

test('a handler has its time; what it does later counts no more', async () => {
  const signals: AbortSignal[] = [];
  const { host, device } = await started(
    {
      commands: {
        hang(_request, { signal }) {
          signals.push(signal);
          return forever();
        },
        ten: async (_request, { signal }) => {
          await new Promise((resolve) => host.clock.after(10_000, () => resolve(undefined)));
          return { aborted: signal.aborted };
        },
      },
      properties: {
        led: {
          initial: 1,
          set(_value, { signal, log }) {
            signals.push(signal);
            signal.addEventListener('abort', () => log('too late'));
            return forever();
          },
        },
      },
    },
    { timeout: 25, locate: (handler) => (typeof handler === 'function' ? `device.mjs:${handler.name}` : null) },
  );
  const ten = await host.clock.until(call(device, 'ten'));
  assert.deepEqual([ten.status, ten.response], [200, { aborted: false }]);

  const began = host.clock.monotonic();
  const { status, response } = await host.clock.until(call(device, 'hang'));
  assert.equal(host.clock.monotonic() - began, 25_000);
  assert.deepEqual([status, response], [500, { status: 'The command "hang" has not ended within 25 s' }]);

  await device.reconcile(EMPTY);
  const { answers } = await host.clock.until(device.apply({ led: 5 }, 9));
  const ack = { value: 1, ac: 500, av: 9, ad: 'Setting "led" has not ended within 25 s' };
  assert.deepEqual(answers, [{ name: 'led', requested: 5, ack }]);
  assert.deepEqual(host.warnings, [
    'The command "hang" has not ended within 25 s (device.mjs:hang)',
    'Setting "led" has not ended within 25 s (device.mjs:set)',
  ]);
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true],
  );
  assert.equal(host.clock.pendingTimers, 0);
});

test('a set that throws refuses, with its sentence and the value in force; what it says is told with the answers', async () => {
  let later = () => {};
  const { host, device } = await started({
    properties: {
      target: {
        initial: 20,
        set(value, { log, source }) {
          log(`${source} ${value}`);
          later = () => log('afterwards');
          if (Number(value) > 30) throw new RangeError('30 at most');
          return value === 25 ? 24.5 : undefined;
        },
      },
      plain: { writable: true },
      bad: { set: () => Number.NaN },
      ranged: { writable: true, minimum: 0, maximum: 5 },
    },
  });
  const first = await device.reconcile({ desired: { target: 25 }, desiredVersion: 3, reported: {} });
  assert.deepEqual(first.notes, ['twin 25']);
  assert.equal(first.answers[0]?.ack.value, 24.5);
  const patch = { target: 31, plain: [1], bad: 1, ranged: 6, other: 1 };
  const { answers, notes, unknown } = await device.apply(patch, 4);
  assert.deepEqual([notes, unknown, host.notes], [['update 31'], ['other'], []]);
  later();
  assert.deepEqual([notes, host.notes], [['update 31'], ['afterwards']]);
  assert.deepEqual(
    answers.map(({ name, ack }) => ({ name, ...ack })),
    [
      { name: 'target', value: 24.5, ac: 400, av: 4, ad: '30 at most' },
      { name: 'plain', value: [1], ac: 200, av: 4, ad: 'plain set to: [1]' },
      {
        name: 'bad',
        value: null,
        ac: 500,
        av: 4,
        ad: 'Setting "bad" gave a value that cannot be sent: JSON cannot hold NaN',
      },
      { name: 'ranged', value: null, ac: 400, av: 4, ad: 'ranged must be a number from 0 to 5' },
    ],
  );
  assert.deepEqual(here(host.warnings), [
    'Setting "target" has failed: 30 at most @',
    'Setting "bad" gave a value that cannot be sent: JSON cannot hold NaN',
  ]);
});

test('a handler cannot change what it was given', async () => {
  const change = (value: Json) => {
    if (Array.isArray(value)) value.push('changed');
    return undefined;
  };
  const kept: Json[] = [1];
  const { device } = await started({
    properties: { list: { set: change }, given: { initial: kept } },
    commands: {
      take: (request) => {
        change(request);
        return 'done';
      },
    },
  });
  const { answers } = await device.apply({ list: [1] }, 1);
  assert.deepEqual([answers[0]?.requested, answers[0]?.ack.value], [[1], [1]]);
  assert.deepEqual((await call(device, 'take', [1])).request, [1]);
  kept.push(2);
  assert.deepEqual((await connect(device))['given'], [1]);
});

test('what only the device sets is reported until the twin shows it', async () => {
  let context: DeviceContext | undefined;
  const { host, device } = await started({
    properties: {
      serial: { initial: 'A1' },
      load: { initial: async ({ deviceId }) => ({ of: deviceId }) },
      'left.state': {},
      led: { writable: true },
      broken: { initial: boom },
      missing: {},
    },
    start(given) {
      context = given;
      given.report('state', 'on', 'left');
      given.report('undeclared', 1);
    },
    connected({ address, report }) {
      report('ipAddress', address);
    },
  });
  assert.ok(context);
  assert.deepEqual(here(host.warnings), ['The initial value of "broken" has failed: boom @']);
  const all = {
    left: { __t: 'c', state: 'on' },
    undeclared: 1,
    serial: 'A1',
    load: { of: 'sn0123ABC' },
    ipAddress: '192.168.1.7',
  };
  assert.equal(JSON.stringify(await connect(device)), JSON.stringify(all));
  assert.deepEqual(host.reports, []);
  context.report('serial', 'A2');
  context.report('left.state', 'off');
  assert.deepEqual(host.reports, [{ serial: 'A2' }, { left: { __t: 'c', state: 'off' } }]);

  assert.deepEqual(await connect(device, { ...all, load: { of: 'x', old: 1 } }), {
    left: { __t: 'c', state: 'off' },
    serial: 'A2',
    load: { of: 'sn0123ABC', old: null },
  });
  device.connected(null);
  const unread = { ...all, left: { __t: 'c', state: 'off' }, serial: 'A2', ipAddress: null };
  assert.deepEqual(device.missing(), unread, 'a twin that could not be read shows nothing');
  assert.equal(host.reports.length, 2);

  const report: (name: string, value: Json, component?: string) => void = context.report;
  assert.throws(() => report('led', 1), /"led" is the cloud's to set/);
  assert.throws(() => report('serial', Number.NaN), /JSON cannot hold NaN/);
  for (const [name, component] of [['__proto__'], ['a.b.c'], ['a', '__proto__'], ['$x'], ['']]) {
    if (name !== 'a.b.c') assert.throws(() => report(String(name), 1, component), /cannot be the name of a property/);
  }
});

test('messages that must not be lost: the body, the component, properties and a time of one’s own', async () => {
  let context: DeviceContext | undefined;
  const { host, device } = await started({
    start(given) {
      context = given;
    },
  });
  assert.ok(context);
  const { send } = context;
  const takenAt = new Date('2020-02-02T02:02:02Z');
  const properties = { level: 'high' };
  await send({ a: 1 }, { component: 'left', properties, takenAt });
  properties.level = 'low';
  await send([1]);
  assert.deepEqual(host.sent, [
    { body: { a: 1 }, component: 'left', properties: { level: 'high' }, takenAt: takenAt.getTime() },
    { body: [1], takenAt: host.clock.wall() },
  ]);
  await assert.rejects(send(Number.NaN), /JSON cannot hold NaN/);
  await assert.rejects(send(1, { takenAt: new Date('x') }), /takenAt is not a valid date/);
  host.taking = Promise.reject(new Error('600 bytes, and the module takes 510'));
  await assert.rejects(send({}), /600 bytes/);
  void send({});
  await settle();
  assert.equal(host.warnings.at(-1), 'A telemetry message was not sent: 600 bytes, and the module takes 510');
  await device.stop();
  await assert.rejects(send({}), /the device has been stopped/);
});

test('the life of a device: start, connected after every connect, messages, stop', async () => {
  const seen: string[] = [];
  const definition: DeviceDefinition = {
    interval: 7,
    async start({ deviceId, address, interval }) {
      await null;
      seen.push(`start ${deviceId} ${address} ${interval}`);
    },
    properties: { x: { initial: () => seen.push('initial') } },
    connected: ({ address }) => seen.push(`connected ${address}`),
    onMessage: (body, properties, { log }) => log(`${Buffer.from(body)} ${[...properties]}`),
    stop: async () => {
      seen.push('stop');
    },
  };
  const { host, device } = await started(definition);
  await connect(device);
  await connect(device, {}, null);
  await device.message(Buffer.from('hello'), new Map([['a', 'b']]));
  await device.stop();
  await device.stop();
  assert.deepEqual(seen, ['start sn0123ABC null 7', 'initial', 'connected 192.168.1.7', 'connected null', 'stop']);
  assert.deepEqual(host.notes, ['hello a,b']);
  assert.throws(() => device.start(host), /started before/);
  await createDevice({ start: boom }).stop();
});

test('a life that fails or hangs goes on', async () => {
  const { host, device } = await started(
    { start: forever, connected: boom, onMessage: boom, stop: forever, commands: { echo: (request) => request } },
    { timeout: 5 },
  );
  assert.deepEqual(host.warnings, ['"start" has not ended within 5 s']);
  await connect(device);
  await device.message(new Uint8Array(), new Map());
  assert.equal((await call(device, 'echo', 1)).response, 1);
  const stopped = device.stop();
  await host.clock.until(stopped);
  assert.deepEqual(here(host.warnings.slice(1)), [
    '"connected" has failed: boom @',
    '"onMessage" has failed: boom @',
    '"stop" has not ended within 5 s',
  ]);
});

test('a device that is stopped is silent, and what it does is aborted', async () => {
  let context: DeviceContext | undefined;
  let done: AbortSignal | undefined;
  const { host, device } = await started({
    start(given) {
      context = given;
    },
    commands: {
      hang: forever,
      done(_request, { signal }) {
        done = signal;
        return null;
      },
    },
  });
  assert.ok(context);
  await call(device, 'done');
  const hanging = call(device, 'hang');
  await settle();
  await connect(device);
  await device.stop();
  assert.equal((await hanging).status, 500);
  assert.equal(context.signal.aborted, true);
  assert.equal(done?.aborted, true, 'also what a command has left behind');
  context.log('x');
  context.report('x', 1);
  context.restart(5);
  await settle();
  assert.deepEqual([host.notes, host.reports, host.restarts, host.warnings], [[], [], [], []]);
  assert.equal((await call(device, 'hang')).status, 500, 'nothing is called more');
  assert.equal(host.clock.pendingTimers, 0);
});

test('a restart is asked for with a delay of up to seven days', async () => {
  const { host, device } = await started({
    commands: { go: (seconds, { restart }) => restart(Number(seconds)) ?? null },
  });
  assert.equal((await call(device, 'go', 604_800)).status, 200);
  assert.equal((await call(device, 'go', 0)).status, 200);
  for (const wrong of [-1, 604_801, 'x']) assert.equal((await call(device, 'go', wrong)).status, 500);
  assert.deepEqual(host.restarts, [604_800, 0]);
});

test('the model that is announced', () => {
  const schema = { id: 'dtmi:com:example:Document;1', property: () => null };
  assert.equal(createDevice({ start: boom }).modelId, null);
  assert.equal(createDevice({ start: boom, model: 'dtmi:com:example:A;1' }).modelId, 'dtmi:com:example:A;1');
  assert.equal(createDevice({ start: boom, model: {} }, { schema }).modelId, 'dtmi:com:example:Document;1');
});

test('a model judges values, and has defaults; the definition’s own goes before', async () => {
  const even = (value: Json) => (typeof value === 'number' && value % 2 === 0 ? null : 'x must be even');
  const schema = {
    id: 'dtmi:com:example:A;1',
    property: ({ name }: { name: string }) => (name === 'free' ? null : { initial: 2, refusal: even }),
  };
  const { host, device } = await started(
    {
      properties: {
        x: { writable: true },
        y: { writable: true, initial: 4 },
        z: { writable: true, initial: 5 },
        free: {},
      },
    },
    { schema },
  );
  assert.deepEqual(host.warnings, ['The initial value of "z" cannot be used: x must be even']);
  const initial = (value: number) => ({ ac: 203, av: 0, ad: 'initialize', value });
  assert.deepEqual(await connect(device), { x: initial(2), y: initial(4), z: initial(2) });
  const { answers } = await device.apply({ x: 3, y: 8 }, 5);
  assert.deepEqual(
    answers.map(({ ack }) => [ack.ac, ack.value]),
    [
      [400, 2],
      [200, 8],
    ],
  );
});

test('whatever a handler gives or throws, the device answers, and nothing is thrown further', async () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
  });
  await fc.assert(
    fc.asyncProperty(anything, fc.boolean(), async (value, thrown) => {
      const give = () => {
        if (thrown) throw value;
        return JSON.parse('0', () => value);
      };
      const { host, device } = await started({
        telemetry: { x: give },
        properties: { x: { set: give }, y: { initial: give } },
        commands: { x: give },
        connected: give,
        onMessage: give,
        start: give,
        stop: give,
      });
      device.beginTelemetry();
      const members = await connect(device);
      const { answers } = await device.apply({ x: 1 }, 2);
      const answer = await call(device, 'x', 1);
      await device.message(new Uint8Array(), new Map());
      await settle();
      await device.stop();
      const told = [members, device.toReported(answers), answer.response, ...host.samples.map(({ body }) => body)];
      for (const json of told) assert.deepEqual(JSON.parse(JSON.stringify(json)), structuredClone(json));
      assert.equal(answers.length, 1);
      assert.ok([200, 400, 500].includes(Number(answers[0]?.ack.ac)));
      if (thrown) assert.equal(answer.status, 500);
    }),
    { numRuns: 150 },
  );
});
