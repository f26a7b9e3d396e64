import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toReported } from '../../src/azure/plug-and-play.ts';
import type { Twin } from '../../src/azure/twin.ts';
import { DesiredProperties, type SetResult, type WritableProperty } from '../../src/device/desired-properties.ts';
import type { PropertyAnswer } from '../../src/device/device.ts';
import { mergePatch, sameJson } from '../../src/device/merge-patch.ts';
import { mergeMembers, parsePlace, placeKey } from '../../src/device/place.ts';
import { outOfRange } from '../../src/device/range.ts';
import type { Json, JsonObject } from '../../src/events.ts';

const PACE = { minimum: 1, maximum: 86_400, integer: true };
const LED = [1, 2, 3];

/** What a device of the tests is made of: what its handlers have put in force, in which order. */
class Hardware {
  readonly calls: string[] = [];
  readonly values = new Map<string, Json>();
  /** Gives what a handler does with a value, where that is not simply to put it in force. */
  outcome: (key: string, value: Json) => SetResult | undefined = () => undefined;

  property(key: string, options: Partial<WritableProperty> = {}): WritableProperty {
    const { initial } = options;
    if (initial !== undefined) this.values.set(key, initial);
    return {
      place: parsePlace(key),
      initial: undefined,
      ownsInitial: false,
      refusal: () => null,
      set: async (value, source, notes) => {
        this.calls.push(`${key}=${JSON.stringify(value)} ${source}`);
        const outcome = this.outcome(key, value) ?? { kind: 'set', value };
        if (outcome.kind === 'set') this.values.set(key, outcome.value);
        notes.push(`${key}!`);
        return outcome;
      },
      ...options,
    };
  }
}

function device() {
  const hardware = new Hardware();
  const led = (value: Json) => (LED.some((choice) => choice === value) ? null : 'led must be 1, 2 or 3');
  const properties = new DesiredProperties([
    hardware.property('led', { initial: 3, refusal: led }),
    hardware.property('pace', {
      initial: 10,
      ownsInitial: true,
      refusal: (value) => outOfRange('pace', value, PACE),
    }),
    hardware.property('shape'),
    hardware.property('left.target', { initial: 20, refusal: (v) => (typeof v === 'number' ? null : 'no number') }),
    hardware.property('right.target', { initial: 20, refusal: (v) => (typeof v === 'number' ? null : 'no number') }),
  ]);
  return { hardware, properties };
}

/** A twin whose reported part is given as [ac, av, value] by name. */
function twin(
  desiredVersion: number,
  desired: JsonObject,
  reported: Record<string, [number, number, Json]> = {},
): Twin {
  const acks = Object.entries(reported).map(([name, [ac, av, value]]) => toReported(name, { ac, av, value }));
  return { desired, desiredVersion, reported: Object.assign({}, ...acks) };
}

function inWords(answers: readonly PropertyAnswer[]): string[] {
  return answers.map((answer) => {
    const { ac, av, value } = answer.ack;
    return `${placeKey(answer)} ${ac} ${av} ${JSON.stringify(value)}`;
  });
}

test('a desired value is put in force or refused, and acknowledged', async () => {
  const table: [string, Json, PropertyAnswer['ack'], string[]][] = [
    ['pace', 5, { value: 5, ac: 200, av: 105, ad: 'pace set to: 5' }, ['pace=5 update']],
    ['pace', 10, { value: 10, ac: 200, av: 105, ad: 'pace set to: 10' }, ['pace=10 update']],
    ['pace', null, { value: 10, ac: 200, av: 105, ad: 'pace set to: 10' }, ['pace=10 update']],
    ['pace', 0, { value: 10, ac: 400, av: 105, ad: 'pace must be an integer from 1 to 86400' }, []],
    ['pace', '5', { value: 10, ac: 400, av: 105, ad: 'pace must be an integer from 1 to 86400' }, []],
    ['led', {}, { value: 3, ac: 400, av: 105, ad: 'led must be 1, 2 or 3' }, []],
    ['shape', null, { value: null, ac: 200, av: 105, ad: 'shape set to: null' }, []],
    [
      'shape',
      { a: [1] },
      { value: { a: [1] }, ac: 200, av: 105, ad: 'shape set to: {"a":[1]}' },
      ['shape={"a":[1]} update'],
    ],
    [
      'shape',
      'x'.repeat(90),
      { value: 'x'.repeat(90), ac: 200, av: 105, ad: 'shape set' },
      [`shape="${'x'.repeat(90)}" update`],
    ],
  ];
  for (const [name, requested, ack, calls] of table) {
    const { hardware, properties } = device();
    const { answers, unknown, notes } = await properties.apply({ [name]: requested }, 105);
    assert.deepEqual(answers, [{ name, requested, ack }]);
    assert.deepEqual(hardware.calls, calls);
    assert.deepEqual([unknown, notes], [[], calls.map(() => `${name}!`)]);
  }
});

