import { AppError, EXIT, type ExitCode } from '../../errors.ts';

/** What was found out about one thing, and what to do next; the hint is empty where nothing is to be done. */
export interface CheckResult {
  status: 'ok' | 'warning' | 'failed' | 'skipped';
  message: string;
  hint: string;
  /** What failed, where its hint depends on how the program was started. */
  error?: AppError;
}

export type CheckId = keyof typeof EXIT_OF_CHECK;

export interface Finding extends CheckResult {
  id: CheckId;
}

/** The checks in their order, and how the process ends when one of them is the first that failed. */
export const EXIT_OF_CHECK = {
  node: EXIT.internal,
  settings: EXIT.configuration,
  port: EXIT.serialPort,
  module: EXIT.module,
  firmware: EXIT.module,
  certificate: EXIT.module,
  'device-id': EXIT.configuration,
  'wi-fi': EXIT.wifi,
  clock: EXIT.wifi,
  join: EXIT.wifi,
  gateway: EXIT.gateway,
  dps: EXIT.dps,
  hub: EXIT.hub,
} as const satisfies Record<string, ExitCode>;

export const ok = (message: string): CheckResult => ({ status: 'ok', message, hint: '' });
export const warning = (message: string, hint: string): CheckResult => ({ status: 'warning', message, hint });
export const failed = (message: string, hint: string): CheckResult => ({ status: 'failed', message, hint });
export const skipped = (message: string): CheckResult => ({ status: 'skipped', message, hint: '' });

/** A failure that says itself what is wrong. @throws everything that is none, so that a bug is not taken for a finding */
export function failedBy(error: unknown): CheckResult {
  if (!(error instanceof AppError) || error.code === 'E_INTERNAL') throw error;
  return { ...failed(error.message, error.hint), error };
}
