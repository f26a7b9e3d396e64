import { choice } from '../config/checks.ts';
import { AppError, EXIT } from '../errors.ts';
import { SHELLS, type Shell } from './choices.ts';
import type { CommandAction } from './command.ts';
import { bashCompletion } from './completion/bash.ts';
import { type Completed, completed } from './completion/completed.ts';
import { powershellCompletion } from './completion/powershell.ts';
import { zshCompletion } from './completion/zsh.ts';
import { runCommand } from './runner.ts';

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Completed[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  powershell: powershellCompletion,
};

/** Prints what makes a shell complete the command line. */
export const completion: CommandAction = (given, environment, program) =>
  runCommand(given, environment, async ({ print }) => {
    const [shell = ''] = given.args;
    const checked = choice(SHELLS)(shell);
    if ('must' in checked) throw new AppError('E_USAGE', `The shell must ${checked.must}`, '');
    for (const line of SCRIPTS[checked.value](completed(program)).trimEnd().split('\n')) print(line);
    return EXIT.done;
  });
