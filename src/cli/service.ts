import type { Settings } from '../config/resolve.ts';
import { type AppError, EXIT, type ExitCode, toAppError } from '../errors.ts';
import type { Report } from '../events.ts';
import { openOutput } from '../terminal/output.ts';
import { Redactor } from '../terminal/redact.ts';
import { finish } from './finish.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { type ExitStatus, Shutdown } from './shutdown.ts';

/** What a service works with while it runs. */
export interface ServiceContext {
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
  work(floor: ServiceContext): Promise<void>;
}

/**
 * Runs a service to its end. What it reports goes the way of a session's events: sentences to standard output, or NDJSON,
 * and everything to the log file; errors to standard error.
 * @param prepare checks what was asked for. @throws AppError E_CONFIG
 */
export async function runService(
  json: boolean,
  environment: ProcessEnvironment,
  prepare: () => Service,
): Promise<ExitCode> {
  const startedAt = environment.clock.monotonic();
  const redactor = new Redactor();
  const shutdown = new Shutdown(environment);
  const onClosed = () => shutdown.request(EXIT.done, 'the output was closed');
  const open = (output: Service['output']) =>
    openOutput({
      ...environment,
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
    return await finish(
      output,
      await outcomeOf(service.work({ report: output.report, signal: shutdown.signal }), shutdown),
    );
  } catch (error) {
    if (!json) throw error;
    return await finish(await open({ json, logFile: null }), toAppError(error));
  } finally {
    shutdown.dispose();
  }
}

/** What is thrown while the service is on its way out is the way out. */
async function outcomeOf(work: Promise<void>, shutdown: Shutdown): Promise<ExitStatus | AppError> {
  try {
    await work;
  } catch (error) {
    if (!shutdown.exitStatus) return toAppError(error);
  }
  return shutdown.exitStatus ?? { code: EXIT.done, reason: 'there is nothing left to do' };
}
