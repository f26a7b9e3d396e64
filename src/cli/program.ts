import { Command, Option } from 'commander';
import { nearest } from '../config/nearest.ts';
import { addOptions, withChoices } from '../config/options.ts';
import { flagName, SETTING_NAMES, SETTINGS } from '../config/settings.ts';
import type { CommandAction, Given } from './command.ts';
import { COMMANDS, nameOf } from './commands.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { version } from './version.ts';

/** Does what a command line asks for; `load` brings the code in. */
type Perform = (load: () => Promise<CommandAction>, given: Given) => Promise<void>;

/**
 * The command line as commander reads it: the session, and the commands beside it.
 * @param isWanted whether a command gets its options; two hundred of them take their time
 */
export function createProgram(
  environment: ProcessEnvironment,
  perform: Perform,
  isWanted: (command: string) => boolean = () => true,
): Command {
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
    .commandsGroup('This program:')
    .helpCommand('help [command]', 'show what there is, or how a command is used')
    .showHelpAfterError('(--help lists what there is)')
    .allowExcessArguments();
  addOptions(program);
  program.action(async (flags: Record<string, unknown>) => {
    const [word] = program.args;
    if (word !== undefined) program.error(`error: ${unknownCommand(word, environment.invocation)}`);
    await perform(async () => (await import('./session.ts')).session, { flags, args: [] });
  });
  program.hook('preSubcommand', (_, command) => {
    const given = program.options.find((option) => program.getOptionValueSource(option.attributeName()) === 'cli');
    const name = command.name();
    if (given === undefined) return;
    const hasIt = command.options.some(({ long }) => long === given.long);
    const advice = hasIt ? `write ${given.long} behind ${name}` : `${name} has no option ${given.long}: leave it out`;
    program.error(`error: ${advice}, or leave out ${name} for a session`);
  });
  for (const definition of COMMANDS) {
    const { usage, description, argumentChoices, settings, options = [], formerly = [], load } = definition;
    const command = program.command(usage).description(description).allowExcessArguments(false);
    if (!isWanted(nameOf(definition))) continue;
    addOptions(command, settings);
    for (const [flags, help, values] of options) command.addOption(withChoices(new Option(flags, help), values));
    const [argument] = command.registeredArguments;
    if (argument && argumentChoices) argument.argChoices = [...argumentChoices];
    for (const flags of formerly) command.addOption(new Option(flags).hideHelp());
    command.option('--verbose', 'show where an internal error was met');
    command.action(() => perform(load, { flags: command.opts(), args: command.args }));
  }
  return program;
}

/** The names of the commands beside the session. */
export const COMMAND_NAMES = COMMANDS.map(nameOf);

/** What is wrong with a word that is no command, and what it was likely meant to be. */
export function unknownCommand(word: string, invocation: string): string {
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
