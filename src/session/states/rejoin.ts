import { sleep } from '../../clock.ts';
import type { StateHandler } from '../context.ts';
import { event } from '../report.ts';
import { join } from './wi-fi.ts';

/** The module wants a moment between losing a network and joining it again (AT protocol 12.1.9). */
const PAUSE = 1_000;

/**
 * Joins the network again after it was lost in the hub phase. The MQTT connection is left to the module; it may not
 * even have noticed, and then the connection may still be good (AT protocol 8.4, T23).
 */
export const rejoin: StateHandler<'rejoin'> = async (context, signal) => {
  const { modem, report, clock, settings } = context;
  event(report, 'WiFi lost, joining again');
  const dropped = modem.expect((seen) => (seen.type === 'broker' && !seen.connected) || undefined);
  try {
    await sleep(clock, PAUSE, signal);
    const { active } = await modem.wifi.state(settings.wifi, settings.ntpServer, signal);
    if (active && !(await modem.wifi.leave(signal))) return 'stuck';
    if ((await join(context, signal)) === 'not-joined') return 'not-joined';
    if (dropped.found || !(await modem.mqtt.isConnected(signal))) return 'joined';
    return 'still-connected';
  } finally {
    dropped.cancel();
  }
};
