import { readEnvFile } from '../config/env-file.ts';
import type { SettingsInput } from '../config/resolve.ts';
import { AppError, EXIT, type ExitCode } from '../errors.ts';
import { Channel } from '../terminal/channel.ts';
import { visible } from '../terminal/visible.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { Shutdown } from './shutdown.ts';

/** What a verb was given on the command line: its options as commander gives them, and its arguments. */
export interface Given {
  flags: Record<string, unknown>;
  args: readonly string[];
}

export type VerbAction = (given: Given, environment: ProcessEnvironment) => Promise<ExitCode>;

/** What a verb works with while it runs. */
export interface CommandContext {
  /** Aborted when the verb is to end: Ctrl-C, a signal, a closed output. */
  signal: AbortSignal;
  /** Writes one line to standard output, control characters made visible. */
  print(line: string): void;
  /** Writes one JSON object to standard output, in a line of its own; what is undefined is null there. */
  printJson(object: Record<string, unknown>): void;
  /** Writes a line beside the results, to standard error. */
  note(line: string): void;
  /** Ends the verb from within, as a signal would. */
  interrupt(): void;
}

const FLUSH_TIME = 1_000;

/** Runs what a verb does, and hears everything that ends it early. */
export async function runVerb(
  environment: ProcessEnvironment,
  action: (context: CommandContext) => Promise<ExitCode>,
): Promise<ExitCode> {
  const shutdown = new Shutdown(environment);
  const channel = new Channel(environment.stdout, () => shutdown.request(EXIT.done, 'the output was closed'));
  try {
    return await action({
      signal: shutdown.signal,
      print: (line) => channel.write(`${visible(line)}\n`),
      printJson: (object) => channel.write(`${JSON.stringify(object, (_, value: unknown) => value ?? null)}\n`),
      note: (line) => void environment.stderr.write(`${visible(line)}\n`),
      interrupt: () => shutdown.request(EXIT.interrupted, 'Ctrl-C'),
    });
  } catch (error) {
    const { exitStatus } = shutdown;
    if (!exitStatus) throw error;
    if (exitStatus.code === EXIT.internal)
      throw new AppError('E_INTERNAL', exitStatus.reason, 'Please report it.', error);
    return exitStatus.code;
  } finally {
    await channel.flush(environment.clock, FLUSH_TIME);
    shutdown.dispose();
  }
}

/** Where the settings of a verb come from. @throws AppError E_CONFIG when the settings file cannot be read */
export function settingsInput({ flags }: Given, { env, cwd }: ProcessEnvironment): SettingsInput {
  const named = flags['envFile'];
  return { flags, env, envFile: readEnvFile(typeof named === 'string' ? named : undefined, cwd) };
}
