import { AnyCloudModem } from '../../../src/modem/anycloud/modem.ts';
import type { ModemEvent } from '../../../src/modem/modem.ts';
import { ScriptedStream } from '../../helpers/scripted-stream.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

/** A modem at a scripted wire, in virtual time. */
export interface Scripted {
  clock: VirtualClock;
  wire: ScriptedStream;
  modem: AnyCloudModem;
  events: ModemEvent[];
  signal: AbortSignal;
  /** Milliseconds of virtual time that `work` takes, and what it gives. */
  run<T>(work: (modem: AnyCloudModem) => Promise<T>): Promise<[result: T, ms: number]>;
  /** When the command was written last, in milliseconds since the beginning. */
  at(command: string): number | undefined;
}

/** @param synchronized the module has been brought to order before */
export async function scripted(synchronized = true): Promise<Scripted> {
  const clock = new VirtualClock();
  const wire = new ScriptedStream(clock);
  const modem = new AnyCloudModem(wire, clock);
  const events: ModemEvent[] = [];
  modem.on('event', (event) => events.push(event));
  const { signal } = new AbortController();
  if (synchronized) {
    wire.command('ATE1').command('ATV5');
    await clock.until(modem.sync(signal));
  }
  return {
    clock,
    wire,
    modem,
    events,
    signal,
    async run(work) {
      const start = clock.monotonic();
      const result = await clock.until(work(modem));
      wire.done();
      return [result, clock.monotonic() - start];
    },
    at: (command) => wire.written.findLast(({ text }) => text === `${command}\r\n`)?.at,
  };
}

/** An event as the module prints it with its echo on (AT protocol 3.1). */
export function event(line: string): string {
  return `\r${line}\r\n>`;
}

export const MQTT_ERROR = 'ERROR:47,"MQTT Error"';
