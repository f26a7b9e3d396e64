import { AppError } from '../../errors.ts';
import type { StateHandler } from '../context.ts';
import { note } from '../report.ts';

/** Leaves DPS: the module holds one broker connection at a time. */
export const dpsDisconnect: StateHandler<'dps-disconnect'> = async (context, signal) => {
  note(context.report, 'Registration complete, connect to Azure IoT Central');
  if (await context.modem.mqtt.close(signal)) return 'closed';
  context.setback(
    new AppError('E_MODULE_STUCK', 'The module does not close its connection to DPS', 'Press its reset button.'),
  );
  return 'stuck';
};
