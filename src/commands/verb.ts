import { readEnvFile } from '../config/env-file.ts';
import type { SettingsInput } from '../config/resolve.ts';
import { AppError, EXIT, type ExitCode } from '../errors.ts';
import { Channel } from '../terminal/channel.ts';
import { visible } from '../terminal/visible.ts';
import { Ending } from './ending.ts';
import type { World } from './world.ts';

/** What a verb was given on the command line: its options as commander gives them, and its arguments. */
export interface Given {
  flags: Record<string, unknown>;
  args: readonly string[];
}

export type VerbAction = (given: Given, world: World) => Promise<ExitCode>;

/** What a verb works with while it runs. */
export interface Desk {
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
export async function runVerb(world: World, action: (desk: Desk) => Promise<ExitCode>): Promise<ExitCode> {
  const ending = new Ending(world);
  const channel = new Channel(world.stdout, () => ending.request(EXIT.done, 'the output was closed'));
  try {
    return await action({
      signal: ending.signal,
      print: (line) => channel.write(`${visible(line)}\n`),
      printJson: (object) => channel.write(`${JSON.stringify(object, (_, value: unknown) => value ?? null)}\n`),
      note: (line) => void world.stderr.write(`${visible(line)}\n`),
      interrupt: () => ending.request(EXIT.interrupted, 'Ctrl-C'),
    });
  } catch (error) {
    const { farewell } = ending;
    if (!farewell) throw error;
    if (farewell.code === EXIT.internal) throw new AppError('E_INTERNAL', farewell.reason, 'Please report it.', error);
    return farewell.code;
  } finally {
    await channel.flush(world.clock, FLUSH_TIME);
    ending.dispose();
  }
}

/** Where the settings of a verb come from. @throws AppError E_CONFIG when the settings file cannot be read */
export function settingsInput({ flags }: Given, { env, cwd }: World): SettingsInput {
  const named = flags['envFile'];
  return { flags, env, envFile: readEnvFile(typeof named === 'string' ? named : undefined, cwd) };
}
