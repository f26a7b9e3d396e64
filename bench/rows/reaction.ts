import { sleep, systemClock } from '../../src/clock.ts';
import { PlainModule } from '../plain-module.ts';
import { figure, type Row } from '../row.ts';
import { startSession } from '../session.ts';
import { percentile, summarise } from '../statistics.ts';

const BATCHES = 9;
const BATCH = 200;
/** Long enough that no command and no acknowledgement is pending any more, in milliseconds. */
const PAUSE = 2;
/** No telemetry comes in between. */
const NEVER = 86_400;

/** Milliseconds from the last byte of a change to the first byte of the answer to it, many times over. */
async function reactions(module: PlainModule, change: (index: number) => void): Promise<number[]> {
  const delays: number[] = [];
  for (let index = 0; index < BATCH; index++) {
    await sleep(systemClock, PAUSE);
    const answered = new Promise<number>((resolve) => {
      module.onCommand = () => resolve(performance.now());
    });
    const printed = performance.now();
    change(index);
    delays.push((await answered) - printed);
  }
  return delays;
}

/** A change in the cloud until the answer to it is on the wire. */
export async function reaction(): Promise<Row[]> {
  const module = new PlainModule();
  const session = startSession(module, systemClock, { interval: NEVER });
  await session.atWork;
  let rid = 0;
  const changes = {
    property: (index: number) => module.desire('led_user', 1 + (index % 3)),
    command: () => module.deliver(`$iothub/methods/POST/reboot/?$rid=${(++rid).toString(16)}`, '{"delay":"PT5S"}'),
  };
  const rows: Row[] = [];
  for (const [name, change] of Object.entries(changes)) {
    const medians: number[] = [];
    const worst: number[] = [];
    for (let batch = 0; batch <= BATCHES; batch++) {
      const delays = await reactions(module, change);
      if (batch === 0) continue;
      medians.push(percentile(delays, 0.5));
      worst.push(percentile(delays, 0.99));
    }
    rows.push(figure(`${name} from the cloud to its answer, median`, 'ms', summarise(medians), { atMost: 1 }));
    rows.push(figure(`${name} from the cloud to its answer, 99th percentile`, 'ms', summarise(worst), { atMost: 5 }));
  }
  await session.stop();
  return rows;
}
