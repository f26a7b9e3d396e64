import { AppError } from '../../errors.ts';
import { note } from '../report.ts';
import type { StateHandler } from './state-handler.ts';

/** Leaves DPS: the module holds one broker connection at a time. */
export const dpsDisconnect: StateHandler<'dps-disconnect'> = async ({ report }, { modem }, signal) => {
  note(report, 'Registration complete, connect to Azure IoT Central');
  if (await modem.mqtt.close(signal)) return 'closed';
  const message = 'The module does not close its connection to DPS';
  return { outcome: 'stuck', error: new AppError('E_MODULE_STUCK', message, 'Press its reset button.') };
};
