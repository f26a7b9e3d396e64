import { sleep } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Context, StateHandler } from '../context.ts';
import { event, warn } from '../report.ts';

/**
 * Joins the network. A module that an earlier run left in it is taken as it is; one in another network leaves that
 * first, since its settings are locked while it is active (AT protocol 7.4).
 */
export const wiFi: StateHandler<'wi-fi'> = async (context, signal) => {
  const { modem, settings, report } = context;
  const { active, own } = await modem.wifi.state(settings.wifi, settings.ntpServer, signal);
  if (active) {
    const ip = await modem.wifi.address(signal);
    if (own && ip !== null) {
      event(report, 'WiFi already connected');
      context.network = { ip, found: true };
      return 'joined';
    }
    if (!(await modem.wifi.leave(signal))) {
      warn(report, 'The module is stuck between two networks; it is reset');
      return 'stuck';
    }
  }
  event(report, 'WiFi not connected, initializing');
  await modem.wifi.configure(settings.wifi, settings.ntpServer, signal);
  return join(context, signal);
};

/** Joins the configured network; after a failure it pauses, so that the next attempt may follow at once. */
export async function join(context: Context, signal: AbortSignal): Promise<'joined' | 'not-joined'> {
  const { modem, settings, report, clock, setbacks } = context;
  const result = await modem.wifi.join(signal);
  if (result.joined) {
    event(report, 'WiFi connected');
    context.network = { ip: result.ip, found: false };
    return 'joined';
  }
  context.setback(
    new AppError(
      'E_WIFI_JOIN',
      `The module could not join the network "${settings.wifi.ssid}": ${result.reason}`,
      'Check WIFI_SSID, WIFI_PASSPHRASE and WIFI_SECURITY, and that the network has 2.4 GHz and is in range.',
    ),
  );
  await sleep(clock, setbacks.pause, signal);
  return 'not-joined';
}
