import { CommanderError } from 'commander';
import { EXIT, type ExitCode, toAppError } from '../errors.ts';
import { toErrorEvent } from './error-event.ts';
import { addHelp } from './help.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { COMMAND_NAMES, createProgram, unknownCommand } from './program.ts';

/** Where one of these stands, help may be asked for. */
const HELP: ReadonlySet<string> = new Set(['help', '--help', '-h']);

/** Runs the program and returns its exit code; every failure has been told by then. */
export async function main(environment: ProcessEnvironment): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const { argv } = environment;
  const isWanted = (command: string) => argv.includes(command) || argv.includes('completion');
  const program = createProgram(
    environment,
    async (load, given) => {
      const act = await load();
      code = await act(given, environment, program);
    },
    isWanted,
  );
  try {
    if (environment.argv.some((word) => HELP.has(word))) addHelp(program, environment.invocation);
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
