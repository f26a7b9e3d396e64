import { event, warn } from '../report.ts';
import type { StateHandler } from './state-handler.ts';

/** The last rung of recovery: nothing else ends the module's reconnect loop, or frees a stuck client (T1, T22). */
export const reset: StateHandler<'reset'> = async ({ report }, { modem }, signal) => {
  event(report, 'Restarting the module');
  if (!(await modem.reset(signal))) warn(report, 'The module has not said that it has restarted');
  return 'restarted';
};
