import { EXIT, type ExitCode } from '../errors.ts';
import { type CommandAction, type CommandContext, settingsInput } from './command.ts';
import { EXIT_OF_CHECK, type Finding } from './doctor/check-result.ts';
import { runChecks } from './doctor/run-checks.ts';
import { runCommand } from './runner.ts';

/** Shows what is well and what is not; ends like a session would end with the first thing that failed. */
export const doctor: CommandAction = (given, environment) =>
  runCommand(given, environment, async (context) => {
    let code: ExitCode = EXIT.done;
    for await (const finding of runChecks(settingsInput(given, environment), environment, context)) {
      const { id, status, message, error } = finding;
      const hint = error ? context.hintOf(error) : finding.hint;
      if (given.flags['json'] === true) context.printJson({ id, status, message, hint });
      else show({ ...finding, hint }, context);
      if (status === 'failed' && code === EXIT.done) code = EXIT_OF_CHECK[id];
    }
    return code;
  });

function show({ id, status, message, hint }: Finding, { print }: CommandContext): void {
  const [first, ...rest] = [...message.split('\n'), ...(hint === '' ? [] : [`Hint: ${hint}`])];
  print(`${status.padEnd(7)}  ${id.padEnd(11)}  ${first}`);
  for (const line of rest) print(`${' '.repeat(22)}${line}`);
}
