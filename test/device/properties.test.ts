import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toReported } from '../../src/azure/plug-and-play.ts';
import type { Twin } from '../../src/azure/twin.ts';
import { loadModel } from '../../src/device/model.ts';
import { type PropertyAnswer, WritableProperties } from '../../src/device/properties.ts';
import { refusal } from '../../src/device/validation.ts';
import type { Json, JsonObject } from '../../src/events.ts';

const MODEL = loadModel();
const INTERVAL_RANGE = 'telemetryInterval must be an integer from 1 to 86400';
const RGB_CHOICE = 'must be 0 (duty_000) or 100 (duty_100)';

function range(name: string) {
  return name === 'telemetryInterval' ? { minimum: 1, maximum: 86_400 } : {};
}

function device(): WritableProperties {
  return new WritableProperties(MODEL, { telemetryInterval: 10 });
}

/** A twin whose reported part is given as [ac, av, value] by name. */
function twin(desiredVersion: number, desired: JsonObject, reported: Record<string, [number, number, Json]>): Twin {
  const acks = Object.entries(reported).map(([name, [ac, av, value]]) => toReported(name, { ac, av, value }));
  return { desired, desiredVersion, reported: Object.assign({}, ...acks) };
}

function values(properties: WritableProperties): Json[] {
  return ['telemetryInterval', 'led_user', 'rgb_led_red', 'rgb_led_green', 'rgb_led_blue'].map((n) =>
    properties.value(n),
  );
}

test('at the start the defaults of the model and of the settings hold', () => {
  const properties = device();
  assert.deepEqual(values(properties), [10, 3, 0, 0, 0]);
  assert.equal(properties.telemetryInterval, 10);
  assert.equal(properties.value('ipAddress'), null);
  assert.equal(properties.value('constructor'), null);
});

test('a desired value is put in force or refused, and acknowledged', () => {
  const table: [string, Json, PropertyAnswer['ack'], boolean][] = [
    ['telemetryInterval', 5, { value: 5, ac: 200, av: 105, ad: 'telemetryInterval set to: 5' }, true],
    ['telemetryInterval', 10, { value: 10, ac: 200, av: 105, ad: 'telemetryInterval set to: 10' }, false],
    ['telemetryInterval', null, { value: 10, ac: 200, av: 105, ad: 'telemetryInterval set to: 10' }, false],
    ['telemetryInterval', 0, { value: 10, ac: 400, av: 105, ad: INTERVAL_RANGE }, false],
    ['telemetryInterval', 5.5, { value: 10, ac: 400, av: 105, ad: INTERVAL_RANGE }, false],
    ['telemetryInterval', '5', { value: 10, ac: 400, av: 105, ad: INTERVAL_RANGE }, false],
    ['telemetryInterval', true, { value: 10, ac: 400, av: 105, ad: INTERVAL_RANGE }, false],
    ['rgb_led_red', 100, { value: 100, ac: 200, av: 105, ad: 'rgb_led_red set to: 100' }, true],
    ['rgb_led_red', 1, { value: 0, ac: 400, av: 105, ad: `rgb_led_red ${RGB_CHOICE}` }, false],
    ['led_user', 1, { value: 1, ac: 200, av: 105, ad: 'led_user set to: 1' }, true],
    ['led_user', {}, { value: 3, ac: 400, av: 105, ad: 'led_user must be 1 (On), 2 (Off) or 3 (Blink)' }, false],
  ];
  for (const [name, requested, ack, changed] of table) {
    const properties = device();
    const result = properties.apply(name, requested, 105);
    assert.deepEqual(result, { kind: 'answer', answer: { name, requested, ack, changed } });
    assert.equal(properties.value(name), ack.value);
  }
  for (const name of ['ipAddress', 'temperature', 'reboot', 'nope', 'constructor', '']) {
    assert.deepEqual(device().apply(name, 5, 105), { kind: 'unknown' }, name);
  }
});

test('null brings the default back', () => {
  const properties = device();
  properties.apply('telemetryInterval', 5, 2);
  properties.apply('led_user', 1, 2);
  for (const [name, value] of [
    ['telemetryInterval', 10],
    ['led_user', 3],
  ] as const) {
    const ack = { value, ac: 200, av: 3, ad: `${name} set to: ${value}` };
    assert.deepEqual(properties.apply(name, null, 3), {
      kind: 'answer',
      answer: { name, requested: null, ack, changed: true },
    });
    assert.equal(properties.value(name), value);
  }
});

