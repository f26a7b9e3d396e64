import type { Clock } from '../clock.ts';
import type { DeviceDefinition } from '../device/define.ts';
import { assertDefinition } from '../device/definition.ts';
import type { Device } from '../device/device.ts';
import { toJson } from '../device/json-value.ts';
import { schemaOfModel } from '../device/model-schema.ts';
import { playerOf } from '../device/player/player.ts';
import { createDevice } from '../device/runtime.ts';
import { WBZ451, wbz451 } from '../device/wbz451.ts';
import type { Model } from '../dtdl/model.ts';
import { ModelError } from '../dtdl/model-error.ts';
import { ModelRepository, PACKAGED_MODELS } from '../dtdl/repository.ts';
import { loadModel, readModel } from '../dtdl/resolve.ts';
import { AppError } from '../errors.ts';

interface Played {
  device: DeviceDefinition | string;
  models: string | undefined;
  interval: number | null;
  clock: Clock;
  random: () => number;
}

/**
 * The device that a session plays.
 * @throws AppError E_CONFIG for what is no device, and for a model that is not found, or is wrong
 */
export function playedDevice({ device, models, interval, clock, random }: Played): Device {
  try {
    const repository = new ModelRepository(models === undefined ? [PACKAGED_MODELS] : [PACKAGED_MODELS, models]);
    if (typeof device === 'string') {
      const model = loadModel(device, repository);
      // It has a definition of its own.
      const definition = device === WBZ451 ? wbz451() : playerOf(model, { random, wall: () => clock.wall() });
      return createDevice(definition, { interval, schema: schemaOfModel(model) });
    }
    assertDefinition(device);
    const model = modelOf(device, repository);
    return createDevice(device, { interval, schema: model && schemaOfModel(model) });
  } catch (error) {
    if (!(error instanceof ModelError || error instanceof TypeError)) throw error;
    throw new AppError('E_CONFIG', `The device cannot be played: ${error.message}`, 'Correct the device.', error);
  }
}

function modelOf({ model }: DeviceDefinition, repository: ModelRepository): Model | null {
  if (model === undefined) return null;
  return typeof model === 'string' ? loadModel(model, repository) : readModel(toJson(model), 'the model', repository);
}
