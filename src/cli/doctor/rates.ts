import type { Duplex } from 'node:stream';
import { AtError } from '../../at/error.ts';
import type { Clock } from '../../clock.ts';
import { AnyCloudModule } from '../../modem/anycloud/module.ts';
import { closeLink } from '../identify-module.ts';

/** What was sent at a wrong rate may still stand in the module's line, so the first command may be refused for it. */
const ATTEMPTS = 2;
const TIMEOUT = 1_000;

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
    if (await answers(await open(rate), clock, signal)) return rate;
  }
  return null;
}

async function answers(stream: Duplex, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const module = new AnyCloudModule(stream, clock);
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        await module.exchange({ text: 'ATE1', anyVerbosity: true, timeout: TIMEOUT }, signal);
        return true;
      } catch (error) {
        if (!(error instanceof AtError)) throw error;
        if (error.failure === 'refused') return true;
      }
    }
    return false;
  } finally {
    await closeLink(module, stream);
  }
}
