import { byValues, type Completed, NAME, type Values } from './completed.ts';

/** The completion for bash, from 3.2 on, which macOS has. */
export function bashCompletion(commands: readonly Completed[]): string {
  return `# Completion of ${NAME} for bash. To use it: eval "$(${NAME} completion bash)"
_anycloud_iotc() {
  local IFS=$'\\n' current=\${COMP_WORDS[COMP_CWORD]} command='' option='' more='' flags='' values='' expected=''
  local -i index=COMP_CWORD-1
  # bash makes three words of an option, its = and its value.
  if [[ $current == '=' ]]; then current=''
  elif ((index > 0)) && [[ \${COMP_WORDS[index]} == '=' ]]; then index+=-1
  fi
  if ((COMP_CWORD > 1)) && [[ \${COMP_WORDS[1]} != -* ]]; then command=\${COMP_WORDS[1]}; fi
  while ((index > 0)) && [[ \${COMP_WORDS[index]} != -* ]]; do index+=-1 more='...'; done
  if ((index > 0)); then option=\${COMP_WORDS[index]}$more; fi
  case $command in
${commands.map(commandCase).join('\n')}
    *) return ;;
  esac
  if [[ $current == -* ]]; then values=$flags expected=words; fi
  case $expected in
    words) COMPREPLY=($(compgen -W "$values" -- "$current")) ;;
    file | folder)
      # The shell's own completion quotes what must be quoted; bash 3.2 cannot be asked for it.
      local kind=-f
      if [[ $expected == folder ]]; then kind=-d; fi
      compopt -o filenames 2> /dev/null
      COMPREPLY=($(compgen $kind -- "$current"))
      ;;
    *) COMPREPLY=() ;;
  esac
}
complete -F _anycloud_iotc ${NAME}
`;
}

/** A command of the program can only be its first word; an argument of a command can come after its options. */
function commandCase(command: Completed): string {
  const groups = [...byValues(command).values()].map(
    ({ values, patterns }) => `        ${patterns.join(' | ')}) ${assigned(values)} ;;`,
  );
  return `    ${command.name === '' ? "''" : command.name})
      flags=$'${command.options.map(({ flag }) => flag).join('\\n')}'
      case $option in
${[...groups, `        ${command.name === '' ? "''" : '*'}) ${assigned(command.argument ?? 'any')} ;;`].join('\n')}
      esac
      ;;`;
}

const assigned = (values: Values): string =>
  typeof values === 'string' ? `expected=${values}` : `expected=words values=$'${values.join('\\n')}'`;
