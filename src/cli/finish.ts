import { AppError, type ExitCode } from '../errors.ts';
import type { Output } from '../terminal/output.ts';
import type { ExitStatus } from './shutdown.ts';

/** Tells how a run has ended, and makes sure that it is read. */
export async function finish(output: Output, result: ExitStatus | AppError): Promise<ExitCode> {
  if (result instanceof AppError) {
    const { code, message, hint } = result;
    output.report({ type: 'error', code, message, hint });
  }
  const exitStatus = result instanceof AppError ? { code: result.exitCode, reason: firstLine(result) } : result;
  output.report({ type: 'exit', ...exitStatus });
  await output.close();
  return exitStatus.code;
}

function firstLine({ message }: Error): string {
  return message.replace(/:?\n.*/s, '');
}