test('what a handler does decides the answer', async () => {
  const table: [SetResult, string][] = [
    [{ kind: 'set', value: 4 }, 'pace 200 2 4'],
    [{ kind: 'refused', ac: 400, why: 'not by night' }, 'pace 400 2 10'],
    [{ kind: 'refused', ac: 500, why: 'stuck' }, 'pace 500 2 10'],
  ];
  for (const [outcome, expected] of table) {
    const { hardware, properties } = device();
    hardware.outcome = () => outcome;
    const { answers } = await properties.apply({ pace: 5 }, 2);
    assert.deepEqual(inWords(answers), [expected]);
    if (outcome.kind === 'refused') assert.equal(answers[0]?.ack.ad, outcome.why);
  }
});

test('one property and what a twin may say of it', async () => {
  type Row = [string, Twin, string[], number];
  const table: Row[] = [
    ['desired, not reported', twin(7, { pace: 5 }), ['pace 200 7 5'], 5],
    ['desired, reported bare', { desired: { pace: 5 }, desiredVersion: 7, reported: { pace: 5 } }, ['pace 200 7 5'], 5],
    ['acknowledged before', twin(7, { pace: 5 }, { pace: [200, 6, 4] }), ['pace 200 7 5'], 5],
    ['acknowledged now', twin(7, { pace: 5 }, { pace: [200, 7, 5] }), [], 5],
    ['acknowledged later', twin(7, { pace: 5 }, { pace: [200, 8, 5] }), [], 5],
    ['acknowledged with another value', twin(7, { pace: 5 }, { pace: [200, 7, 4] }), ['pace 200 7 5'], 5],
    ['refused now, though it could be had', twin(7, { pace: 5 }, { pace: [400, 7, 4] }), [], 4],
    ['refused now', twin(7, { pace: 0 }, { pace: [400, 7, 4] }), [], 4],
    ['failed now', twin(7, { pace: 5 }, { pace: [500, 7, 4] }), [], 4],
    ['acknowledged by another program', twin(7, { pace: 0 }, { pace: [200, 7, 4] }), [], 4],
    ['invalid, nothing reported', twin(7, { pace: 0 }), ['pace 400 7 10'], 10],
    ['invalid, reported value in force', twin(7, { pace: 0 }, { pace: [200, 6, 4] }), ['pace 400 7 4'], 4],
    ['null', twin(7, { pace: null }, { pace: [200, 6, 4] }), ['pace 200 7 10'], 10],
    ['null acknowledged', twin(7, { pace: null }, { pace: [200, 7, 10] }), [], 10],
    ['only reported: the device knows it better', twin(7, {}, { pace: [200, 6, 4] }), ['pace 203 0 10'], 10],
    ['only reported, unusable', twin(7, {}, { pace: [200, 6, 'x'] }), ['pace 203 0 10'], 10],
    ['only reported, as it is', twin(7, {}, { pace: [203, 0, 10] }), [], 10],
    ['nothing', twin(7, {}), ['pace 203 0 10'], 10],
    ['only reported, another', twin(7, {}, { led: [200, 6, 1] }), [], 1],
    ['only reported, another, unusable', twin(7, {}, { led: [200, 6, 9] }), ['led 203 0 3'], 3],
  ];
  for (const [what, document, expected, inForce] of table) {
    const { hardware, properties } = device();
    const { answers } = await properties.reconcile(document);
    const reported = properties.toReported(answers);
    const members = Object.entries({ ...reported, ...properties.takeDefaults() });
    const name = 'led' in document.reported ? 'led' : 'pace';
    const acks = members.filter(([member]) => member === name).map(([, ack]) => ack);
    assert.deepEqual(
      acks.map((ack) => Object.values(ack ?? {}).filter((value) => typeof value === 'number')),
      expected.map((text) => text.split(' ').slice(1).map(Number)),
      what,
    );
    assert.equal(hardware.values.get(name), inForce, what);
  }
});

test('a handler hears of what the twin holds after every connect, and of what held before only when it must', async () => {
  const { hardware, properties } = device();
  await properties.reconcile(twin(7, { pace: 5 }, { pace: [200, 6, 4], led: [200, 6, 1] }));
  assert.deepEqual(hardware.calls, ['led=1 twin', 'pace=5 twin'], 'not 4 first');
  hardware.calls.length = 0;
  await properties.reconcile(twin(7, { pace: 5 }, { pace: [200, 7, 5], led: [200, 6, 1] }));
  assert.deepEqual(hardware.calls, ['pace=5 twin']);
  hardware.calls.length = 0;
  await properties.reconcile(twin(8, {}, { pace: [200, 7, 5], led: [200, 6, 1] }));
  assert.deepEqual(hardware.calls, ['pace=10 twin'], 'the cloud desires nothing more');
  assert.deepEqual(properties.takeDefaults()['pace'], { ac: 203, av: 0, ad: 'initialize', value: 10 });
  assert.deepEqual(properties.takeDefaults(), {}, 'once');
});

