import { AppError } from '../../errors.ts';
import type { StateHandler } from './state-handler.ts';

/** The module asks again some seconds after a failed exchange; this is long enough for two. */
const TIMEOUT = 30_000;

/**
 * Waits for the module's clock: its TLS begins only when SNTP has set it (T5). A module that was found in the network is
 * asked; one that has just joined it tells by itself.
 */
export const clock: StateHandler<'clock'> = async (context, { modem, network }, signal) => {
  // Plain MQTT, to a gateway, needs no time.
  if (context.gateway) return 'set';
  const told = modem.expect((seen) => seen.type === 'time' || undefined);
  const isSet = async () => (await modem.readTime(signal)) !== null;
  try {
    const known = modem.lastTime !== null || (network.found && (await isSet()));
    // The event may be lost on its way, so at the end the clock is asked in any case.
    if (known || (await told.within(context.clock, TIMEOUT, signal)) || (await isSet())) return 'set';
  } finally {
    told.cancel();
  }
  const error = new AppError(
    'E_WIFI_CLOCK',
    `No time came from the time server "${context.settings.ntpServer}"; the module cannot use TLS without it`,
    'Check the name of the time server, and that the network lets UDP port 123 through.',
  );
  return { outcome: 'missing', error };
};
