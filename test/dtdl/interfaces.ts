import { readDocument } from '../../src/dtdl/document.ts';
import type { Model, Schema } from '../../src/dtdl/model.ts';
import { ModelError } from '../../src/dtdl/model-error.ts';
import type { Interfaces } from '../../src/dtdl/resolve.ts';
import { readModel } from '../../src/dtdl/resolve.ts';
import type { Json, JsonObject } from '../../src/events.ts';

/** An interface of version 2 unless `members` say otherwise. */
export function dtdl(id: string, members: JsonObject): JsonObject {
  return { '@context': 'dtmi:dtdl:context;2', '@id': id, '@type': 'Interface', ...members };
}

/** A place that has exactly these documents. */
export function memory(...documents: Json[]): Interfaces {
  const known = new Map(documents.flatMap((document) => [...readDocument(document, 'memory.json')]));
  return {
    find(id) {
      const source = known.get(id);
      if (!source) throw new ModelError({ kind: 'not-found', id, tried: ['memory.json'] });
      return source;
    },
  };
}

/** The model of a document that needs no other, or only `others`. */
export function model(document: Json, ...others: Json[]): Model {
  return readModel(document, 'test.json', memory(...others));
}

/** The resolved schema of a telemetry that is written so. */
export function schemaOf(schema: Json, version = 3): Schema {
  const contexts = [`dtmi:dtdl:context;${version}`];
  const contents = [{ '@type': 'Telemetry', name: 'value', schema }];
  const [telemetry] = model(dtdl('dtmi:test:one;1', { '@context': contexts, contents })).telemetry;
  if (!telemetry) throw new Error('the telemetry is lost');
  return telemetry.schema;
}
