import { AppError } from '../../errors.ts';
import type { Modem } from '../../modem/modem.ts';
import type { SessionContext } from '../context.ts';
import { event, waiting } from '../report.ts';
import type { StateHandler } from './state-handler.ts';

/**
 * Joins the network. A module that an earlier run left in it is taken as it is; one in another network leaves that
 * first, since its settings are locked while it is active.
 */
export const wiFi: StateHandler<'wi-fi'> = async (context, { modem }, signal) => {
  const { settings, report } = context;
  const { wifi, ntpServer } = settings;
  const { active, own } = await modem.wifi.state(wifi, ntpServer, signal);
  if (active) {
    const ip = await modem.wifi.address(signal);
    if (own && ip !== null) {
      event(report, 'WiFi already connected');
      return { outcome: 'joined', network: { ip, found: true } };
    }
    if (!(await modem.wifi.leave(signal))) return stuckBetweenNetworks();
  }
  event(report, 'WiFi not connected, initializing');
  await modem.wifi.configure(wifi, ntpServer, signal);
  return join(context, modem, signal);
};

/** What a modem needs to join, or to say that it cannot; in seconds. */
const JOINS_WITHIN = 20;

/** What any joining comes to. */
type Joined = { outcome: 'joined'; network: { ip: string; found: false } } | { outcome: 'not-joined'; error: AppError };

/** Joins the configured network. */
export async function join(context: SessionContext, modem: Modem, signal: AbortSignal): Promise<Joined> {
  const { settings, report, retry } = context;
  waiting(report, `joining "${settings.wifi.ssid}"`, { seconds: JOINS_WITHIN, ...retry.tries('E_WIFI_JOIN') });
  const result = await modem.wifi.join(signal);
  if (result.joined) {
    event(report, 'WiFi connected');
    return { outcome: 'joined', network: { ip: result.ip, found: false } };
  }
  const error = new AppError(
    'E_WIFI_JOIN',
    `The module could not join the network "${settings.wifi.ssid}": ${result.reason}`,
    'Check name, passphrase and security of the network, that it has 2.4 GHz, and that it is in range.',
  );
  return { outcome: 'not-joined', error };
}

/** The module would not leave a network: only a reset helps. */
export function stuckBetweenNetworks(): { outcome: 'stuck'; error: AppError } {
  const hint = 'Press the reset button of the board when this comes back.';
  return {
    outcome: 'stuck',
    error: new AppError('E_MODULE_STUCK', 'The module is stuck between two networks, and is reset', hint),
  };
}
