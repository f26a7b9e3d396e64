import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { isDtmi } from '../../dtdl/dtmi.ts';
import { localized } from '../../dtdl/model.ts';
import { ModelError } from '../../dtdl/model-error.ts';
import type { ModelRepository } from '../../dtdl/repository.ts';
import { loadModel } from '../../dtdl/resolve.ts';
import { wholeDocument } from '../../dtdl/whole-document.ts';
import { type Json, type JsonObject, parseJson } from '../../json.ts';

/** The names that a device model declares. */
export interface Model {
  id: string;
  /** Those of components as `component.name`. */
  telemetry: ReadonlySet<string>;
  /** A component is one of the properties. */
  properties: ReadonlySet<string>;
  /** Those of components as `component*command`. */
  commands: ReadonlySet<string>;
  /** The properties of each component. */
  components: ReadonlyMap<string, ReadonlySet<string>>;
  displayName: string;
  description: string;
  /** The whole model, with everything that it refers to resolved. */
  document: Json;
}

/** The models that the cloud knows. What it has read once it keeps. */
export class ModelCatalog {
  readonly #repository: ModelRepository;
  readonly #log: (line: string) => void;
  readonly #known = new Map<string, Model>();
  /** Files of which it was said that they are wrong. Not ids: devices make those up. */
  readonly #broken = new Set<string>();

  /** @param log takes what is wrong with a model, once for each file */
  constructor(repository: ModelRepository, log: (line: string) => void) {
    this.#repository = repository;
    this.#log = log;
  }

  /** The model of this id; undefined for one that is not there, or is wrong. */
  find(id: string | null): Model | undefined {
    if (id === null || !isDtmi(id)) return undefined;
    const known = this.#known.get(id) ?? this.#read(id);
    if (known) this.#known.set(id, known);
    return known;
  }

  /** A device template as IoT Central shows it; undefined where there is no such model. */
  template(id: string): JsonObject | undefined {
    const model = this.find(id);
    return model && templateOf(model, wholeDocument(id, this.#repository));
  }

  /** All device templates, by id; devices are served meanwhile, since there may be many. */
  async templates(): Promise<JsonObject[]> {
    const templates = new Map<string, JsonObject>();
    for (const entry of this.#repository.list()) {
      await setImmediate();
      const template = entry instanceof Error ? undefined : this.template(entry.id);
      if (template && !(entry instanceof Error)) templates.set(entry.id, template);
    }
    return [...templates].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, template]) => template);
  }

  #read(id: string): Model | undefined {
    try {
      return readModel(id, this.#repository);
    } catch (thrown) {
      if (!(thrown instanceof ModelError)) throw thrown;
      const { problem } = thrown;
      const file = problem.kind === 'not-found' ? problem.neededBy?.file : problem.file;
      // That a device has a model which nobody here has is no trouble.
      if (file === undefined || this.#broken.has(file)) return undefined;
      this.#broken.add(file);
      this.#log(thrown.message);
      return undefined;
    }
  }
}

function readModel(id: string, repository: ModelRepository): Model {
  const model = loadModel(id, repository);
  const { components, telemetry, commands } = model;
  const ofComponents = (mark: string, kind: 'telemetry' | 'commands') =>
    components.flatMap((component) => component[kind].map(({ name }) => `${component.name}${mark}${name}`));
  return {
    id,
    telemetry: new Set([...namesOf(telemetry), ...ofComponents('.', 'telemetry')]),
    properties: namesOf([...model.properties, ...components]),
    commands: new Set([...namesOf(commands), ...ofComponents('*', 'commands')]),
    components: new Map(components.map(({ name, properties }) => [name, namesOf(properties)])),
    displayName: localized(model.displayName) || id,
    description: localized(model.description),
    document: parseJson(JSON.stringify(model)) ?? null,
  };
}

/** In IoT Central the template's id may be another one than the model's; here it is what a device announces. */
function templateOf({ id, displayName, description }: Model, capabilityModel: JsonObject): JsonObject {
  const context = capabilityModel['@context'];
  const template = {
    '@id': id,
    '@type': ['ModelDefinition', 'DeviceModel'],
    ...(context === undefined ? {} : { '@context': context }),
    displayName,
    ...(description === '' ? {} : { description }),
    capabilityModel,
  };
  const etag = createHash('sha256').update(JSON.stringify(template)).digest('base64url');
  return { ...template, etag: `"${etag}"` };
}

function namesOf(elements: readonly { name: string }[]): Set<string> {
  return new Set(elements.map(({ name }) => name));
}
