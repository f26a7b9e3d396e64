import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../src/cli/seeded.ts';
import { generatorFor } from '../../src/device/player/generate.ts';
import type { Schema } from '../../src/dtdl/model.ts';
import { readModel } from '../../src/dtdl/resolve.ts';
import { findViolation } from '../../src/dtdl/validate.ts';
import type { Json } from '../../src/events.ts';
import { schema, valueFor } from '../dtdl/arbitraries.ts';
import { accepts, FAULTS, mend, parse } from './oracle.ts';

/** An interface whose one telemetry has the schema. */
function document(schema: Json, version: 2 | 3): Json {
  const contents = [{ '@type': 'Telemetry', name: 'value', schema }];
  const contexts = [`dtmi:dtdl:context;${version}`, `dtmi:iotcentral:context;${version}`];
  return { '@context': contexts, '@id': 'dtmi:test:one;1', '@type': 'Interface', contents };
}

async function theirs(schema: Json, version: 2 | 3): Promise<object> {
  const dict = await parse([document(schema, version)]);
  mend(dict);
  const contents = Reflect.get(dict['dtmi:test:one;1'] ?? {}, 'contents');
  return Reflect.get(Reflect.get(contents, 'value'), 'schema');
}

function ours(schema: Json, version: 2 | 3): Schema {
  const nowhere = { find: (id: string) => assert.fail(`${id} is referred to`) };
  const [telemetry] = readModel(document(schema, version), 'test.json', nowhere).telemetry;
  return telemetry?.schema ?? assert.fail('the telemetry is lost');
}

test('what is mended in the parser is wrong there, each fault for itself', async () => {
  for (const { schema, value, valid, why } of FAULTS) {
    const dict = await parse([document(schema, 3)]);
    const contents = Reflect.get(dict['dtmi:test:one;1'] ?? {}, 'contents');
    assert.equal(accepts(Reflect.get(Reflect.get(contents, 'value'), 'schema'), value), !valid, why);
  }
  for (const { schema, value, valid, why } of FAULTS) {
    assert.equal(accepts(await theirs(schema, 3), value), valid, `mended: ${why}`);
    assert.equal(findViolation(ours(schema, 3), value) === null, valid, `ours: ${why}`);
  }
});

const written = fc.tuple(schema(), fc.constantFrom<2 | 3>(2, 3));
const sample = written.chain(([schema, version]) =>
  fc.record({ schema: fc.constant(schema), version: fc.constant(version), value: valueFor(schema) }),
);

/** The parser counts the levels of GeoJSON's shapes as ours do not: they are built in, and end somewhere. */
function isTooDeep(thrown: unknown): boolean {
  return thrown instanceof Error && JSON.stringify(Reflect.get(thrown, 'errors')).includes('excessiveDepth');
}

test('a value is accepted exactly where the parser accepts it', async () => {
  const seen = { valid: 0, invalid: 0 };
  await fc.assert(
    fc.asyncProperty(sample, async ({ schema, version, value }) => {
      const oracle = await theirs(schema, version).catch((thrown) => fc.pre(!isTooDeep(thrown)) ?? assert.fail(thrown));
      const expected = accepts(oracle, value);
      seen[expected ? 'valid' : 'invalid'] += 1;
      assert.equal(findViolation(ours(schema, version), value) === null, expected);
    }),
    { numRuns: 5000 },
  );
  assert.ok(Math.min(seen.valid, seen.invalid) > 1000, `both kinds occur: ${JSON.stringify(seen)}`);
});

test('the parser accepts whatever the player makes up', async () => {
  await fc.assert(
    fc.asyncProperty(written, fc.nat(), async ([schema, version], seed) => {
      const oracle = await theirs(schema, version).catch((thrown) => fc.pre(!isTooDeep(thrown)) ?? assert.fail(thrown));
      const field = {
        name: 'value',
        displayName: {},
        description: {},
        semanticTypes: [],
        schema: ours(schema, version),
      };
      const next = generatorFor(field, { random: seeded(seed), wall: () => 1.7e12 });
      for (const value of [next(), next(), next()]) assert.ok(accepts(oracle, value), JSON.stringify(value));
    }),
    { numRuns: 2000 },
  );
});
