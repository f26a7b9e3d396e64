import type { Settings } from '../config/resolve.ts';
import { type AppError, EXIT, type ExitCode, toAppError } from '../errors.ts';
import type { Report } from '../events.ts';
import { openOutput } from '../terminal/output.ts';
import { Redactor } from '../terminal/redact.ts';
import { conclude } from './conclude.ts';
import { Ending, type Farewell } from './ending.ts';
import type { World } from './world.ts';

/** What a service works with while it runs. */
export interface Floor {
  report: Report;
  /** Aborted when the service is to end: Ctrl-C, a signal, a closed output. */
  signal: AbortSignal;
}

/** A verb that goes on until it is told to end. */
export interface Service {
  output: Pick<Settings['output'], 'json' | 'logFile'>;
  /** Shown nowhere. */
  secrets: readonly string[];
  /** Works until the signal is aborted, and then gives back what it holds. */
  work(floor: Floor): Promise<void>;
}

/**
 * Runs a service to its end. What it reports goes the way of a session's events: sentences to standard output, or NDJSON,
 * and everything to the log file; errors to standard error.
 * @param prepare checks what was asked for. @throws AppError E_CONFIG
 */
export async function runService(json: boolean, world: World, prepare: () => Service): Promise<ExitCode> {
  const startedAt = world.clock.now();
  const redactor = new Redactor();
  const ending = new Ending(world);
  const onClosed = () => ending.request(EXIT.done, 'the output was closed');
  const open = (output: Service['output']) =>
    openOutput({
      ...world,
      output: { ...output, quiet: true, verbose: false, color: null },
      redactor,
      startedAt,
      interactive: false,
      onClosed,
    });
  try {
    const service = prepare();
    for (const secret of service.secrets) redactor.add(secret);
    const output = await open(service.output);
    return await conclude(output, await finish(service.work({ report: output.report, signal: ending.signal }), ending));
  } catch (error) {
    if (!json) throw error;
    return await conclude(await open({ json, logFile: null }), toAppError(error));
  } finally {
    ending.dispose();
  }
}

/** What is thrown while the service is on its way out is the way out. */
async function finish(work: Promise<void>, ending: Ending): Promise<Farewell | AppError> {
  try {
    await work;
  } catch (error) {
    if (!ending.farewell) return toAppError(error);
  }
  return ending.farewell ?? { code: EXIT.done, reason: 'there is nothing left to do' };
}
