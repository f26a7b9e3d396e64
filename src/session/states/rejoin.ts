import { sleep } from '../../clock.ts';
import { event } from '../report.ts';
import type { StateHandler } from './state-handler.ts';
import { join, stuckBetweenNetworks } from './wi-fi.ts';

/** The module wants a moment between losing a network and joining it again. */
const PAUSE = 1_000;

/**
 * Joins the network again after it was lost in the hub phase. The MQTT connection is left to the module; it may not
 * even have noticed, and then the connection may still be good (T23).
 */
export const rejoin: StateHandler<'rejoin'> = async (context, { modem }, signal) => {
  const { report, clock, settings } = context;
  event(report, 'WiFi lost, joining again');
  const dropped = modem.expect((seen) => (seen.type === 'broker' && !seen.connected) || undefined);
  try {
    await sleep(clock, PAUSE, signal);
    const { active } = await modem.wifi.state(settings.wifi, settings.ntpServer, signal);
    if (active && !(await modem.wifi.leave(signal))) return stuckBetweenNetworks();
    const joined = await join(context, modem, signal);
    if (joined.outcome === 'not-joined') return joined;
    const { network } = joined;
    const isConnected = !dropped.found && (await modem.mqtt.isConnected(signal));
    return isConnected ? { outcome: 'still-connected', network } : { outcome: 'joined', network };
  } finally {
    dropped.cancel();
  }
};
