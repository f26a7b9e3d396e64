import type { Effect } from '../context.ts';

/** Answers what the cloud has asked for meanwhile, and reports what it does not know yet (Azure 3.2). */
export const announce: Effect<'announce'> = async ({ hub }, signal) => {
  await hub?.announce(signal);
  return 'announced';
};
