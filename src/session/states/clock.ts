import { AppError } from '../../errors.ts';
import type { Effect } from '../context.ts';
import { event } from '../narrate.ts';

/** 2021-01-01: a clock before that shows the module's uptime, not a time (T50). */
const PLAUSIBLE = 1_609_459_200;
/** The module asks again 14 s after a failed exchange (AT protocol 7.6); this is long enough for two. */
const TIMEOUT = 30_000;

/** Waits for the module's clock: its TLS begins only when SNTP has set it (AT protocol 8.5, T5). */
export const clock: Effect<'clock'> = async (context, signal) => {
  const { module } = context.modem;
  const told = module.expect((seen) => (seen.type === 'time' && seen.unixSeconds >= PLAUSIBLE) || undefined);
  try {
    // The event may have come before this state began.
    const now = await module.readClock(signal);
    const set = told.found || (now !== null && now >= PLAUSIBLE);
    if (set || (await told.within(context.clock, TIMEOUT, signal))) {
      event(context.report, 'Time received from the NTP server');
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
