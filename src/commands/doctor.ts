import { EXIT, type ExitCode } from '../errors.ts';
import { examine } from './doctor/examine.ts';
import { EXIT_OF_CHECK, type Finding } from './doctor/finding.ts';
import { type Desk, runVerb, settingsInput, type VerbAction } from './verb.ts';

/** Shows what is well and what is not; ends like a session would end with the first thing that failed. */
export const doctor: VerbAction = (given, world) =>
  runVerb(world, async (desk) => {
    let code: ExitCode = EXIT.done;
    for await (const finding of examine(settingsInput(given, world), world, desk)) {
      const { id, status, message, hint } = finding;
      if (given.flags['json'] === true) desk.printJson({ id, status, message, hint });
      else show(finding, desk);
      if (status === 'failed' && code === EXIT.done) code = EXIT_OF_CHECK[id];
    }
    return code;
  });

function show({ id, status, message, hint }: Finding, { print }: Desk): void {
  const [first, ...rest] = [...message.split('\n'), ...(hint === '' ? [] : [`Hint: ${hint}`])];
  print(`${status.padEnd(7)}  ${id.padEnd(11)}  ${first}`);
  for (const line of rest) print(`${' '.repeat(22)}${line}`);
}
