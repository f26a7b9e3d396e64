import type { Settings } from '../config/resolve.ts';
import { AppError, EXIT, type ExitCode, toAppError } from '../errors.ts';
import { SECRET_PARAMETERS } from '../modem/secrets.ts';
import { type Output, type OutputOptions, openOutput } from '../terminal/output.ts';
import { Redactor } from '../terminal/redact.ts';
import type { CommandContext, Given, ServiceContext } from './command.ts';
import { toErrorEvent } from './error-event.ts';
import { hintOf, type Situation } from './hints.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { type ExitStatus, Shutdown } from './shutdown.ts';

type View = Settings['output'];

/** What a command works with while it runs. */
export interface RunContext extends CommandContext {
  output: Output;
  /** What ends it. */
  shutdown: Shutdown;
}

/** What is to be run, once everything that was asked for has been checked. */
export interface Plan {
  /** What it is that is shown. */
  form: NonNullable<OutputOptions['form']>;
  /** How its events are shown; none where it prints results instead. */
  view?: View;
  /** Shown nowhere. */
  secrets: readonly string[];
  /** Keys are read, where there is a terminal. */
  keyboard?: boolean;
  /** Ends it so many seconds after the start of the program; null: nothing does. */
  duration?: number | null;
  /** @returns how it has ended; null: as it was told to */
  work(context: RunContext): Promise<ExitStatus | null>;
}

const QUIET: View = { quiet: true, verbose: false, json: false, logFile: null, color: null };
/** What tells a program that reads JSON of settings that are wrong. */
const JSON_ONLY: View = { ...QUIET, json: true };

/**
 * Runs the session, a service or any other command to its end: one way for streams, signals, secrets and exit codes.
 * What is wrong before anything runs is thrown, unless `--json` asks for events.
 * @param prepare checks what was asked for. @throws AppError E_CONFIG
 * @throws AppError for `main` to show
 */
export async function run(
  { flags }: Given,
  environment: ProcessEnvironment,
  prepare: () => Plan,
  { json = flags['json'] === true } = {},
): Promise<ExitCode> {
  const startedAt = environment.clock.monotonic();
  const verbose = flags['verbose'] === true;
  const situation: Situation = { invocation: environment.invocation, simulate: flags['simulate'] === true };
  const redactor = new Redactor(SECRET_PARAMETERS);
  const shutdown = new Shutdown(environment);
  const open = ({ form, view = QUIET, keyboard = false }: Pick<Plan, 'form' | 'view' | 'keyboard'>) =>
    openOutput({
      ...environment,
      output: { ...view, verbose },
      form,
      redactor,
      startedAt,
      interactive: keyboard && isTerminal(environment),
      onClosed: () => shutdown.request(EXIT.done, 'the output was closed'),
    });
  try {
    let [plan, output]: [Plan | null, Output | null] = [null, null];
    try {
      plan = prepare();
      for (const secret of plan.secrets) redactor.add(secret);
      if (typeof plan.duration === 'number') shutdown.requestAt(startedAt + 1000 * plan.duration);
      output = await open(plan);
    } catch (error) {
      if (!json) throw error;
      return await finish(await open({ form: 'session', view: JSON_ONLY }), toAppError(error), situation);
    }
    return await finish(output, await outcomeOf(plan, output, shutdown, situation), situation);
  } finally {
    shutdown.dispose();
  }
}

/** Keys are read, and what they do is shown, only where both ends are a terminal: a pager has a terminal of its own. */
export function isTerminal({ stdin, stdout }: Pick<ProcessEnvironment, 'stdin' | 'stdout'>): boolean {
  return stdin.isTTY === true && stdout.isTTY === true;
}

/** Runs a command that prints results. */
export function runCommand(
  given: Given,
  environment: ProcessEnvironment,
  work: (context: CommandContext) => Promise<ExitCode>,
): Promise<ExitCode> {
  const plan: Plan = {
    form: 'results',
    secrets: [],
    work: async (context) => ({ code: await work(context), reason: 'done' }),
  };
  return run(given, environment, () => plan, { json: false });
}

/** A command that goes on until it is told to end. */
export interface Service {
  output: Pick<View, 'json' | 'logFile'>;
  /** Shown nowhere. */
  secrets: readonly string[];
  /** Works until the signal is aborted, and then gives back what it holds. */
  work(context: ServiceContext): Promise<void>;
}

/** Runs a service: what it reports are sentences on standard output, or NDJSON, and everything in the log file. */
export function runService(given: Given, environment: ProcessEnvironment, prepare: () => Service): Promise<ExitCode> {
  return run(given, environment, () => {
    const { output, secrets, work } = prepare();
    return {
      form: 'service',
      view: { ...QUIET, ...output },
      secrets,
      work: async (context) => {
        await work({
          ...context,
          reveal: (event, key) => context.output.reveal(event, key),
          setStatusLine: (text) => context.output.setStatusLine(text),
        });
        return null;
      },
    };
  });
}

/** What is thrown while it is on its way out is the way out, unless it is what has caused that. */
async function outcomeOf(
  plan: Plan,
  output: Output,
  shutdown: Shutdown,
  situation: Situation,
): Promise<ExitStatus | AppError> {
  shutdown.onExit((failure) => {
    if (failure) reportEnd(output, failure, situation);
  });
  const { report, print, printJson, note, columns } = output;
  const { signal } = shutdown;
  const hint = (error: AppError) => hintOf(error, situation);
  const interrupt = () => shutdown.request(EXIT.interrupted, 'Ctrl-C');
  try {
    const ended = await plan.work({
      output,
      shutdown,
      report,
      print,
      printJson,
      note,
      columns,
      signal,
      hintOf: hint,
      interrupt,
    });
    if (shutdown.failure) return shutdown.failure;
    // What has failed by itself is not well because the end was asked for.
    if (ended && ended.code !== EXIT.done) return ended;
    return shutdown.exitStatus ?? ended ?? { code: EXIT.done, reason: 'there is nothing left to do' };
  } catch (error) {
    return shutdown.failure ?? shutdown.exitStatus ?? toAppError(error);
  }
}

/** Tells how a run has ended, and makes sure that it is read. */
async function finish(output: Output, result: ExitStatus | AppError, situation: Situation): Promise<ExitCode> {
  const code = reportEnd(output, result, situation);
  await output.close();
  return code;
}

/** Tells how it has ended: with an error and its code, or as it was told to. */
export function reportEnd(
  { report }: Pick<Output, 'report'>,
  result: ExitStatus | AppError,
  situation: Situation,
): ExitCode {
  if (!(result instanceof AppError)) {
    report({ type: 'exit', ...result });
    return result.code;
  }
  report(toErrorEvent(result, situation));
  report({ type: 'exit', code: result.exitCode, reason: firstLine(result) });
  return result.exitCode;
}

function firstLine({ message }: Error): string {
  return message.replace(/:?\n.*/s, '');
}
