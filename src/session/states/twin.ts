import { note } from '../report.ts';
import type { StateHandler } from './state-handler.ts';

/** Reads the device twin: what the cloud wants, and what this device has last told it. */
export const twin: StateHandler<'twin'> = async ({ report }, { connection }) => {
  note(report, 'Read current device twin settings from IOTC');
  const read = await connection.readTwin();
  return read === 'unanswered' ? read : { outcome: 'read', twin: read };
};
