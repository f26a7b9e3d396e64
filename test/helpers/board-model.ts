import { schemaOfModel } from '../../src/device/model-schema.ts';
import { WBZ451 } from '../../src/device/wbz451.ts';
import { ModelRepository, PACKAGED_MODELS } from '../../src/dtdl/repository.ts';
import { loadModel } from '../../src/dtdl/resolve.ts';

/** The model of the walkthrough's board. */
export const BOARD_MODEL = loadModel(WBZ451, new ModelRepository([PACKAGED_MODELS]));

/** What it says to the device. */
export const BOARD_SCHEMA = schemaOfModel(BOARD_MODEL);
