import { sleep } from '../../clock.ts';
import type { StateHandler } from '../context.ts';
import { event, warn } from '../report.ts';

/** The last rung of recovery: nothing else ends the module's reconnect loop, or frees a stuck client (T1, T22). */
export const reset: StateHandler<'reset'> = async (context, signal) => {
  event(context.report, 'Restarting the module');
  const restarted = await context.modem.reset(signal);
  if (!restarted) warn(context.report, 'The module has not said that it has restarted');
  await sleep(context.clock, context.setbacks.pause, signal);
  return 'restarted';
};
