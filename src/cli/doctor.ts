import type { SettingsInput } from '../config/resolve.ts';
import { AppError, EXIT, type ExitCode } from '../errors.ts';
import type { ModemTraits } from '../modem/modem.ts';
import type { Tone } from '../terminal/color.ts';
import { type CommandAction, type CommandContext, type Given, settingsInput } from './command.ts';
import { CommandOptions } from './command-options.ts';
import { EXIT_OF_CHECK, type Finding } from './doctor/check-result.ts';
import { ReportFile } from './doctor/report-file.ts';
import { runChecks } from './doctor/run-checks.ts';
import { wrapped } from './doctor/wrapped.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { runCommand } from './runner.ts';

/** Shows what is well and what is not; ends like a session would end with the first thing that failed. */
export const doctor: CommandAction = (given, environment) =>
  runCommand(given, environment, async (context) => {
    const input = settingsInput(given, environment);
    const file = reportFile(given, environment, input);
    const findings: Finding[] = [];
    try {
      const report: CommandContext['report'] = (event) => {
        file?.note(event, environment.clock.wall());
        context.report(event);
      };
      const onModule = file && ((traits: ModemTraits) => file.ask(traits.openQuestions));
      for await (const checked of runChecks(input, environment, { ...context, report }, onModule)) {
        const { id, status, message, error } = checked;
        const hint = error ? context.hintOf(error) : checked.hint;
        findings.push({ id, status, message, hint });
        if (given.flags['json'] === true) context.printJson({ id, status, message, hint });
        else show({ id, status, message, hint }, context);
      }
      file?.write(findings);
    } finally {
      file?.close();
    }
    const session = `${environment.invocation}${given.flags['simulate'] === true ? ' --simulate' : ''}${given.flags['gateway'] === undefined ? '' : ' --gateway'}`;
    if (given.flags['json'] !== true) summarize(findings, session, context);
    if (file) context.note(`${file.name} is written. Read it before you send it, and answer its questions.`);
    const first = findings.find(({ status }) => status === 'failed');
    return exitCodeOf(first);
  });

/** Where `--report` without a name writes to. */
const REPORT_NAME = 'anycloud-iotc-report.md';

/** @throws AppError E_CONFIG when it cannot be made */
function reportFile({ flags }: Given, { cwd }: ProcessEnvironment, input: SettingsInput): ReportFile | null {
  const options = new CommandOptions(flags);
  const log = options.text('log');
  if (options.has('report')) return new ReportFile(options.text('report') ?? REPORT_NAME, log, cwd, input);
  if (log !== null) throw new AppError('E_CONFIG', '--log is for a report only', 'Add --report.');
  return null;
}

function exitCodeOf(failed: Finding | undefined): ExitCode {
  return failed ? EXIT_OF_CHECK[failed.id] : EXIT.done;
}

const TONES: Record<Finding['status'], Tone> = { ok: 'module', warning: 'warning', failed: 'error', skipped: 'plain' };
/** Status and name stand before each message. */
const INDENT = 22;

function show({ id, status, message, hint }: Finding, { print, columns }: CommandContext): void {
  const texts = [...message.split('\n'), ...(hint === '' ? [] : [`Hint: ${hint}`])];
  const lines = texts.flatMap((text) => wrapped(text, columns === null ? null : columns - INDENT));
  for (const [index, line] of lines.entries()) {
    const head = index === 0 ? `${status.padEnd(7)}  ${id.padEnd(11)}  ` : ' '.repeat(INDENT);
    print(head + line, TONES[status]);
  }
}

/** How many things are not well, and what to do first. */
function summarize(findings: readonly Finding[], session: string, { print, columns }: CommandContext): void {
  const failed = findings.filter(({ status }) => status === 'failed');
  const warnings = findings.filter(({ status }) => status === 'warning');
  const counts = [
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(warnings.length > 0 ? [`${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}`] : []),
  ];
  const first = [...failed, ...warnings].find(({ hint }) => hint !== '');
  const next = failed.length > 0 ? (first?.hint ?? 'see above.') : `"${session}" starts the session.`;
  print('');
  print(counts.length === 0 ? 'All is well.' : `${counts.join(', ')}.`, failed.length > 0 ? 'error' : 'event');
  for (const line of wrapped(`Next: ${next}`, columns)) print(line);
}
