import { Command, CommanderError, Option } from 'commander';
import { nearest } from '../config/nearest.ts';
import { addOptions } from '../config/options.ts';
import { flagName, SETTING_NAMES, SETTINGS } from '../config/settings.ts';
import { EXIT, type ExitCode, toAppError } from '../errors.ts';
import { COMMANDS } from './commands.ts';
import { toErrorEvent } from './error-event.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { version } from './version.ts';

/** Runs the program and returns its exit code; every failure has been told by then. */
export async function main(environment: ProcessEnvironment): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const program = createProgram(environment, (result) => {
    code = result;
  });
  try {
    const [first, topic] = environment.argv;
    if (first === 'help' && topic !== undefined && !COMMAND_NAMES.includes(topic) && !topic.startsWith('-')) {
      program.error(`error: ${unknownCommand(topic, environment.invocation)}`);
    }
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
      outputError: (text, write) => write(text + sessionOption(text)),
    })
    .helpCommand('help [command]', 'show what there is, or how a command is used')
    .showHelpAfterError('(--help lists what there is)')
    .allowExcessArguments();
  addOptions(program);
  program.action(async (flags: Record<string, unknown>) => {
    const [word] = program.args;
    if (word !== undefined) program.error(`error: ${unknownCommand(word, environment.invocation)}`);
    const { session } = await import('./session.ts');
    onExit(await session({ flags, args: [] }, environment));
  });
  program.hook('preSubcommand', (_, command) => {
    const given = program.options.find((option) => program.getOptionValueSource(option.attributeName()) === 'cli');
    const name = command.name();
    if (given === undefined) return;
    const hasIt = command.options.some(({ long }) => long === given.long);
    const advice = hasIt ? `write ${given.long} behind ${name}` : `${name} has no option ${given.long}: leave it out`;
    program.error(`error: ${advice}, or leave out ${name} for a session`);
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

const COMMAND_NAMES = COMMANDS.map(({ usage }) => usage.split(' ', 1)[0] ?? usage);

/** What is wrong with a word that is no command, and what it was likely meant to be. */
function unknownCommand(word: string, invocation: string): string {
  const problem = `there is no command ${JSON.stringify(word.slice(0, 80))}`;
  if (/^(?:run|start|session|connect)$/i.test(word)) {
    return `${problem}: a session runs when no command is named: ${invocation} [options]`;
  }
  if (/^com\d+$|^\/dev\//i.test(word)) return `${problem}. Did you mean --port ${word}?`;
  const near = nearest(word, [...COMMAND_NAMES, 'help']);
  return near === null ? `${problem}; there are ${COMMAND_NAMES.join(', ')}` : `${problem}. Did you mean ${near}?`;
}

/** What to say more where commander does not know an option that a session has. */
function sessionOption(text: string): string {
  const [, flag] = /unknown option '(--[a-z-]+)/.exec(text) ?? [];
  const isOfSession = SETTING_NAMES.some((name) => flagName(SETTINGS[name]) === flag);
  return isOfSession ? `${flag} is an option of the session, which runs when no command is named.\n` : '';
}
