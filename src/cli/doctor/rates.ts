import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock.ts';
import { answersAt } from '../../modem/detect.ts';

/**
 * Looks for the rate at which something answers AT commands.
 * @param open opens the port at a rate
 * @returns the rate; null when nothing answers at any
 */
export async function findRate<Rate extends number>(
  rates: readonly Rate[],
  open: (rate: Rate) => Promise<Duplex>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Rate | null> {
  for (const rate of rates) {
    if (await answersAt(await open(rate), clock, signal)) return rate;
  }
  return null;
}
