import type { StateHandler } from './state-handler.ts';

/** Answers what the cloud has asked for meanwhile, and reports what it does not know yet (Azure 3.2). */
export const reportProperties: StateHandler<'report-properties'> = async (
  { device },
  { connection, twin, network },
) => {
  await connection.adoptTwin(twin, () => device.connected(network.ip));
  return 'reported';
};
