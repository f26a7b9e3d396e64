import type { Effect } from '../context.ts';

/** Opens the serial port, or the simulator's end of one. */
export const openPort: Effect<'open-port'> = async (context, signal) => {
  context.attach(await context.open(signal));
  return 'opened';
};
