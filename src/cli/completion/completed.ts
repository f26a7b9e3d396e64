import type { Argument, Command, Option } from 'commander';
import { NAME } from '../invocation.ts';

export { NAME };

/** What can stand where a value is expected: one of some words, a path of a file or of a folder, or anything. */
export type Values = readonly string[] | 'file' | 'folder' | 'any';

export interface CompletedOption {
  /** With its two dashes. */
  readonly flag: string;
  readonly description: string;
  /** Null: it takes none. */
  readonly values: Values | null;
  /** Whether it takes more than one. */
  readonly variadic: boolean;
}

/** A command and what can be completed behind it; the session has no name. */
export interface Completed {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  readonly argument: Values | null;
}

/** Everything that can be completed, as commander knows it; the session comes first. */
export function completed(program: Command): Completed[] {
  const helper = program.createHelp();
  const all = helper.visibleCommands(program).map((command): Completed => {
    const [argument] = command.registeredArguments;
    return {
      name: command.name(),
      description: command.description(),
      options: helper.visibleOptions(command).flatMap(optionOf),
      argument: argument ? valuesOf(argument) : null,
    };
  });
  const names = all.map(({ name }) => name);
  const session = { name: '', description: program.description(), argument: names };
  return [
    { ...session, options: helper.visibleOptions(program).flatMap(optionOf) },
    // Commander says only that `help` takes a word.
    ...all.map((command) => (command.name === 'help' ? { ...command, argument: names } : command)),
  ];
}

function optionOf(option: Option): CompletedOption[] {
  const { long, description, required, optional, variadic } = option;
  if (!long) return [];
  return [{ flag: long, description, values: required || optional ? valuesOf(option) : null, variadic }];
}

/** Of what has no choices, the placeholder says what it is: `<file>`, `[folder]`, `<id=file...>`. */
function valuesOf(described: Option | Argument): Values {
  if (described.argChoices) return described.argChoices;
  const placeholder = 'flags' in described ? described.flags : described.name();
  if (/folder/.test(placeholder)) return 'folder';
  return /\bfile|\bpath/.test(placeholder.replace(/^--\S+/, '')) ? 'file' : 'any';
}

/**
 * The options that take a value, by what it can be. The scripts put three dots behind an option that is not the last word
 * before the cursor: only one that takes several values goes on there.
 */
export function byValues({ options }: Completed): Map<string, { values: Values; patterns: string[] }> {
  const groups = new Map<string, { values: Values; patterns: string[] }>();
  for (const { flag, values, variadic } of options) {
    if (values === null) continue;
    const key = typeof values === 'string' ? values : values.join('\n');
    const group = groups.get(key) ?? { values, patterns: [] };
    group.patterns.push(flag, ...(variadic ? [`${flag}...`] : []));
    groups.set(key, group);
  }
  return groups;
}