test('what a device cannot restore is told to the twin, which says that it is in force', async () => {
  const { hardware, properties } = device();
  hardware.outcome = () => ({ kind: 'refused', ac: 400, why: 'broken' });
  const document = twin(7, { pace: 5 }, { pace: [200, 7, 5], led: [200, 6, 1] });
  const { answers } = await properties.reconcile(document);
  assert.deepEqual(inWords(answers), ['pace 400 7 10']);
  assert.deepEqual(properties.takeDefaults()['led'], { ac: 203, av: 0, ad: 'initialize', value: 3 });
});

test('a version is answered once for each name, never after a newer one, and not when the twin had it', async () => {
  const { properties } = device();
  const apply = async (name: string, value: Json, version: number) =>
    inWords((await properties.apply({ [name]: value }, version)).answers);
  await properties.reconcile(twin(100, {}));
  assert.deepEqual(await apply('pace', 5, 100), []);
  assert.deepEqual(await apply('pace', 5, 102), ['pace 200 102 5']);
  assert.deepEqual(await apply('pace', 6, 102), []);
  assert.deepEqual(await apply('pace', 7, 101), []);
  assert.deepEqual(await apply('led', 1, 101), ['led 200 101 1'], 'another name, whose patch came late');
  await properties.reconcile(twin(1, {}));
  assert.deepEqual(await apply('led', 2, 2), ['led 200 2 2'], 'the twin was made anew and counts from the start');
});

test('handlers are called one after another, in the order of the requests', async () => {
  const order: string[] = [];
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const slow = new Hardware().property('slow', {
    set: async (value) => {
      order.push(`begin ${value}`);
      await finished;
      order.push(`end ${value}`);
      return { kind: 'set', value };
    },
  });
  const properties = new DesiredProperties([slow]);
  const first = properties.apply({ slow: 1 }, 1);
  const second = properties.reconcile(twin(2, { slow: 2 }));
  finish();
  assert.deepEqual(inWords((await first).answers), ['slow 200 1 1']);
  assert.deepEqual(inWords((await second).answers), ['slow 200 2 2']);
  assert.deepEqual(order, ['begin 1', 'end 1', 'begin 2', 'end 2']);
});

test('components: their members are answered together, with their mark (Azure 3.3)', async () => {
  const { properties, hardware } = device();
  const patch = {
    left: { __t: 'c', target: 21, nope: 1 },
    led: 1,
    right: { __t: 'c', target: 'x' },
    other: { target: 1 },
  };
  const { answers, unknown } = await properties.apply(patch, 9);
  assert.deepEqual(inWords(answers), ['left.target 200 9 21', 'led 200 9 1', 'right.target 400 9 20']);
  assert.deepEqual(unknown, ['left.nope', 'other']);
  assert.deepEqual(properties.toReported(answers), {
    left: { __t: 'c', target: { ac: 200, av: 9, ad: 'target set to: 21', value: 21 } },
    led: { ac: 200, av: 9, ad: 'led set to: 1', value: 1 },
    right: { __t: 'c', target: { ac: 400, av: 9, ad: 'no number', value: 20 } },
  });
  assert.deepEqual(inWords((await properties.apply({ left: null }, 10)).answers), ['left.target 200 10 20']);
  assert.deepEqual((await properties.apply({ left: 5 }, 11)).unknown, ['left']);
  hardware.calls.length = 0;
  const reported = { left: { __t: 'c', target: { ac: 200, av: 3, value: 22 } } };
  await properties.reconcile({ desired: { left: { __t: 'c', target: 22 } }, desiredVersion: 3, reported });
  assert.deepEqual(hardware.calls, ['left.target=22 twin', 'pace=10 twin'].slice(0, 1));
});

