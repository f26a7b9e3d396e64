import { isDtmi } from '../../dtdl/dtmi.ts';
import { ModelError } from '../../dtdl/model-error.ts';
import { ModelRepository, PACKAGED_MODELS } from '../../dtdl/repository.ts';
import { loadModel } from '../../dtdl/resolve.ts';
import { type Json, parseJson } from '../../json.ts';

/** The names that a device model declares. */
export interface Model {
  id: string;
  /** Those of components too: a message may come from any of them. */
  telemetry: Set<string>;
  /** A component is one of the properties. */
  properties: Set<string>;
  /** Those of components as `component*command`. */
  commands: Set<string>;
  components: Set<string>;
  /** The whole model, with everything that it refers to resolved. */
  document: Json;
}

const repository = new ModelRepository([PACKAGED_MODELS]);
const models = new Map<string, Model>();

/** The model of this id, when it is one of those that come with the program. */
export function findModel(id: string | null): Model | undefined {
  if (id === null || !isDtmi(id)) return undefined;
  const known = models.get(id) ?? readModel(id);
  if (known) models.set(id, known);
  return known;
}

function readModel(id: string): Model | undefined {
  try {
    const { components, ...own } = loadModel(id, repository);
    const commands = components.flatMap(({ name, commands }) => commands.map((command) => `${name}*${command.name}`));
    return {
      id,
      telemetry: namesOf([own, ...components].flatMap(({ telemetry }) => telemetry)),
      properties: namesOf([...own.properties, ...components]),
      commands: new Set([...namesOf(own.commands), ...commands]),
      components: namesOf(components),
      document: parseJson(JSON.stringify({ ...own, components })) ?? null,
    };
  } catch (thrown) {
    if (thrown instanceof ModelError) return undefined;
    throw thrown;
  }
}

function namesOf(elements: readonly { name: string }[]): Set<string> {
  return new Set(elements.map(({ name }) => name));
}
