import type { ModemEvent } from '../../../src/modem/modem.ts';
import { RnwfModem } from '../../../src/modem/rnwf/modem.ts';
import { type Product, RNWF02 } from '../../../src/modem/rnwf/product.ts';
import { ScriptedStream } from '../../helpers/scripted-stream.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

/** A modem at a scripted wire, in virtual time. */
export interface Scripted {
  clock: VirtualClock;
  wire: ScriptedStream;
  modem: RnwfModem;
  events: ModemEvent[];
  signal: AbortSignal;
  /** What `work` gives, and how many milliseconds of virtual time it takes; the script must be done by then. */
  run<T>(work: (modem: RnwfModem) => Promise<T>): Promise<[result: T, ms: number]>;
  /** The answers to these commands, one after the other, are nothing but OK. */
  accepts(...commands: string[]): void;
}

/** A modem that has been brought to order. @param firmware its answer to `AT+GMR` */
export async function scripted(
  product: Product = RNWF02,
  firmware = '3.1.0 1 58a15dc2 [15:01:42 Aug 19 2025]',
): Promise<Scripted> {
  const clock = new VirtualClock();
  const wire = new ScriptedStream(clock);
  const modem = new RnwfModem(wire, clock, product);
  const events: ModemEvent[] = [];
  modem.on('event', (event) => events.push(event));
  const { signal } = new AbortController();
  wire.command('ATE1').command('ATV5').command('AT+GMR', `+GMR:"${firmware}"\r\nOK`);
  await clock.until(modem.sync(signal));
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
    accepts(...commands) {
      for (const command of commands) wire.command(command);
    },
  };
}

/** An event as the module prints it with its echo on (RNWF 2). */
export function event(line: string): string {
  return `\r${line}\r\n>`;
}

export const MQTT_ERROR = 'ERROR:8.0,"MQTT Error"';
