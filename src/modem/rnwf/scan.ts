import { AtError } from '../../at/error.ts';
import type { SeenNetwork } from '../modem.ts';
import type { RnwfLink } from './link.ts';

/** The end is reported, also where nothing was found, but an event may be lost. */
const SCAN_TIME = 10_000;
/** The names that are called for beside the broadcast; an empty one clears the list (RNWF 5). */
const SSID_FILTER = 10;
/** As `+WSCNIND` numbers them: in a transition mode both are taken. Networks with enterprise security are skipped. */
const SECURITIES: Record<number, SeenNetwork['security']> = {
  0: 'open',
  1: 'wep',
  2: 'wpa',
  3: 'wpa2',
  4: 'wpa2',
  5: 'wpa3',
};

/**
 * Looks for Wi-Fi networks on all channels, by calling for them (RNWF 5). A joined network stays joined.
 * @param ssid looks for this one only, which finds it even when it is hidden
 * @returns the networks, the strongest first
 * @throws AtError
 */
export async function scan(link: RnwfLink, signal: AbortSignal, ssid?: string): Promise<SeenNetwork[]> {
  const networks: SeenNetwork[] = [];
  const done = link.expect((seen) => {
    if (seen.type === 'network') {
      const { rssi, channel, bssid } = seen;
      const security = SECURITIES[seen.security];
      if (security) networks.push({ ssid: seen.ssid, rssi, channel, security, bssid });
    }
    return seen.type === 'scanned' || undefined;
  });
  const isFiltered = ssid !== undefined && (await setFilter(link, ssid, signal));
  try {
    await link.executeOnce('AT+WSCN=1', signal);
    await done.within(link.clock, SCAN_TIME, signal);
  } finally {
    done.cancel();
    if (isFiltered) await setFilter(link, '', signal);
  }
  return networks.sort((a, b) => b.rssi - a.rssi);
}

/** @returns false where the firmware has no such filter: then what is not hidden is found all the same */
async function setFilter(link: RnwfLink, ssid: string, signal: AbortSignal): Promise<boolean> {
  try {
    await link.writeConfig('WSCNC', SSID_FILTER, ssid, signal);
    return true;
  } catch (error) {
    if (error instanceof AtError && error.failure === 'refused') return false;
    throw error;
  }
}
