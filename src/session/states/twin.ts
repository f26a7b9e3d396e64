import type { StateHandler } from '../context.ts';
import { note } from '../report.ts';

/** Reads the device twin: what the cloud wants, and what this device has last told it. */
export const twin: StateHandler<'twin'> = async ({ hub, report }, signal) => {
  note(report, 'Read current device twin settings from IOTC');
  await hub?.readTwin(signal);
  return 'read';
};
