import { byValues, type Completed, NAME, type Values } from './completed.ts';

/** The completion for zsh: as a file in `fpath`, or evaluated. */
export function zshCompletion(commands: readonly Completed[]): string {
  return `#compdef ${NAME}
# Completion of ${NAME} for zsh. To use it: eval "$(${NAME} completion zsh)", behind compinit
_anycloud_iotc() {
  local current=$words[CURRENT] command='' option='' more=''
  local -i index=CURRENT-1
  local -a flags values commands
  if (( CURRENT > 2 )) && [[ $words[2] != -* ]]; then command=$words[2]; fi
  while (( index > 1 )) && [[ $words[index] != -* ]]; do (( index -= 1 )); more='...'; done
  if (( index > 1 )); then option=$words[index]$more; fi
  # An option, its = and its value are one word here.
  if [[ $current == --*=* ]]; then
    option=\${current%%=*} current=''
    compset -P '*='
  fi
  commands=(
${commands
  .filter(({ name }) => name !== '')
  .map(({ name, description }) => `    ${entry(name, description)}`)
  .join('\n')}
  )
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _anycloud_iotc ]]; then _anycloud_iotc "$@"; else compdef _anycloud_iotc ${NAME}; fi
`;
}

function commandCase(command: Completed): string {
  const groups = [...byValues(command).values()].map(
    ({ values, patterns }) => `        (${patterns.join('|')}) ${completing(values)} ;;`,
  );
  const takesCommand = command.name === '' || command.name === 'help';
  const argument = takesCommand ? '_describe command commands' : completing(command.argument ?? 'any');
  return `    ('${command.name}')
      flags=(
${command.options.map(({ flag, description }) => `        ${entry(flag, description)}`).join('\n')}
      )
      if [[ $current == -* ]]; then _describe option flags; return; fi
      case $option in
${[...groups, `        (${command.name === '' ? "''" : '*'}) ${argument} ;;`].join('\n')}
      esac
      ;;`;
}

/** A word and what is said of it; a colon parts them. */
const entry = (word: string, description: string): string => `'${word}:${description.replaceAll("'", "'\\''")}'`;

function completing(values: Values): string {
  if (values === 'file') return '_files';
  if (values === 'folder') return '_files -/';
  return values === 'any' ? '' : `compadd -- ${values.join(' ')}`;
}