test('a change of an object names what has changed; the answer takes the place of what the twin shows', async () => {
  const { hardware, properties } = device();
  const shown = { a: 1, b: { c: 2, d: 3 } };
  await properties.reconcile(twin(5, { shape: shown }, { shape: [200, 5, shown] }));
  const { answers } = await properties.apply({ shape: { b: { d: null }, e: [null] } }, 6);
  const value = { a: 1, b: { c: 2 }, e: [null] };
  assert.deepEqual(answers[0]?.ack.value, value);
  assert.deepEqual(hardware.values.get('shape'), value);
  const ad = 'shape set to: {"a":1,"b":{"c":2},"e":[null]}';
  assert.deepEqual(properties.toReported(answers), {
    shape: { ac: 200, av: 6, ad, value: { a: 1, b: { c: 2, d: null }, e: [null] } },
  });
  const next = await properties.apply({ shape: { a: null } }, 7);
  assert.deepEqual(next.answers[0]?.ack.value, { b: { c: 2 }, e: [null] });
  const reported = properties.toReported(next.answers)['shape'];
  assert.deepEqual(Object(reported)['value'], { b: { c: 2 }, e: [null], a: null }, 'as the twin was left before');
});

test('names that are not the cloud’s to set are told, not answered', async () => {
  const desired: JsonObject = JSON.parse('{"nope":1,"constructor":2,"__proto__":{"led":1},"toString":null}');
  for (const act of ['apply', 'reconcile'] as const) {
    const { hardware, properties } = device();
    const { answers, unknown } =
      act === 'apply' ? await properties.apply(desired, 7) : await properties.reconcile(twin(7, desired));
    assert.deepEqual([answers, unknown], [[], ['nope', 'constructor', '__proto__', 'toString']]);
    assert.deepEqual(hardware.calls, []);
  }
  assert.equal(Object.hasOwn(Object.prototype, 'led'), false);
});

type Step =
  | { do: 'desire'; name: string; value: Json }
  | { do: 'deliver'; index: number }
  | { do: 'reconnect'; acksArrive: boolean }
  | { do: 'restart' };

test('whatever comes, a name and version is answered once, with the value in force, and the twin is true in the end', async () => {
  const name = fc.constantFrom('pace', 'led', 'shape', 'nope');
  const value = fc.constantFrom<Json>(
    0,
    1,
    2,
    3,
    5,
    5.5,
    100,
    86_401,
    '5',
    null,
    true,
    { a: 1 },
    { b: 2 },
    { a: null, b: 3 },
  );
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('desire' as const), name, value }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), index: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('reconnect' as const), acksArrive: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      let { hardware, properties } = device();
      const patches: { patch: JsonObject; version: number }[] = [];
      let desired: JsonObject = {};
      let reported: JsonObject = {};
      let version = 1;
      const arrived = new Map<string, PropertyAnswer['ack']>();
      const take = (answers: readonly PropertyAnswer[], arrives: boolean) => {
        for (const answer of answers) {
          const { ack } = answer;
          assert.ok(sameJson(ack.value, hardware.values.get(answer.name) ?? null), 'what is told is in force');
          if (!arrives) continue;
          const before = arrived.get(answer.name);
          // A patch of an object that was lost makes a later one incomplete; the twin tells, and the answer is mended.
          const mended = ack.av === before?.av && !sameJson(ack.value, before.value);
          assert.ok(!before || ack.av > before.av || mended, 'a version was answered twice, or after a newer one');
          arrived.set(answer.name, ack);
        }
        if (arrives) reported = patched(reported, properties.toReported(answers));
      };
      const connect = async (acksArrive: boolean) => {
        const { answers, unknown } = await properties.reconcile(
          structuredClone({ desired, desiredVersion: version, reported }),
        );
        take(answers, acksArrive);
        const defaults = properties.takeDefaults();
        if (acksArrive) reported = patched(reported, defaults);
        assert.deepEqual(
          unknown,
          Object.keys(desired).filter((name) => name === 'nope'),
        );
      };
      await connect(true);
      for (const action of steps) {
        if (action.do === 'desire') {
          const patch = { [action.name]: action.value };
          desired = patched(desired, patch);
          patches.push({ patch, version: ++version });
        } else if (action.do === 'reconnect') {
          await connect(action.acksArrive);
        } else if (action.do === 'restart') {
          ({ hardware, properties } = device());
          await connect(true);
        } else {
          const delivered = patches[action.index];
          if (delivered) take((await properties.apply(delivered.patch, delivered.version)).answers, true);
        }
      }
      await connect(true);
      for (const [name, value] of hardware.values) {
        const ack = reported[name];
        if (!name.includes('.')) assert.ok(sameJson(Object(ack)['value'], value), `the twin is true about ${name}`);
      }
      const { answers } = await properties.reconcile({ desired, desiredVersion: version, reported });
      assert.deepEqual([answers, properties.takeDefaults()], [[], {}], 'the twin is settled');
    }),
    { numRuns: 300 },
  );
});

function patched(document: JsonObject, patch: JsonObject): JsonObject {
  const merged = mergePatch(document, patch);
  return mergeMembers(typeof merged === 'object' && merged !== null && !Array.isArray(merged) ? merged : {}, {});
}
