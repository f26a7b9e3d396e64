import type { Command } from 'commander';
import { readEnvFile } from '../config/env-file.ts';
import type { SettingsInput } from '../config/resolve.ts';
import type { AppError, ExitCode } from '../errors.ts';
import type { ConnectionStringEvent, Report } from '../events.ts';
import type { Tone } from '../terminal/color.ts';
import { MODULE_LIMITS } from './module-limits.ts';
import type { ProcessEnvironment } from './process-environment.ts';

/** What a command was given on the command line: its options as commander gives them, and its arguments. */
export interface Given {
  flags: Record<string, unknown>;
  args: readonly string[];
}

/** What a command does. @param program the whole command line, which one command describes */
export type CommandAction = (given: Given, environment: ProcessEnvironment, program: Command) => Promise<ExitCode>;

/** What a command that prints results works with while it runs. Secrets are masked, control characters made visible. */
export interface CommandContext {
  /** Aborted when the command is to end: Ctrl-C, a signal, a closed output. */
  signal: AbortSignal;
  /** Writes one line to standard output. */
  print(line: string, tone?: Tone): void;
  /** How many characters a line has room for; null where standard output is no terminal. */
  columns: number | null;
  /** Writes one JSON object to standard output, in a line of its own; what is undefined is null there. */
  printJson(object: Record<string, unknown>): void;
  /** Writes a line beside the results, to standard error. */
  note(line: string): void;
  /** What happens on the way to the module; its sentences are notes. */
  report: Report;
  /** What a person can do about `error` here. */
  hintOf(error: AppError): string;
  /** Ends the command from within, as a signal would. */
  interrupt(): void;
}

/** What a service works with while it runs. */
export interface ServiceContext {
  report: Report;
  /** Aborted when the service is to end: Ctrl-C, a signal, a closed output. */
  signal: AbortSignal;
  /** Shows a connection string once, on standard output only; the key in it is masked everywhere else. */
  reveal(event: ConnectionStringEvent, key: string): void;
  /** Shows a line below everything else, on a terminal. */
  setStatusLine(text: string): void;
}

/** Where the settings of a command come from. @throws AppError E_CONFIG when the settings file cannot be read */
export function settingsInput({ flags }: Given, { env, cwd }: ProcessEnvironment): SettingsInput {
  const named = flags['envFile'];
  const envFile = readEnvFile(typeof named === 'string' ? named : undefined, cwd);
  return { flags, env, envFile, limits: MODULE_LIMITS };
}
