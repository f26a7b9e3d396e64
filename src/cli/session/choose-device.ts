import type { Clock } from '../../clock.ts';
import type { Settings } from '../../config/resolve.ts';
import type { Device } from '../../device/device.ts';
import { schemaOfModel } from '../../device/model-schema.ts';
import { playerOf } from '../../device/player/player.ts';
import { createDevice } from '../../device/runtime.ts';
import { wbz451 } from '../../device/wbz451.ts';
import { loadModel } from '../../dtdl/resolve.ts';
import { openModels, withModels } from '../models/places.ts';

/** The board that this program has a definition of its own for; every other one is played by its model. */
const WALKTHROUGH = 'dtmi:com:Microchip:WBZ451_Curiosity;1';

/**
 * The device that the settings ask for.
 * @throws AppError E_CONFIG for a model that is not found, or is wrong: announcing it would be a lie
 */
export function chooseDevice(
  { modelId, models, interval }: Pick<Settings, 'modelId' | 'models' | 'interval'>,
  { clock, random, cwd }: { clock: Clock; random: () => number; cwd: string },
): Device {
  const model = withModels(() => loadModel(modelId, openModels(models, cwd)));
  const definition = modelId === WALKTHROUGH ? wbz451() : playerOf(model, { random, wall: () => clock.wall() });
  return createDevice(definition, { interval, schema: schemaOfModel(model) });
}
