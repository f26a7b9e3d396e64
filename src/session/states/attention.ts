import type { Effect } from '../context.ts';

/** Finds the module, in whatever condition it is, and brings it to order (AT protocol 2, 6). */
export const attention: Effect<'attention'> = async ({ modem }, signal) => {
  await modem.module.attention(signal);
  return 'ready';
};
