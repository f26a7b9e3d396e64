import { existsSync } from 'node:fs';
import { seeded } from '../../src/cli/seeded.ts';
import type { Device } from '../../src/device/device.ts';
import { schemaOfModel } from '../../src/device/model-schema.ts';
import { playerOf } from '../../src/device/player/player.ts';
import { createDevice } from '../../src/device/runtime.ts';
import type { Model } from '../../src/dtdl/model.ts';
import { ModelRepository, PACKAGED_MODELS } from '../../src/dtdl/repository.ts';
import { loadModel } from '../../src/dtdl/resolve.ts';
import { CORPUS, unpackCorpus } from '../../test/corpus/unpack.ts';
import { VirtualClock } from '../../test/helpers/virtual-clock.ts';
import { PlainModule } from '../plain-module.ts';
import { figure, type Row, ratio } from '../row.ts';
import { board, startSession } from '../session.ts';
import { compare, summarise } from '../statistics.ts';

const ROUNDS = 20;
const LOADINGS = 10;
/** Samples of a round. */
const WINDOW = 500;
const INTERVAL = 10;

/** What a session costs that plays a large model, and what reading many models takes. */
export async function models(): Promise<Row[]> {
  const corpus = process.env['MODELS_CORPUS'] ?? CORPUS;
  if (!existsSync(corpus)) {
    process.stderr.write(`the public models are not read: there is no ${corpus}\n`);
    return [await largest(loadAll(PACKAGED_MODELS))];
  }
  const { folder, remove } = unpackCorpus(corpus);
  try {
    return [await largest(loadAll(folder)), loading(folder)];
  } finally {
    remove();
  }
}

function loadAll(folder: string): Model[] {
  const repository = new ModelRepository([folder]);
  return [...repository.list()].map((entry) => {
    if (entry instanceof Error) throw entry;
    return loadModel(entry.id, repository);
  });
}

/** The model that has the most to measure. */
function largestOf(all: readonly Model[]): Model {
  const size = ({ telemetry, components }: Model) =>
    [{ telemetry }, ...components].reduce((sum, part) => sum + part.telemetry.length, 0);
  return all.reduce((largest, model) => (size(model) > size(largest) ? model : largest));
}

async function largest(all: readonly Model[]): Promise<Row> {
  const model = largestOf(all);
  const clock = new VirtualClock();
  const definition = playerOf(model, { random: seeded(1), wall: () => clock.wall() });
  const device = createDevice(definition, { interval: INTERVAL, schema: schemaOfModel(model) });
  const ours = await start(device, clock);
  const theirs = await start(board(INTERVAL), new VirtualClock());
  const result = await compare(ROUNDS, ours.time, theirs.time);
  await ours.stop();
  await theirs.stop();
  return ratio(`telemetry message of ${model.id}`, 'µs', 'of the WBZ451', result, { atMost: 12 });
}

/** A session in virtual time, and the microseconds that each of its telemetry messages costs. */
async function start(device: Device, clock: VirtualClock) {
  const module = new PlainModule();
  const session = startSession(module, clock, { interval: INTERVAL }, undefined, device);
  await clock.until(session.atWork);
  let sent = 0;
  module.onCommand = (text) => {
    if (text.startsWith('AT+MQTTPUB=') && text.includes('/messages/events/')) sent++;
  };
  return {
    async time() {
      sent = 0;
      const started = performance.now();
      for (let sample = 0; sample < WINDOW; sample++) await clock.advance(1000 * INTERVAL);
      if (sent < WINDOW) throw new Error(`${sent} messages were sent for ${WINDOW} samples`);
      return (1000 * (performance.now() - started)) / sent;
    },
    stop: () => clock.until(session.stop()),
  };
}

/** All models of a folder, in a repository that has read none of them. */
function loading(folder: string): Row {
  let count = 0;
  const times = Array.from({ length: LOADINGS }, () => {
    const started = performance.now();
    count = loadAll(folder).length;
    return performance.now() - started;
  });
  return figure(`loading ${count} models`, 'ms', summarise(times), { atMost: 2000 });
}
