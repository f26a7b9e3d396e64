import type { StateHandler } from '../context.ts';

/** Answers what the cloud has asked for meanwhile, and reports what it does not know yet (Azure 3.2). */
export const reportProperties: StateHandler<'report-properties'> = async ({ hub }, signal) => {
  await hub?.reportProperties(signal);
  return 'reported';
};
