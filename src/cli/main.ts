import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { addOptions } from '../config/options.ts';
import { EXIT, type ExitCode, toAppError } from '../errors.ts';
import { COMMANDS } from './commands.ts';
import { toErrorEvent } from './error-event.ts';
import type { ProcessEnvironment } from './process-environment.ts';

/** Runs the program and returns its exit code; every failure has been told by then. */
export async function main(environment: ProcessEnvironment): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const program = createProgram(environment, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...environment.argv], { from: 'user' });
    return code;
  } catch (error) {
    // Commander has written what is wrong; help and version end this way too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const failure = toAppError(error);
    const { errorLines } = await import('../terminal/transcript.ts');
    const lines = errorLines(
      toErrorEvent(failure, { invocation: environment.invocation, simulate: environment.argv.includes('--simulate') }),
      environment.argv.includes('--verbose'),
    );
    environment.stderr.write(lines.map(({ text }) => `${text}\n`).join(''));
    return failure.exitCode;
  }
}

function createProgram(environment: ProcessEnvironment, onExit: (code: ExitCode) => void): Command {
  const program = new Command('anycloud-iotc')
    .description('Connects a Microchip AnyCloud Wi-Fi board to Azure IoT over its serial port.')
    .version(version())
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void environment.stdout.write(text),
      writeErr: (text) => void environment.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('(--help lists what there is)')
    .allowExcessArguments(false);
  addOptions(program);
  program.action(async (flags: Record<string, unknown>) => {
    const { session } = await import('./session.ts');
    onExit(await session({ flags, args: [] }, environment));
  });
  program.hook('preSubcommand', (_, command) => {
    const given = program.options.find((option) => program.getOptionValueSource(option.attributeName()) === 'cli');
    if (given) program.error(`error: write ${given.long} behind ${command.name()}, or without it for a session`);
  });
  for (const { usage, description, settings, options = [], formerly = [], load } of COMMANDS) {
    const command = program.command(usage).description(description).allowExcessArguments(false);
    addOptions(command, settings);
    for (const [flags, help] of options) command.option(flags, help);
    for (const flags of formerly) command.addOption(new Option(flags).hideHelp());
    command.option('--verbose', 'show where an internal error was met');
    command.action(async () => {
      const act = await load();
      onExit(await act({ flags: command.opts(), args: command.args }, environment));
    });
  }
  return program;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return 'unknown';
  return String(manifest.version);
}
