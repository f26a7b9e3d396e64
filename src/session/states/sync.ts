import type { StateHandler } from '../context.ts';

/** Finds the module, in whatever condition it is, and brings it to order (AT protocol 2, 6). */
export const sync: StateHandler<'sync'> = async ({ modem }, signal) => {
  await modem.sync(signal);
  return 'ready';
};
