import { VirtualClock } from '../../test/helpers/virtual-clock.ts';
import { memoryInUse } from '../memory.ts';
import { PlainModule } from '../plain-module.ts';
import { figure, type Row, ratio } from '../row.ts';
import { startSession } from '../session.ts';
import { compare, summarise } from '../statistics.ts';

const FEW = 1_000;
const MANY = 1_000_000;
const ROUNDS = 40;
const WINDOW = 1_000;
const INTERVAL = 10;
const NEVER = 86_400;

/** A session at work in virtual time, and a step that makes it send one message more. */
interface Runner {
  step(): Promise<void>;
  stop(): Promise<void>;
}

async function start(
  interval: number,
  step: (clock: VirtualClock, module: PlainModule) => Promise<void>,
): Promise<Runner> {
  const clock = new VirtualClock();
  const module = new PlainModule();
  const session = startSession(module, clock, { interval });
  await clock.until(session.atWork);
  let commands = 0;
  module.onCommand = () => commands++;
  return {
    async step() {
      const before = commands;
      await step(clock, module);
      if (commands !== before + 1) throw new Error(`${commands - before} commands were sent in place of one`);
    },
    async stop() {
      await clock.until(session.stop());
    },
  };
}

const KINDS = {
  'telemetry message': () => start(INTERVAL, (clock) => clock.advance(1000 * INTERVAL)),
  'property change': () => {
    let value = 0;
    return start(NEVER, (clock, module) => {
      module.desire('led_user', 1 + (++value % 3));
      return clock.advance(1);
    });
  },
};

async function run(runner: Runner, steps: number): Promise<void> {
  for (let done = 0; done < steps; done++) await runner.step();
}

/** Microseconds a step. */
async function time(runner: Runner): Promise<number> {
  const started = performance.now();
  await run(runner, WINDOW);
  return (1000 * (performance.now() - started)) / WINDOW;
}

/** What a message costs a session that has sent a million of them, and one that has sent a thousand. */
export async function endurance(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, create] of Object.entries(KINDS)) {
    const old = await create();
    await run(old, FEW);
    const before = memoryInUse();
    await run(old, MANY - FEW);
    const growth = memoryInUse() - before;
    const young = await create();
    await run(young, FEW);
    const result = await compare(
      ROUNDS,
      () => time(old),
      () => time(young),
    );
    rows.push(ratio(`time per ${name} after 10⁶ of them`, 'µs', 'after 10³', result, { atMost: 1.05 }));
    rows.push(figure(`memory grown by 10⁶ times a ${name}`, 'kB', summarise([growth / 1000]), { atMost: 1000 }));
    await old.stop();
    await young.stop();
  }
  return rows;
}
