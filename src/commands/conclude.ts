import { AppError, type ExitCode } from '../errors.ts';
import type { Output } from '../terminal/output.ts';
import type { Farewell } from './ending.ts';

/** Tells how a run has ended, and makes sure that it is read. */
export async function conclude(output: Output, result: Farewell | AppError): Promise<ExitCode> {
  if (result instanceof AppError) {
    const { code, message, hint } = result;
    output.report({ type: 'error', code, message, hint });
  }
  const farewell = result instanceof AppError ? { code: result.exitCode, reason: firstLine(result) } : result;
  output.report({ type: 'exit', ...farewell });
  await output.close();
  return farewell.code;
}

function firstLine({ message }: Error): string {
  return message.replace(/:?\n.*/s, '');
}
