import type { Argument, Command, Help, HelpConfiguration } from 'commander';
import { describeOption } from '../config/options.ts';
import { COMMANDS, type Example, FIRST_EXAMPLES, nameOf } from './commands.ts';

/**
 * Gives the program and its commands their help: how they are called, examples, commands, then options in groups, which
 * takes its time: only when somebody asks.
 * @param invocation what starts the program here, so that the examples can be copied
 */
export function addHelp(program: Command, invocation: string): void {
  program.name(invocation);
  program.configureHelp(
    layout(FIRST_EXAMPLES, invocation, `${invocation} [options]\n       ${invocation} <command> [options]`),
  );
  for (const definition of COMMANDS) {
    const { group, examples } = definition;
    const command = program.commands.find((candidate) => candidate.name() === nameOf(definition));
    command?.helpGroup(`${group}:`).configureHelp(layout(examples, invocation));
  }
}

/** Before what an example does. */
const INDENT = '      ';

function layout(examples: readonly Example[], invocation: string, usage?: string): HelpConfiguration {
  return {
    optionDescription: describeOption,
    subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
    ...(usage === undefined ? {} : { commandUsage: () => usage }),
    formatHelp: (command, helper) => {
      const width = helper.padWidth(command, helper);
      const item = (term: string, text: string) => helper.formatItem(term, width, text, helper);
      const list = (heading: string, items: string[]) => helper.formatItemList(heading, items, helper);
      const { helpWidth = 80 } = helper;
      const { commands, options } = grouped(command, helper);
      return [
        `Usage: ${helper.commandUsage(command)}`,
        '',
        helper.boxWrap(helper.commandDescription(command), helpWidth),
        '',
        ...list(
          'Examples:',
          examples.flatMap(([words, outcome]) => [
            `  ${invocation} ${words}`,
            helper.boxWrap(outcome, helpWidth - INDENT.length).replaceAll(/^/gm, INDENT),
          ]),
        ),
        ...list(
          'Arguments:',
          helper
            .visibleArguments(command)
            .map((argument) => item(helper.argumentTerm(argument), helper.argumentDescription(argument))),
        ),
        ...commands.flatMap(([heading, members]) =>
          list(
            heading,
            members.map((member) => item(helper.subcommandTerm(member), helper.subcommandDescription(member))),
          ),
        ),
        ...options.flatMap(([heading, members]) =>
          list(
            heading,
            members.map((member) => item(helper.optionTerm(member), helper.optionDescription(member))),
          ),
        ),
      ].join('\n');
    },
  };
}

function argumentTerm(argument: Argument): string {
  const text = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${text}>` : `[${text}]`;
}

/** The options that belong to no group, such as a command's own, come first. */
function grouped(command: Command, helper: Help) {
  const own = 'Options:';
  const commands = helper.groupItems([...command.commands], helper.visibleCommands(command), (one) => one.helpGroup());
  const options = helper.groupItems(
    [...command.options],
    helper.visibleOptions(command),
    (one) => one.helpGroupHeading ?? own,
  );
  return {
    commands: [...commands].filter(([, members]) => members.length > 0),
    options: [...options].sort(([a], [b]) => Number(b === own) - Number(a === own)),
  };
}