test('a version is answered once for each name, never after a newer one, and not when the twin had it', () => {
  const properties = device();
  properties.reconcile(twin(100, {}, {}));
  assert.equal(properties.apply('telemetryInterval', 5, 100).kind, 'duplicate');
  assert.equal(properties.apply('telemetryInterval', 5, 102).kind, 'answer');
  assert.equal(properties.apply('telemetryInterval', 6, 102).kind, 'duplicate');
  assert.equal(properties.apply('telemetryInterval', 7, 101).kind, 'duplicate');
  assert.equal(properties.value('telemetryInterval'), 5);
  assert.equal(properties.apply('led_user', 1, 101).kind, 'answer', 'another name, whose patch came late');
  properties.reconcile(twin(1, {}, {}));
  assert.equal(properties.apply('led_user', 2, 2).kind, 'answer', 'the twin was made anew and counts from the start');
});

test('an empty twin gets the defaults, an answered one nothing', () => {
  const properties = device();
  const { answers, defaults, unknown } = properties.reconcile(twin(1, {}, {}));
  assert.deepEqual([answers, unknown], [[], []]);
  const initial = (name: string, value: Json) => ({ name, ack: { value, ac: 203, av: 0, ad: 'initialize' } });
  assert.deepEqual(
    defaults.toSorted((a, b) => a.name.localeCompare(b.name)),
    [
      initial('led_user', 3),
      initial('rgb_led_blue', 0),
      initial('rgb_led_green', 0),
      initial('rgb_led_red', 0),
      initial('telemetryInterval', 10),
    ],
  );
  const reported = Object.fromEntries(
    defaults.map(({ name, ack }) => [name, [ack.ac, ack.av, ack.value] as [number, number, Json]]),
  );
  assert.deepEqual(properties.reconcile(twin(1, {}, reported)), { answers: [], defaults: [], unknown: [] });
});

test('the twin of the walkthrough: its wish is adopted, what it holds no answer to is answered', () => {
  const properties = device();
  const desired = { telemetryInterval: 5, rgb_led_blue: 0, rgb_led_green: 0, rgb_led_red: 0, led_user: 3 };
  const { answers, defaults, unknown } = properties.reconcile(
    twin(101, desired, {
      telemetryInterval: [200, 101, 5],
      rgb_led_blue: [200, 95, 7],
      rgb_led_green: [200, 96, 0],
      rgb_led_red: [200, 100, 0],
      led_user: [200, 95, 3],
    }),
  );
  assert.equal(properties.telemetryInterval, 5);
  assert.deepEqual([defaults, unknown], [[], []]);
  assert.deepEqual(
    answers.map(({ name, ack }) => `${name} ${ack.ac} ${ack.av} ${ack.value}`),
    ['rgb_led_blue 200 101 0', 'rgb_led_green 200 101 0', 'rgb_led_red 200 101 0', 'led_user 200 101 3'],
  );
});

test('one property and what a twin may say of it', () => {
  type Row = [string, Twin, string[], number];
  const interval = 'telemetryInterval';
  const table: Row[] = [
    ['desired, not reported', twin(7, { [interval]: 5 }, {}), ['200 7 5'], 5],
    [
      'desired, reported bare',
      { desired: { [interval]: 5 }, desiredVersion: 7, reported: { [interval]: 5 } },
      ['200 7 5'],
      5,
    ],
    ['acknowledged before', twin(7, { [interval]: 5 }, { [interval]: [200, 6, 4] }), ['200 7 5'], 5],
    ['acknowledged now', twin(7, { [interval]: 5 }, { [interval]: [200, 7, 5] }), [], 5],
    ['acknowledged later', twin(7, { [interval]: 5 }, { [interval]: [200, 8, 5] }), [], 5],
    ['refused now, though it could be had', twin(7, { [interval]: 5 }, { [interval]: [400, 7, 4] }), [], 4],
    ['refused now', twin(7, { [interval]: 0 }, { [interval]: [400, 7, 4] }), [], 4],
    ['acknowledged by another program', twin(7, { [interval]: 0 }, { [interval]: [200, 7, 4] }), [], 4],
    ['invalid, nothing reported', twin(7, { [interval]: 0 }, {}), ['400 7 10'], 10],
    ['invalid, reported value in force', twin(7, { [interval]: 0 }, { [interval]: [200, 6, 4] }), ['400 7 4'], 4],
    ['null', twin(7, { [interval]: null }, { [interval]: [200, 6, 4] }), ['200 7 10'], 10],
    ['null acknowledged', twin(7, { [interval]: null }, { [interval]: [200, 7, 4] }), [], 10],
    ['only reported: the setting holds', twin(7, {}, { [interval]: [200, 6, 4] }), [], 10],
    ['only reported, unusable', twin(7, {}, { [interval]: [200, 6, 'x'] }), ['203 0 10'], 10],
  ];
  for (const [what, document, expected, inForce] of table) {
    const properties = device();
    const { answers, defaults } = properties.reconcile(document);
    const acks = [...answers, ...defaults].filter(({ name }) => name === interval).map(({ ack }) => ack);
    assert.deepEqual(
      acks.map(({ ac, av, value }) => `${ac} ${av} ${value}`),
      expected,
      what,
    );
    assert.equal(properties.telemetryInterval, inForce, what);
  }
});

