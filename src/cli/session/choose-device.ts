import type { Settings } from '../../config/resolve.ts';
import type { Device } from '../../device/device.ts';
import { loadModel } from '../../device/model.ts';
import { createDevice } from '../../device/runtime.ts';
import { schemaOf } from '../../device/schema.ts';
import { wbz451 } from '../../device/wbz451.ts';
import { AppError } from '../../errors.ts';

/**
 * The device that the settings ask for.
 * @throws AppError E_CONFIG for a model that this program cannot play: announcing it would be a lie
 */
export function chooseDevice({ modelId, interval }: Pick<Settings, 'modelId' | 'interval'>): Device {
  const model = loadModel();
  if (modelId !== model.id) {
    throw new AppError(
      'E_CONFIG',
      `MODEL_ID is "${modelId}", a model that this program cannot play; it plays ${model.id}`,
      `Delete the line MODEL_ID=${modelId} from .env, or leave out --model-id.`,
    );
  }
  return createDevice(wbz451(), { interval, schema: schemaOf(model) });
}
