import { AppError } from '../../src/errors.ts';
import type { State } from '../../src/session/table.ts';
import { DEVICE, seeded, type VirtualSimulation, virtualSimulation } from '../helpers/simulation.ts';
import type { Fate, Fault } from './table.ts';

/** How to come into the states that lie beside the story: what happens in telemetry. */
const DETOURS: Partial<Record<State, (bench: VirtualSimulation) => void>> = {
  'await-reconnect': ({ module }) => module.faults.mqttDrop(),
  rejoin: ({ module }) => module.faults.wifiDrop(),
  reset: ({ module }) => module.faults.raw(Buffer.from('Failed to allocate Handle\r\n')),
};

/** How a session came back, or to its end. */
export interface Path {
  /** The states that lie beside the story, and the attempts at Wi-Fi, as they were entered after the fault had struck. */
  states: string;
  /** How often the module was reset, and told to connect to a broker. */
  resets: number;
  connects: number;
  /** From the end of the fault. */
  seconds: number;
}

export interface Result {
  fate: Fate | 'hang' | 'bug';
  path: Path;
  /** Milliseconds from the end of the fault. */
  after: number;
  /** What the session has said, for whoever must find out why. */
  trace: string;
}

/** Lets `fault` strike in `state`, a moment (by the seed) after the session has entered it, and tells what becomes of it. */
export async function play(fault: Fault, state: State, seed: number): Promise<Result> {
  const random = seeded(seed);
  let bench: VirtualSimulation | null = null;
  let struckAt: number | null = null;
  let eventsBefore = 0;
  let healedAt: number | null = null;
  let detoured = false;
  const strike = (b: VirtualSimulation) => {
    struckAt = b.clock.monotonic();
    eventsBefore = b.events.length;
    fault.strike(b);
    const { heal } = fault;
    if (heal) {
      b.clock.after(heal.after, () => {
        heal.by(b);
        healedAt = b.clock.monotonic();
      });
    } else {
      healedAt = struckAt;
    }
  };
  // At real pace every state takes a tenth of a second at least, so the seed chooses the moment within it.
  const instant = seed % 2 === 1;
  bench = await virtualSimulation({
    seed,
    pace: instant ? 'instant' : 'real',
    ...fault.options,
    onEvent(event) {
      const b = bench;
      if (!b || struckAt !== null || event.type !== 'state') return;
      if (event.state === 'telemetry' && DETOURS[state] && !detoured) {
        detoured = true;
        b.clock.after(500, () => DETOURS[state]?.(b));
      }
      if (event.state !== state) return;
      struckAt = Number.POSITIVE_INFINITY;
      // In telemetry, after the first message: only then a session is never given up.
      const moment = instant ? 0 : Math.floor(random() * 90);
      b.clock.after(state === 'telemetry' ? 1_000 : moment, () => strike(b));
    },
  });
  let ended: { error: unknown } | null = null;
  bench.run().then(
    () => {
      ended = { error: null };
    },
    (error: unknown) => {
      ended = { error };
    },
  );
  const sent = () => bench.of('telemetry').length;
  let sentAtHeal = Number.POSITIVE_INFINITY;
  const limit = fault.within + (fault.heal?.after ?? 0);
  let after = limit;
  let path: Path = { states: '', resets: 0, connects: 0, seconds: Math.round(limit / 1000) };
  try {
    await bench.until(() => struckAt !== null && Number.isFinite(struckAt), 120_000);
    await bench.until(() => {
      if (healedAt !== null && sentAtHeal === Number.POSITIVE_INFINITY) sentAtHeal = sent();
      return ended !== null || sent() >= sentAtHeal + 2;
    }, limit);
    after = bench.clock.monotonic() - (healedAt ?? bench.clock.monotonic());
    path = pathSince(bench, eventsBefore, after);
    // What flows one way need not flow the other.
    if (ended === null) await untilAnswered(bench, limit);
  } catch (error) {
    await bench.stop().catch(() => undefined);
    return { fate: 'hang', after: limit, path, trace: `${error}\n${trace(bench)}` };
  }
  const end = ended as { error: unknown } | null;
  await bench.stop();
  if (end === null) return { fate: 'telemetry', after, path, trace: trace(bench) };
  const { error } = end;
  const code = error instanceof AppError ? error.exitCode : 1;
  const fate = code === 4 || code === 5 || code === 6 || code === 7 || code === 8 || code === 9 ? code : 'bug';
  return { fate, after, path, trace: `${error instanceof Error ? error.stack : String(error)}\n${trace(bench)}` };
}

const BESIDE = /^(?:open-port|sync|wi-fi|await-reconnect|rejoin|reset)$/;

function pathSince({ events }: VirtualSimulation, from: number, after: number): Path {
  const since = events.slice(from);
  const states = since.flatMap((event) => (event.type === 'state' && BESIDE.test(event.state) ? [event.state] : []));
  const sent = (line: string) =>
    since.filter((event) => event.type === 'at' && event.dir === 'tx' && event.line === line);
  return {
    states: states.join(' '),
    resets: sent('AT+RST').length,
    connects: sent('AT+MQTTCONN=1').length,
    seconds: Math.round(after / 1000),
  };
}

/** The cloud's words reach the device, and its answers the cloud: a property is acknowledged, and a command answered. */
async function untilAnswered(bench: VirtualSimulation, limit: number): Promise<void> {
  const { cloud, clock } = bench;
  let answered = false;
  let version = Number.POSITIVE_INFINITY;
  cloud.patchDesired(DEVICE, { led_user: 2 }).then(
    (patched) => {
      version = patched;
    },
    () => undefined,
  );
  const ask = () => {
    cloud.invokeMethod(DEVICE, 'sendMsg', { sendMsgString: 'still there?' }).then(
      () => {
        answered = true;
      },
      // A connection that is lost once more takes the command with it; whoever asks would ask again.
      () => clock.after(5_000, ask),
    );
  };
  ask();
  await bench.until(
    () => answered && bench.of('property').some((event) => event.name === 'led_user' && event.version >= version),
    limit,
  );
}

function trace(bench: VirtualSimulation): string {
  const lines = bench.events.slice(-60).map((event) => JSON.stringify(event).slice(0, 160));
  return `${bench.states().join(' ')}\n${lines.join('\n')}`;
}
