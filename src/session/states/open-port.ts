import type { StateHandler } from '../context.ts';

/** Opens the serial port, or the simulator's end of one. */
export const openPort: StateHandler<'open-port'> = async (context, signal) => {
  context.attach(await context.open(signal));
  return 'opened';
};