test('what the board held before a restart holds again, but a running board knows better than the twin', () => {
  const properties = device();
  properties.reconcile(twin(7, {}, { led_user: [200, 6, 1], rgb_led_red: [200, 6, 7] }));
  assert.equal(properties.value('led_user'), 1);
  assert.equal(properties.value('rgb_led_red'), 0, 'a value that the model does not have is not adopted');
  properties.apply('led_user', 2, 8);
  const { answers } = properties.reconcile(twin(9, { led_user: 99 }, { led_user: [200, 6, 1] }));
  assert.deepEqual(
    answers.map(({ ack }) => `${ack.ac} ${ack.value}`),
    ['400 2'],
  );
});

test('names that are not the cloud’s to set are told, not answered', () => {
  const { unknown, answers } = device().reconcile(twin(7, { nope: 1, ipAddress: '1.2.3.4', constructor: 2 }, {}));
  assert.deepEqual([unknown, answers], [['nope', 'ipAddress', 'constructor'], []]);
});

type Step =
  | { do: 'desire'; name: string; value: Json }
  | { do: 'deliver'; index: number }
  | { do: 'reconnect'; acksArrive: boolean };

test('every wish is answered, at most once for a version while the answer arrives, with the value in force', () => {
  const name = fc.constantFrom('telemetryInterval', 'led_user', 'rgb_led_red', 'nope');
  const value = fc.constantFrom<Json>(0, 1, 2, 3, 5, 5.5, 100, 86_400, 86_401, '5', null, true);
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constant('desire' as const), name, value }),
    fc.record({ do: fc.constant('deliver' as const), index: fc.nat(20) }),
    fc.record({ do: fc.constant('reconnect' as const), acksArrive: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const properties = device();
      const patches: { name: string; value: Json; version: number }[] = [];
      const desired: JsonObject = {};
      const reported: JsonObject = {};
      const answered = new Set<string>();
      let version = 1;
      const check = ({ name, requested, ack }: PropertyAnswer, arrives: boolean) => {
        const property = MODEL.properties.get(name);
        assert.ok(property);
        assert.equal(ack.value, properties.value(name));
        assert.equal(refusal(property, ack.value, range(name)), null);
        assert.equal(ack.ac, requested === null || refusal(property, requested, range(name)) === null ? 200 : 400);
        if (!arrives) return;
        assert.ok(!answered.has(`${name} ${ack.av}`), 'a version was answered twice');
        answered.add(`${name} ${ack.av}`);
        Object.assign(reported, toReported(name, ack));
      };
      const connect = (acksArrive: boolean) => {
        const { answers, defaults, unknown } = properties.reconcile(
          structuredClone({ desired, desiredVersion: version, reported }),
        );
        for (const answer of answers) check(answer, acksArrive);
        if (acksArrive) for (const { name, ack } of defaults) Object.assign(reported, toReported(name, ack));
        assert.deepEqual(
          unknown,
          Object.keys(desired).filter((name) => name === 'nope'),
        );
      };
      connect(true);
      for (const action of steps) {
        if (action.do === 'desire') {
          if (action.value === null) delete desired[action.name];
          else desired[action.name] = action.value;
          patches.push({ name: action.name, value: action.value, version: ++version });
        } else if (action.do === 'reconnect') {
          connect(action.acksArrive);
        } else {
          const patch = patches[action.index];
          const before = patch && properties.value(patch.name);
          const result = patch && properties.apply(patch.name, patch.value, patch.version);
          if (result?.kind === 'answer') {
            check(result.answer, true);
            if (result.answer.ack.ac === 400) assert.equal(result.answer.ack.value, before);
          }
        }
      }
      connect(true);
      const { answers, defaults } = properties.reconcile({ desired, desiredVersion: version, reported });
      assert.deepEqual([answers, defaults], [[], []], 'the twin is settled');
    }),
    { numRuns: 300 },
  );
});
