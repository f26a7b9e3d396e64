import type { Settings } from '../../config/resolve.ts';
import { buttonOf } from '../../device/button.ts';
import type { DeviceDefinition } from '../../device/define.ts';
import type { Device } from '../../device/device.ts';
import { toJson } from '../../device/json-value.ts';
import { schemaOfModel } from '../../device/model-schema.ts';
import type { Sources } from '../../device/player/generate.ts';
import { createDevice } from '../../device/runtime.ts';
import { WBZ451, wbz451 } from '../../device/wbz451.ts';
import type { Model } from '../../dtdl/model.ts';
import type { ModelRepository } from '../../dtdl/repository.ts';
import { loadModel } from '../../dtdl/resolve.ts';
import { openModels, withModels } from '../models/places.ts';
import type { ProcessEnvironment } from '../process-environment.ts';

/** What a session plays. */
export interface ChosenDevice {
  readonly device: Device;
  readonly definition: DeviceDefinition;
  /** Null for a device without one. */
  readonly model: Model | null;
  /** Where its model is found, and others. */
  readonly models: ModelRepository;
}

/**
 * The device that the settings ask for: one of a person's own, or one that comes with the program.
 * @throws AppError E_CONFIG for a file that is no device, and for a model that is not found, or is wrong: announcing it
 * would be a lie
 * @param number of one of several boards, from 1: what it measures, and what a file of a person's own keeps, is its own
 */
export async function chooseDevice(
  { device: file, modelId, models, interval }: Pick<Settings, 'device' | 'modelId' | 'models' | 'interval'>,
  environment: Pick<ProcessEnvironment, 'clock' | 'random' | 'cwd' | 'stderr'>,
  number = 1,
): Promise<ChosenDevice> {
  const { clock, random, cwd } = environment;
  const repository = openModels(models, cwd);
  const sources: Sources = { random, wall: () => clock.wall() };
  const partsOf = (model: Model) => ({ schema: schemaOfModel(model), button: buttonOf(model, sources) });
  if (file !== null) {
    const { loadDeviceFile } = await import('./device-file.ts');
    const { definition, locate } = await loadDeviceFile(file, environment, number);
    const model = withModels(() => modelOf(definition, file, repository));
    const device = createDevice(definition, { interval, locate, ...(model && partsOf(model)) });
    return { device, definition, model, models: repository };
  }
  const model = withModels(() => loadModel(modelId, repository));
  // It has a definition of its own, and stays as it is on the wire; every other model is played.
  const play = async () => (await import('../../device/player/player.ts')).playerOf(model, sources);
  const definition = modelId === WBZ451 ? wbz451(number - 1) : await play();
  return { device: createDevice(definition, { interval, ...partsOf(model) }), definition, model, models: repository };
}

/** The model of a device of a person's own; null where it has none. */
function modelOf({ model }: DeviceDefinition, file: string, repository: ModelRepository): Model | null {
  if (model === undefined) return null;
  return loadModel(typeof model === 'string' ? model : repository.add(toJson(model), file).id, repository);
}
