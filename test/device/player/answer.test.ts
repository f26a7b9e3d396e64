import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../../src/cli/seeded.ts';
import { answererFor } from '../../../src/device/player/answer.ts';
import type { Command } from '../../../src/dtdl/model.ts';
import type { Json } from '../../../src/events.ts';
import { complaint } from '../../corpus/checker.ts';
import { schema, valueFor } from '../../dtdl/arbitraries.ts';
import { dtdl, model } from '../../dtdl/interfaces.ts';

function command(request: Json | undefined, response: Json | undefined): Command {
  const payloads = {
    ...(request !== undefined && { request: { name: 'delay', schema: request } }),
    ...(response !== undefined && { response: { name: 'response', schema: response } }),
  };
  const contents = [{ '@type': 'Command', name: 'reboot', ...payloads }];
  const [found] = model(dtdl('dtmi:test:a;1', { '@context': 'dtmi:dtdl:context;3', contents })).commands;
  return found ?? assert.fail('the command is lost');
}

function ask(one: Command, request: Json): Json | undefined {
  return answererFor(one, { random: seeded(1), wall: () => 0 })(request);
}

const object = (...fields: [string, Json][]): Json => {
  return { '@type': 'Object', fields: fields.map(([name, schema]) => ({ name, schema })) };
};
const DELAYED = object(['status', 'string'], ['delay', 'integer']);

test('a command without a response has none', () => {
  assert.equal(ask(command('string', undefined), 'x'), undefined);
});

test('what request and response share by name goes back, in the form that is wanted', () => {
  const cases: [request: Json, response: Json, sent: Json, answered: Json][] = [
    [object(['delay', 'duration']), DELAYED, { delay: 'PT1M30S' }, { status: 'Success', delay: 90 }],
    ['duration', DELAYED, 'PT0.5S', { status: 'Success', delay: 1 }],
    ['integer', object(['delay', 'duration']), 5, { delay: 'PT5S' }],
    ['duration', object(['delay', 'double']), 'PT0.5S', { delay: 0.5 }],
    ['integer', object(['delay', 'string']), 5, { delay: '5' }],
    ['integer', object(['delay', 'double']), 5, { delay: 5 }],
    [object(['echoString', 'string']), object(['echoString', 'string']), { echoString: 'x' }, { echoString: 'x' }],
    [
      object(['delay', 'vector']),
      object(['inner', object(['delay', 'vector'])]),
      { delay: { x: 1 } },
      { inner: { delay: { x: 1 } } },
    ],
  ];
  for (const [request, response, sent, answered] of cases) {
    assert.deepEqual(ask(command(request, response), sent), answered);
  }
});

test('what cannot go back is made up', () => {
  const made = ask(command(object(['delay', 'duration']), DELAYED), { delay: 'P1Y' });
  assert.equal(complaint(DELAYED, made ?? null), null);
  assert.deepEqual(ask(command('boolean', object(['delay', 'string'])), true), { delay: 'delay 1' });
});

const asked = schema(2).chain((request) => {
  return fc.record({ request: fc.constant(request), sent: valueFor(request), response: schema(2), seed: fc.nat() });
});

test('an answer is one of the response schema, whatever was asked', () => {
  fc.assert(
    fc.property(asked, ({ request, sent, response, seed }) => {
      const next = answererFor(command(request, response), { random: seeded(seed), wall: () => 0 });
      assert.equal(complaint(response, next(sent) ?? null), null);
    }),
    { numRuns: 300 },
  );
});
