import type { StateHandler } from './state-handler.ts';

/** Finds the module, in whatever condition it is, and brings it to order. */
export const sync: StateHandler<'sync'> = async (_, { modem }, signal) => {
  await modem.sync(signal);
  return 'ready';
};
