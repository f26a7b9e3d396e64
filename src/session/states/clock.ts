import { AppError } from '../../errors.ts';
import type { StateHandler } from '../context.ts';

/** 2021-01-01: a clock before that shows the module's uptime, not a time (T50). */
const PLAUSIBLE = 1_609_459_200;
/** The module asks again 14 s after a failed exchange (AT protocol 7.6); this is long enough for two. */
const TIMEOUT = 30_000;

function isPlausible(unixSeconds: number | null): boolean {
  return unixSeconds !== null && unixSeconds >= PLAUSIBLE;
}

/**
 * Waits for the module's clock: its TLS begins only when SNTP has set it (AT protocol 8.5, T5). A module that was
 * found in the network is asked; one that has just joined it tells by itself.
 */
export const clock: StateHandler<'clock'> = async (context, signal) => {
  const { module } = context.modem;
  const told = module.expect((seen) => (seen.type === 'time' && isPlausible(seen.unixSeconds)) || undefined);
  const isSet = async () => isPlausible(await module.readClock(signal));
  try {
    const known = isPlausible(module.lastTime) || (context.network?.found === true && (await isSet()));
    // The event may be lost on its way, so at the end the clock is asked in any case.
    if (known || (await told.within(context.clock, TIMEOUT, signal)) || (await isSet())) {
      return 'set';
    }
  } finally {
    told.cancel();
  }
  context.setback(
    new AppError(
      'E_WIFI_CLOCK',
      `No time came from the NTP server "${context.settings.ntpServer}"; the module cannot use TLS without it`,
      'Check NTP_SERVER, and that the network lets UDP port 123 through.',
    ),
  );
  return 'missing';
};
