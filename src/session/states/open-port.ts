import type { StateHandler } from './state-handler.ts';

/** Opens the serial port, or the simulator's end of one. */
export const openPort: StateHandler<'open-port'> = async (context, _, signal) => ({
  outcome: 'opened',
  modem: await context.openModem(signal),
});
